/** Short messages in the corner. Good news leaves by itself, bad news stays until it is dismissed. */

import { h, icon } from "./dom.js";

const STAY_MS = 7_000;
const MOST = 5;

export class Toasts {
  constructor(host) {
    this.host = host;
  }

  show(message, { success = true } = {}) {
    const toast = h(
      "div",
      { class: "toast", role: success ? "status" : "alert", "data-testid": "toast", "data-success": success },
      icon(success ? "check" : "warning"),
      h("p", { class: "toast-text" }, message || (success ? "Done." : "That did not work.")),
      h(
        "button",
        { type: "button", class: "icon-button", "aria-label": "Dismiss", onclick: () => this.#remove(toast) },
        icon("close"),
      ),
    );
    this.host.append(toast);
    while (this.host.children.length > MOST) this.host.firstElementChild.remove();
    this.#raise();
    if (success) this.#leaveLater(toast);
  }

  /** A popover opened last lies above an open dialog. */
  #raise() {
    if (this.host.matches(":popover-open")) this.host.hidePopover();
    this.host.showPopover();
  }

  #leaveLater(toast) {
    let timer = setTimeout(() => this.#remove(toast), STAY_MS);
    const hold = () => clearTimeout(timer);
    const release = () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#remove(toast), STAY_MS);
    };
    for (const name of ["mouseenter", "focusin"]) toast.addEventListener(name, hold);
    for (const name of ["mouseleave", "focusout"]) toast.addEventListener(name, release);
  }

  #remove(toast) {
    toast.remove();
    if (!this.host.children.length && this.host.matches(":popover-open")) this.host.hidePopover();
  }
}
