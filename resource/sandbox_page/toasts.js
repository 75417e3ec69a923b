/** Short messages in the corner. Good news leaves by itself, bad news stays until it is dismissed. */

import { fill, h, icon } from "./dom.js";
import { preciseTime } from "./format.js";

const STAY_MS = 7_000;
const MOST = 5;
/** Messages that can be read again after they left. */
const REMEMBERED = 50;

export class Toasts {
  #past = [];

  /** `button` shows the messages so far in `panel`. */
  constructor(host, { button, panel }) {
    Object.assign(this, { host, button, panel });
    panel.addEventListener("beforetoggle", ({ newState }) => {
      button.setAttribute("aria-expanded", String(newState === "open"));
      if (newState === "open") this.#showPast();
    });
    this.#name();
  }

  /** Messages of one person are not shown to the next. */
  forget() {
    this.#past = [];
    this.#name();
  }

  #name() {
    const unread = this.#past.filter(({ read }) => !read).length;
    const label = unread ? `Messages, ${unread} new` : "Messages";
    this.button.setAttribute("aria-label", label);
    this.button.title = label;
    fill(this.button, icon("bell"), unread > 0 && h("span", { class: "button-dot", "aria-hidden": "true" }));
  }

  #showPast() {
    for (const entry of this.#past) entry.read = true;
    this.#name();
    const entry = ({ message, success, time }) =>
      h(
        "li",
        { class: "message", "data-success": success, "data-testid": "message" },
        icon(success ? "check" : "warning"),
        h("p", {}, message),
        h("time", {}, preciseTime(time).slice(0, 8)),
      );
    fill(
      this.panel,
      h("h2", {}, "Messages"),
      this.#past.length
        ? h("ul", { class: "message-list", tabindex: 0, "aria-label": "Messages" }, this.#past.map(entry))
        : h("p", { class: "quiet" }, "No messages yet."),
    );
  }

  show(message, { success = true } = {}) {
    message ||= success ? "Done." : "That did not work.";
    this.#past.unshift({ message, success, time: new Date(), read: this.panel.matches(":popover-open") });
    this.#past.length = Math.min(this.#past.length, REMEMBERED);
    this.#name();
    if (this.panel.matches(":popover-open")) this.#showPast();
    const toast = h(
      "div",
      { class: "toast", role: success ? "status" : "alert", "data-testid": "toast", "data-success": success },
      icon(success ? "check" : "warning"),
      h("p", { class: "toast-text" }, message),
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
