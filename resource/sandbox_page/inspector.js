/** The event inspector: what goes over the hub, newest first, each event to be opened. */

import { fill, h, icon, setText } from "./dom.js";
import { Feed } from "./feed.js";
import { plural, preciseTime } from "./format.js";

export class Inspector {
  #paused = false;
  #words = [];
  #rows = new Map();
  /** Came while it was paused. */
  #held = 0;

  constructor(host, button) {
    this.host = host;
    this.button = button;
    this.feed = new Feed();
    this.count = h("span", { class: "count", role: "status", "data-testid": "event-count" });
    this.list = h("ul", { class: "event-list", "data-testid": "events", "aria-label": "Events" });
    this.empty = h("p", { class: "dock-note" });
    this.pauseButton = this.#tool("pause", "Pause", () => this.#pause(), "event-pause");
    fill(host, this.#head(), h("div", { class: "events-body" }, this.list, this.empty));
    button.addEventListener("click", () => this.setOpen(host.hidden));
    host.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.target.type === "search") return;
      event.preventDefault();
      this.setOpen(false);
    });
    this.feed.addEventListener("entry", ({ detail }) => this.#came(detail));
    this.feed.addEventListener("state", () => this.#summarise());
  }

  setOpen(open) {
    if (this.host.hidden === !open) return;
    this.host.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    if (open) {
      this.feed.start();
      this.search.focus();
    } else {
      this.feed.stop();
      this.button.focus();
    }
    this.#summarise();
  }

  #head() {
    this.search = h("input", {
      type: "search",
      placeholder: "Filter",
      "aria-label": "Filter events by words",
      autocomplete: "off",
      spellcheck: "false",
      "data-testid": "event-filter",
      oninput: () => this.#filter(),
    });
    return h(
      "div",
      { class: "events-head" },
      h("h2", { id: "events-title" }, "Events"),
      this.count,
      h("span", { class: "player-gap" }),
      this.search,
      this.pauseButton,
      this.#tool("cross", "Clear", () => this.#clear(), "event-clear"),
      h(
        "button",
        {
          type: "button",
          class: "icon-button",
          "aria-label": "Close events",
          title: "Close",
          onclick: () => this.setOpen(false),
        },
        icon("down"),
      ),
    );
  }

  #tool(name, label, onclick, testid) {
    return h(
      "button",
      { type: "button", class: "button button-quiet", onclick, "data-testid": testid },
      icon(name),
      h("span", {}, label),
    );
  }

  #pause() {
    this.#paused = !this.#paused;
    fill(this.pauseButton, icon(this.#paused ? "play" : "pause"), h("span", {}, this.#paused ? "Go on" : "Pause"));
    this.#held = 0;
    if (!this.#paused) this.#showAll();
    this.#summarise();
  }

  #clear() {
    this.feed.clear();
    this.#held = 0;
    this.#showAll();
  }

  #filter() {
    this.#words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    this.#showAll();
  }

  #matches({ hay }) {
    return this.#words.every((word) => hay.includes(word));
  }

  #came(entry) {
    if (this.#paused) this.#held += 1;
    else if (this.#matches(entry)) {
      this.list.prepend(this.#row(entry));
      this.#dropOld();
    }
    this.#summarise();
  }

  #dropOld() {
    while (this.list.children.length > this.feed.entries.length) {
      this.#rows.delete(this.list.lastElementChild.dataset.id);
      this.list.lastElementChild.remove();
    }
  }

  /** Rows that were there stay as they are, open or not. */
  #showAll() {
    const shown = this.feed.entries.filter((entry) => this.#matches(entry)).reverse();
    const kept = new Map(this.#rows);
    this.#rows.clear();
    this.list.replaceChildren(...shown.map((entry) => this.#keep(entry, kept.get(entry.id))));
    this.#summarise();
  }

  #keep(entry, element) {
    if (!element) return this.#row(entry);
    this.#rows.set(entry.id, element);
    return element;
  }

  #row(entry) {
    const body = h("pre", { class: "event-data", tabindex: 0, "aria-label": `Data of ${entry.topic}` });
    const details = h(
      "details",
      {},
      h(
        "summary",
        {},
        h("time", { class: "event-time" }, preciseTime(entry.time)),
        h("span", { class: "event-topic" }, entry.topic),
        h("span", { class: "event-summary" }, entry.summary),
        h("span", { class: "event-source" }, `${entry.source} → ${entry.receivers}`),
      ),
      body,
    );
    details.addEventListener("toggle", () => setText(body, details.open ? entry.text : ""));
    const row = h("li", { "data-testid": "event", "data-topic": entry.topic, "data-id": entry.id }, details);
    this.#rows.set(entry.id, row);
    return row;
  }

  #summarise() {
    const shown = this.list.children.length;
    const all = this.feed.entries.length - this.#held;
    const parts = [this.#words.length ? `${shown} of ${plural(all, "event")}` : plural(shown, "event")];
    if (this.#held) parts.push(`${this.#held} more since the pause`);
    if (this.feed.open && !this.feed.live) parts.push("connecting…");
    setText(this.count, parts.join(", "));
    this.empty.hidden = shown > 0;
    setText(this.empty, this.#words.length ? "No event has these words." : "What goes over the hub shows up here.");
  }
}
