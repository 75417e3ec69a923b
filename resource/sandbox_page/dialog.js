/** The modal dialog of an action: a form that can be answered again and again, or an embedded page. */

import { h } from "./dom.js";
import { buildForm, mistakesIn } from "./form.js";
import { Shell } from "./shell.js";

/** Only a web page may be embedded; anything else an action names is not opened. */
const EMBEDDABLE = /^https?:/i;

export class ActionDialog {
  #form = null;
  #items = null;
  #mistakes = new Set();
  #shell = new Shell({ testid: "form-dialog", onClose: () => (this.#form = null) });

  get isOpen() {
    return this.#shell.isOpen;
  }

  /** Shows a form; `onSubmit(values)` is called on each submit. Values typed before survive a form without its own. */
  showForm(reply, onSubmit) {
    const again = this.isOpen && this.#form;
    const previous = again ? this.#form.values() : {};
    this.#mistakes = mistakesIn(reply.items, again ? this.#items : null, this.#mistakes);
    this.#form = buildForm(reply.items, previous, { mistakes: this.#mistakes });
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
      h("footer", { class: "dialog-foot" }, this.#shell.cancelButton(), submit),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.#shell.isBusy) onSubmit(this.#form.values());
    });
    this.#shell.open(reply.title || "Action", form);
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
    this.#shell.open(reply.title || "Action", h("div", { class: "dialog-body" }, frame));
  }

  setBusy(busy) {
    this.#shell.setBusy(busy);
  }

  showError(message) {
    this.#shell.showError(message);
  }

  close() {
    this.#shell.close();
  }

  /** A form that came back begins with what is wrong: that is read first. */
  #focusFirst(body, again) {
    const first = body.querySelector(".form-label");
    const field = body.querySelector("input:not([type=radio]), input[type=radio]:checked, select, textarea");
    body.scrollTop = 0;
    if (again && first && body.querySelector(".form-items").firstElementChild === first) {
      first.tabIndex = -1;
      first.focus();
    } else (field ?? this.#shell.element.querySelector("[type=submit]"))?.focus();
  }
}
