/** The modal dialog of an action: a form that can be answered again and again, or an embedded page. */

import { fill, h, icon, uniqueId } from "./dom.js";
import { buildForm, mistakesIn } from "./form.js";

/** Only a web page may be embedded; anything else an action names is not opened. */
const EMBEDDABLE = /^https?:/i;

export class ActionDialog {
  #dialog = h("dialog", { class: "dialog", "data-testid": "form-dialog" });
  #form = null;
  #items = null;
  #returnTo = null;

  constructor(host = document.body) {
    host.append(this.#dialog);
    this.#dialog.addEventListener("close", () => this.#closed());
  }

  get isOpen() {
    return this.#dialog.open;
  }

  /** Shows a form; `onSubmit(values)` is called on each submit. Values typed before survive a form without its own. */
  showForm(reply, onSubmit) {
    const again = this.isOpen && this.#form;
    const previous = again ? this.#form.values() : {};
    this.#form = buildForm(reply.items, previous, {
      mistakes: mistakesIn(reply.items, again ? this.#items : null),
    });
    this.#items = reply.items;
    const errors = h("div", { class: "dialog-errors", "data-testid": "form-error" });
    const submit = h(
      "button",
      { type: "submit", class: "button button-primary", "data-testid": "form-submit" },
      reply.submit_button_label || "Submit",
    );
    const body = h("div", { class: "dialog-body" }, errors, this.#form.element);
    const form = h(
      "form",
      { method: "dialog", novalidate: true, class: "dialog-form" },
      body,
      h("footer", { class: "dialog-foot" }, this.#cancelButton(), submit),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#dialog.getAttribute("aria-busy") !== "true") onSubmit(this.#form.values());
    });
    this.#open(reply.title || "Action", form);
    this.#focusFirst(body, again);
  }

  showPage(reply) {
    this.#form = null;
    const safe = EMBEDDABLE.test(reply.url ?? "");
    const frame = safe
      ? h("iframe", {
          class: "dialog-frame",
          src: reply.url,
          title: reply.title || "Action",
          sandbox: "allow-scripts allow-forms allow-popups",
        })
      : h("p", { class: "notice notice-error" }, "The action wanted to show a page that is not on the web.");
    this.#open(reply.title || "Action", h("div", { class: "dialog-body" }, frame));
  }

  /** While an answer is on its way nothing can be sent twice. */
  setBusy(busy) {
    this.#dialog.setAttribute("aria-busy", String(busy));
    const submit = this.#dialog.querySelector("[type=submit]");
    if (submit) submit.setAttribute("aria-disabled", String(busy));
    if (busy) this.showError("");
  }

  showError(message) {
    const host = this.#dialog.querySelector(".dialog-errors");
    if (host)
      fill(host, message && h("p", { class: "notice notice-error", role: "alert" }, icon("warning"), message));
  }

  close() {
    if (this.isOpen) this.#dialog.close();
  }

  #open(title, content) {
    const heading = uniqueId("dialog-title");
    this.#dialog.setAttribute("aria-labelledby", heading);
    this.#dialog.removeAttribute("aria-busy");
    fill(
      this.#dialog,
      h(
        "header",
        { class: "dialog-head" },
        h("h2", { id: heading }, title),
        h(
          "button",
          { type: "button", class: "icon-button", "aria-label": "Close", onclick: () => this.close() },
          icon("close"),
        ),
      ),
      content,
    );
    if (this.isOpen) return;
    this.#returnTo = document.activeElement;
    this.#dialog.showModal();
  }

  #cancelButton() {
    return h("button", { type: "button", class: "button button-quiet", onclick: () => this.close() }, "Cancel");
  }

  /** A form that came back begins with what is wrong: that is read first. */
  #focusFirst(body, again) {
    const first = body.querySelector(".form-label");
    const field = body.querySelector("input:not([type=radio]), input[type=radio]:checked, select, textarea");
    body.scrollTop = 0;
    if (again && first && body.querySelector(".form-items").firstElementChild === first) {
      first.tabIndex = -1;
      first.focus();
    } else (field ?? this.#dialog.querySelector("[type=submit]"))?.focus();
  }

  #closed() {
    this.#form = null;
    if (this.#returnTo?.isConnected) this.#returnTo.focus();
    this.#returnTo = null;
  }
}
