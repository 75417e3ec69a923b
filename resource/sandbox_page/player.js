/** The review player: what is on screen, where in it we are, and everything that a key or a button does. */

import { Comparison } from "./comparison.js";
import { fill, h, icon, setText } from "./dom.js";
import { Film } from "./film.js";
import { rateText } from "./format.js";
import { readTimecode, timecodeAt } from "./timecode.js";
import { SPEEDS, Transport } from "./transport.js";

const BIG_STEP = 10;
const HOW = "space plays, arrow keys step, J K L shuttle, I and O mark in and out, X clears the marks";

export class Player {
  #rendition = null;

  /** `renditions` are as `media.renditionsOf` makes them, the one to begin with first. */
  constructor({ renditions, poster, name }) {
    this.renditions = renditions;
    this.name = name;
    this.film = new Film({ testid: "player-video", poster });
    this.transport = new Transport(this.film);
    this.counter = h("output", { class: "player-counter", "data-testid": "frame-counter", "aria-label": "Frame" });
    this.time = h("span", { class: "player-time", "data-testid": "player-time" });
    this.slider = h("input", {
      type: "range",
      class: "player-slider",
      min: 0,
      step: 1,
      "aria-label": "Frame",
      "data-testid": "player-slider",
    });
    this.marks = h("div", { class: "player-marks", "data-testid": "player-marks" });
    this.note = h("p", { class: "player-note", role: "alert", hidden: true });
    this.screen = h("div", { class: "player-screen" }, this.film.video, this.note);
    this.comparison = new Comparison({ film: this.film, name, screen: this.screen });
    this.element = this.#build();
    this.#follow();
    this.#load(renditions[0]);
  }

  dispose() {
    this.transport.pause();
    this.comparison.dispose();
    this.film.dispose();
  }

  #build() {
    const { transport } = this;
    this.playButton = button("play", "Play", () => transport.toggle(), "player-play");
    this.soundButton = button("muted", "Turn sound on", () => this.#sound(), "player-sound");
    this.loopButton = button("loop", "Loop", () => transport.setLoop(!transport.loop), "player-loop");
    this.clearButton = button("markClear", "Clear in and out points", () => transport.clearMarks(), "player-clear");
    const region = h(
      "div",
      {
        class: "player",
        role: "group",
        tabindex: 0,
        "aria-label": `Review of ${this.name}: ${HOW}`,
        "data-testid": "player",
      },
      this.screen,
      h("div", { class: "player-track" }, this.slider, this.marks),
      h("div", { class: "player-numbers" }, this.counter, this.time),
      h(
        "div",
        { class: "player-controls" },
        button("first", "First frame", () => transport.seek(transport.span[0])),
        button("stepBack", "One frame back", () => transport.step(-1), "player-back"),
        this.playButton,
        button("stepForward", "One frame on", () => transport.step(1), "player-forward"),
        button("last", "Last frame", () => transport.seek(transport.span[1])),
        h("span", { class: "player-gap" }),
        this.soundButton,
        this.#rungs(),
        button("fullscreen", "Full screen", () => this.#fullscreen()),
      ),
      h(
        "div",
        { class: "player-controls" },
        button("markIn", "In point here (I)", () => transport.markIn(), "player-in"),
        button("markOut", "Out point here (O)", () => transport.markOut(), "player-out"),
        this.clearButton,
        this.loopButton,
        h("span", { class: "player-gap" }),
        this.#speeds(),
      ),
      this.comparison.element,
    );
    region.addEventListener("keydown", (event) => this.#key(event));
    this.slider.addEventListener("input", () => transport.seek(Number(this.slider.value)));
    this.screen.addEventListener("click", (event) => event.target.matches("video") && transport.toggle());
    return region;
  }

  #rungs() {
    const option = (rendition) =>
      h("option", { value: String(this.renditions.indexOf(rendition)) }, rendition.label);
    const review = this.renditions.filter(({ isReview }) => isReview);
    const more = this.renditions.filter(({ isReview }) => !isReview);
    this.rung = h(
      "select",
      { class: "player-rung", "aria-label": "Quality", "data-testid": "player-rung" },
      review.map(option),
      more.length > 0 && h("optgroup", { label: "Other components" }, more.map(option)),
    );
    this.rung.disabled = this.renditions.length < 2;
    this.rung.addEventListener("change", () => this.#switch(this.renditions[Number(this.rung.value)]));
    return this.rung;
  }

  #speeds() {
    this.speed = h(
      "select",
      { class: "player-speed", "aria-label": "Speed", "data-testid": "player-speed" },
      SPEEDS.map((speed) => h("option", { value: String(speed) }, `${speed}×`)),
    );
    this.speed.addEventListener("change", () => this.transport.setSpeed(Number(this.speed.value)));
    return this.speed;
  }

  #load(rendition) {
    this.#rendition = rendition;
    const { width, height } = rendition;
    if (width && height) this.element.style.setProperty("--shape", `${width} / ${height}`);
    this.comparison.quality = rendition.label;
    this.comparison.showNames();
    this.film.load(rendition);
    this.start = this.#startOf(rendition);
  }

  /** The source's own timecode where it is known, else the one of its frame number. */
  #startOf({ timecode, firstFrame }) {
    const written = readTimecode(timecode, this.film.rate);
    this.time.title = written ? "Timecode of the source" : "Timecode from the frame number";
    return written ?? { frame: firstFrame ?? 0, drop: false };
  }

  /** The other quality goes on at the same frame, playing or not. */
  #switch(rendition) {
    const playing = this.transport.playing;
    this.transport.pause();
    this.#load(rendition);
    if (playing) this.film.video.addEventListener("seeked", () => this.transport.play(), { once: true });
  }

  #follow() {
    const { film, transport } = this;
    film.addEventListener("frame", () => this.#showFrame());
    film.addEventListener("presented", () => (this.element.dataset.presented = String(film.presented)));
    film.addEventListener("failed", () => this.#showNote("This browser could not play the file."));
    film.addEventListener("loaded", () => this.#showNote(""));
    transport.addEventListener("change", () => this.#showState());
    this.#showState();
  }

  #showNote(text) {
    setText(this.note, text && `${text} It can still be downloaded below.`);
    this.note.hidden = !text;
  }

  #showFrame() {
    const { frame, frames, rate, last } = this.film;
    const { firstFrame, rate: known } = this.#rendition;
    const number = firstFrame === null ? "" : ` · ${firstFrame + frame}`;
    setText(this.counter, `${frame + 1} / ${frames}`);
    setText(this.time, `${timecodeAt(this.start ?? { frame: 0 }, frame, rate)}${number} · ${rateText(rate)}${known ? "" : " assumed"}`);
    this.slider.max = String(last);
    this.slider.value = String(frame);
    this.slider.setAttribute("aria-valuetext", `Frame ${frame + 1} of ${frames}`);
  }

  #showState() {
    const { transport, film } = this;
    const label = transport.playing ? "Pause" : "Play";
    relabel(this.playButton, label, transport.playing ? "pause" : "play");
    this.loopButton.setAttribute("aria-pressed", String(transport.loop));
    this.clearButton.disabled = !transport.marked;
    this.speed.value = String(transport.speed);
    const [from, to] = transport.span;
    this.marks.dataset.marked = String(transport.marked);
    this.marks.style.setProperty("--in", String(from / Math.max(1, film.last)));
    this.marks.style.setProperty("--out", String(to / Math.max(1, film.last)));
    this.marks.title = transport.marked ? `Frames ${from + 1} to ${to + 1}` : "";
    this.element.dataset.span = `${from + 1}-${to + 1}`;
    this.element.dataset.direction = transport.backwards ? "back" : transport.playing ? "forward" : "none";
  }

  #sound() {
    const { video } = this.film;
    video.muted = !video.muted;
    relabel(this.soundButton, video.muted ? "Turn sound on" : "Turn sound off", video.muted ? "muted" : "sound");
  }

  #fullscreen() {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void this.element.requestFullscreen?.();
  }

  #key(event) {
    if (event.target.closest("select") || event.ctrlKey || event.metaKey || event.altKey) return;
    const onButton = event.target.closest("button") && (event.key === " " || event.key === "Enter");
    const far = event.shiftKey ? BIG_STEP : 1;
    const { transport } = this;
    const keys = {
      ArrowLeft: () => transport.step(-far),
      ArrowRight: () => transport.step(far),
      Home: () => transport.seek(transport.span[0]),
      End: () => transport.seek(transport.span[1]),
      " ": () => transport.toggle(),
      j: () => transport.rewind(),
      k: () => transport.pause(),
      l: () => transport.forwards(),
      i: () => transport.markIn(),
      o: () => transport.markOut(),
      x: () => transport.clearMarks(),
      m: () => this.#sound(),
      f: () => this.#fullscreen(),
    };
    const run = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (onButton || !run) return;
    run();
    event.preventDefault();
  }
}

function button(name, label, run, testid) {
  return h(
    "button",
    { type: "button", class: "icon-button", "aria-label": label, title: label, onclick: run, "data-testid": testid },
    icon(name),
  );
}

function relabel(element, label, name) {
  if (element.title === label && element.dataset.icon === name) return;
  element.setAttribute("aria-label", label);
  element.title = label;
  element.dataset.icon = name;
  fill(element, icon(name));
}
