/** The actions menu: items come in while it is open, grouped by label, each variant an entry. */

import { fill, h, icon, setText, uniqueId } from "./dom.js";
import { plural } from "./format.js";

const EDGE = 8;
const ICON_URL = /^(https?:\/\/|\/|data:image\/(png|jpeg|gif|webp|svg\+xml)[;,])/i;
const TYPED_WORD_MS = 700;

export class ActionMenu {
  #host;
  #abort = new AbortController();
  #element = null;
  #groups = new Map();
  #onChoose = null;
  #onClose = null;
  #returnTo = null;
  #typed = { text: "", at: 0 };

  /** The menu is put into `host`, a landmark of the page. */
  constructor(host) {
    this.#host = host;
  }

  get isEmpty() {
    return !this.#element || this.#entries.length === 0;
  }

  /** `at` is a point of the window; the menu keeps inside it. */
  open({ at, title, onChoose, onClose }) {
    this.close({ restoreFocus: false });
    this.#onChoose = onChoose;
    this.#onClose = onClose;
    this.#returnTo = document.activeElement;
    const heading = uniqueId("menu-title");
    this.#element = h(
      "div",
      { class: "menu", popover: "manual", "data-testid": "actions-menu" },
      h("p", { class: "menu-title", id: heading }, title),
      h("div", {
        class: "menu-items",
        role: "menu",
        "aria-labelledby": heading,
        "aria-busy": "true",
        tabindex: -1,
      }),
      h("p", { class: "menu-status", role: "status" }, icon("spinner"), h("span", {}, "Looking for actions…")),
    );
    this.#host.append(this.#element);
    this.#element.showPopover();
    this.#place(at);
    this.#listen();
    this.#menu.focus();
  }

  /** More items; the ones there stay where they are. */
  add(items) {
    if (!this.#element) return;
    for (const item of items) this.#addItem(item);
    if (document.activeElement === this.#menu) this.#entries[0]?.focus();
    if (this.#menu.getAttribute("aria-busy") === "false") this.settle();
    this.#keepInside();
  }

  /** The waiting is over; `nothing` is said when no item came. */
  settle(nothing = "") {
    if (!this.#element) return;
    const count = this.#entries.length;
    this.#menu.setAttribute("aria-busy", "false");
    const status = this.#element.querySelector(".menu-status");
    status.querySelector(".icon").replaceWith(icon(count ? "check" : "info"));
    setText(status.querySelector("span"), count ? plural(count, "action") : nothing);
  }

  close({ restoreFocus = true } = {}) {
    if (!this.#element) return;
    this.#element.remove();
    this.#element = null;
    this.#groups.clear();
    this.#abort.abort();
    const back = this.#returnTo;
    this.#onClose?.();
    if (restoreFocus && back?.isConnected) back.focus();
  }

  get #menu() {
    return this.#element.querySelector(".menu-items");
  }

  get #entries() {
    return [...this.#element.querySelectorAll("[role=menuitem]")];
  }

  #addItem(item) {
    const label = String(item.label ?? item.actionIdentifier ?? "Action");
    const group = this.#groups.get(label) ?? this.#addGroup(label);
    group.items.push(item);
    group.host.append(this.#entry(item, label));
    group.element.classList.toggle(
      "has-variants",
      group.items.some(({ variant }) => variant),
    );
  }

  #addGroup(label) {
    const heading = uniqueId("menu-group");
    const host = h("div", { class: "menu-group-items" });
    const title = h("p", { class: "menu-group-title", id: heading, "aria-hidden": "true" }, label);
    const element = h("div", { class: "menu-group", role: "group", "aria-label": label }, title, host);
    const group = { element, host, items: [] };
    this.#groups.set(label, group);
    this.#menu.append(element);
    return group;
  }

  #entry(item, label) {
    const name = item.variant ? String(item.variant) : label;
    const described = item.description ? uniqueId("menu-description") : null;
    return h(
      "button",
      {
        type: "button",
        class: "menu-entry",
        role: "menuitem",
        tabindex: -1,
        "aria-label": item.variant ? `${label} ${name}` : null,
        "aria-describedby": described,
        "data-action": item.actionIdentifier,
        onclick: () => this.#choose(item),
      },
      actionIcon(item.icon),
      h(
        "span",
        { class: "menu-entry-text" },
        h("span", { class: "menu-entry-name" }, name),
        described &&
          h("span", { class: "menu-entry-description", id: described, "aria-hidden": "true" }, item.description),
      ),
    );
  }

  #choose(item) {
    const choose = this.#onChoose;
    this.close();
    choose(item);
  }

  #listen() {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.#element.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.#element.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
    const outside = (event) => this.#element.contains(event.target) || this.close({ restoreFocus: false });
    addEventListener("pointerdown", outside, { signal, capture: true });
    addEventListener("blur", () => this.close(), { signal });
    addEventListener("resize", () => this.close(), { signal });
  }

  #key(event) {
    const entries = this.#entries;
    const index = entries.indexOf(document.activeElement);
    const moves = {
      ArrowDown: index + 1,
      ArrowUp: index < 0 ? entries.length - 1 : index - 1,
      Home: 0,
      End: entries.length - 1,
    };
    if (event.key in moves) {
      entries.at(moves[event.key] % Math.max(1, entries.length))?.focus();
      event.preventDefault();
    } else if (event.key === "Escape" || event.key === "Tab") {
      this.close();
      event.preventDefault();
    } else if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey)
      this.#jumpTo(event.key, entries);
    event.stopPropagation();
  }

  #jumpTo(key, entries) {
    const now = performance.now();
    this.#typed.text =
      now - this.#typed.at < TYPED_WORD_MS ? this.#typed.text + key.toLowerCase() : key.toLowerCase();
    this.#typed.at = now;
    entries.find((entry) => entry.textContent.toLowerCase().startsWith(this.#typed.text))?.focus();
  }

  #place({ x, y }) {
    const box = this.#element.getBoundingClientRect();
    const left = Math.min(Math.max(EDGE, x), Math.max(EDGE, innerWidth - box.width - EDGE));
    this.#element.style.setProperty("left", `${left}px`);
    this.#element.style.setProperty("top", `${Math.min(Math.max(EDGE, y), innerHeight - EDGE)}px`);
    this.#keepInside();
  }

  #keepInside() {
    const box = this.#element.getBoundingClientRect();
    const over = box.bottom - (innerHeight - EDGE);
    if (over > 0) this.#element.style.setProperty("top", `${Math.max(EDGE, box.top - over)}px`);
  }
}

function actionIcon(address) {
  const host = h("span", { class: "menu-icon" }, icon("bolt"));
  if (!ICON_URL.test(address ?? "")) return host;
  const image = h("img", { src: address, alt: "", width: 20, height: 20, referrerpolicy: "no-referrer" });
  image.addEventListener("load", () => fill(host, image));
  return host;
}
