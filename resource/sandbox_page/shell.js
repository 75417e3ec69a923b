/** A modal dialog with a head: opened, filled anew, closed; focus goes back to where it came from. */

import { fill, h, icon, uniqueId } from "./dom.js";

export class Shell {
  #returnTo = null;

  constructor({ testid, onClose = () => {} }) {
    this.element = h("dialog", { class: "dialog", "data-testid": testid });
    document.body.append(this.element);
    this.element.addEventListener("close", () => {
      onClose();
      if (this.#returnTo?.isConnected) this.#returnTo.focus();
      this.#returnTo = null;
    });
  }

  get isOpen() {
    return this.element.open;
  }

  get isBusy() {
    return this.element.getAttribute("aria-busy") === "true";
  }

  open(title, content) {
    const heading = uniqueId("dialog-title");
    this.element.setAttribute("aria-labelledby", heading);
    this.element.removeAttribute("aria-busy");
    const close = h(
      "button",
      { type: "button", class: "icon-button", "aria-label": "Close", onclick: () => this.close() },
      icon("close"),
    );
    fill(this.element, h("header", { class: "dialog-head" }, h("h2", { id: heading }, title), close), content);
    if (this.isOpen) return;
    this.#returnTo = document.activeElement;
    this.element.showModal();
  }

  /** While an answer is on its way nothing can be sent twice. */
  setBusy(busy) {
    this.element.setAttribute("aria-busy", String(busy));
    this.element.querySelector("[type=submit]")?.setAttribute("aria-disabled", String(busy));
    if (busy) this.showError("");
  }

  showError(message) {
    const host = this.element.querySelector(".dialog-errors");
    if (host)
      fill(host, message && h("p", { class: "notice notice-error", role: "alert" }, icon("warning"), message));
  }

  close() {
    if (this.isOpen) this.element.close();
  }

  cancelButton() {
    return h("button", { type: "button", class: "button button-quiet", onclick: () => this.close() }, "Cancel");
  }
}
