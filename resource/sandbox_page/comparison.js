/** A second film beside the first, or wiped over it: it follows the first frame by frame. */

import { fill, h, setText } from "./dom.js";
import { Film } from "./film.js";

const MODES = [
  ["side", "Side by side"],
  ["wipe", "Wipe"],
];
const SMALL_MOVE = 1;
const LARGE_MOVE = 10;

export class Comparison {
  #film;
  #other = null;
  #offers = [];
  #mode = "side";
  #place = 50;

  /** `screen` is where the first film stands. */
  constructor({ film, name, screen }) {
    this.#film = film;
    this.screen = screen;
    this.name = name;
    this.quality = "";
    this.labels = [0, 1].map((side) =>
      h("span", { class: "player-label", "data-side": side, hidden: true, "data-testid": "compare-label" }),
    );
    this.choice = h("select", {
      class: "player-other",
      "aria-label": "Compare with",
      "data-testid": "compare-with",
      onchange: () => this.#choose(),
    });
    this.modes = h(
      "div",
      { class: "segmented", role: "group", "aria-label": "Comparison", "data-testid": "compare-mode" },
      MODES.map(([mode, label]) =>
        h("button", { type: "button", "data-mode": mode, onclick: () => this.#setMode(mode) }, label),
      ),
    );
    this.handle = this.#wipeHandle();
    this.element = h("div", { class: "player-compare" }, this.choice, this.modes);
    screen.append(...this.labels, this.handle);
    for (const name of ["frame", "state"]) film.addEventListener(name, () => this.#sync());
    this.offer([]);
    this.#show();
  }

  /** What can be chosen; a choice that is still there stays. */
  offer(offers) {
    const chosen = this.#offers[Number(this.choice.value)]?.rendition.id;
    const key = offers.map(({ rendition }) => rendition.id).join();
    if (key === this.key) return;
    this.key = key;
    this.#offers = offers;
    const groups = [...new Set(offers.map(({ group }) => group))];
    const option = (offer) => h("option", { value: String(offers.indexOf(offer)) }, offer.label);
    fill(
      this.choice,
      h("option", { value: "" }, offers.length ? "Compare with…" : "Nothing to compare with"),
      groups.map((group) =>
        h("optgroup", { label: group }, offers.filter((offer) => offer.group === group).map(option)),
      ),
    );
    this.choice.disabled = !offers.length;
    const again = offers.findIndex(({ rendition }) => rendition.id === chosen);
    if (again >= 0) this.choice.value = String(again);
    else if (chosen) this.#choose();
  }

  dispose() {
    this.#other?.dispose();
  }

  /** Of one version the qualities tell the two apart, else the versions do. */
  showNames() {
    const offer = this.#offers[Number(this.choice.value)];
    if (!this.#other || !offer) return;
    const same = offer.group === this.name;
    setText(this.labels[0], same ? this.quality : `${this.name} · ${this.quality}`);
    setText(this.labels[1], same ? offer.label : `${offer.group} · ${offer.label}`);
  }

  #choose() {
    const offer = this.#offers[Number(this.choice.value)];
    if (!this.choice.value || !offer) this.#leave();
    else {
      if (!this.#other) this.#begin();
      this.#other.load(offer.rendition);
      this.#sync();
    }
    this.#show();
  }

  #begin() {
    this.#other = new Film({ testid: "compare-video" });
    this.#other.video.classList.add("player-second");
    this.#film.video.after(this.#other.video);
    const text = "This browser could not play the film to compare with.";
    this.#other.addEventListener("failed", () => (this.labels[1].textContent = text));
  }

  #leave() {
    this.#other?.dispose();
    this.#other?.video.remove();
    this.#other = null;
  }

  #setMode(mode) {
    this.#mode = mode;
    this.#show();
  }

  #show() {
    const on = this.#other !== null;
    this.screen.dataset.compare = on ? this.#mode : "off";
    this.modes.hidden = !on;
    this.handle.hidden = !on || this.#mode !== "wipe";
    for (const label of this.labels) label.hidden = !on;
    if (on) this.showNames();
    for (const button of this.modes.children)
      button.setAttribute("aria-pressed", String(button.dataset.mode === this.#mode));
    this.#move(this.#place);
  }

  /** The same frame; of films of different rates, the same moment. */
  #matching(frame) {
    const [from, to] = [this.#film.rate, this.#other.rate];
    return Math.abs(from - to) < 0.01 ? frame : Math.floor(((frame + 0.5) / from) * to);
  }

  #sync() {
    const other = this.#other;
    if (!other) return;
    const target = this.#matching(this.#film.frame);
    if (!this.#film.playing) {
      other.pause();
      if (other.frame !== target) other.seek(target);
      return;
    }
    if (other.playing) other.video.playbackRate = this.#film.video.playbackRate;
    else if (target < other.last) other.play(this.#film.video.playbackRate);
    if (!other.waiting && Math.abs(other.frame - target) > 1) other.seek(target);
  }

  #wipeHandle() {
    const handle = h("div", {
      class: "player-wipe",
      role: "slider",
      tabindex: 0,
      "aria-label": "Wipe",
      "aria-orientation": "horizontal",
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      "data-testid": "compare-wipe",
    });
    handle.addEventListener("pointerdown", (event) => {
      handle.setPointerCapture(event.pointerId);
      handle.focus();
      event.preventDefault();
    });
    handle.addEventListener("pointermove", (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const box = this.screen.getBoundingClientRect();
      this.#move(((event.clientX - box.left) / box.width) * 100);
    });
    handle.addEventListener("keydown", (event) => this.#key(event));
    return handle;
  }

  #key(event) {
    const by = event.shiftKey ? LARGE_MOVE : SMALL_MOVE;
    const places = {
      ArrowLeft: this.#place - by,
      ArrowRight: this.#place + by,
      ArrowDown: this.#place - by,
      ArrowUp: this.#place + by,
      Home: 0,
      End: 100,
    };
    if (!(event.key in places)) return;
    this.#move(places[event.key]);
    event.preventDefault();
    event.stopPropagation();
  }

  #move(place) {
    this.#place = Math.min(100, Math.max(0, place));
    this.screen.style.setProperty("--wipe", `${this.#place}%`);
    this.handle.setAttribute("aria-valuenow", String(Math.round(this.#place)));
    this.handle.setAttribute("aria-valuetext", `${Math.round(this.#place)} % the first film`);
  }
}
