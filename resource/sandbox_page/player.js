/** The review player: plays a rendition, steps by exact frames, and says which frame is on screen. */

import { fill, h, icon, setText } from "./dom.js";
import { clock, rateText } from "./format.js";

const BIG_STEP = 10;
/** A seek aims at the middle of a frame: rounding at its borders can't show the neighbour. */
const MIDDLE = 0.5;

export class Player {
  #frame = 0;
  /** The frame asked for and not reached yet, and the one the running seek goes to. */
  #wanted = null;
  #sent = null;
  #rate = 24;
  #frames = 1;

  /** `renditions` are `{label, url, rate, frames, width, height}`, the one to begin with first. */
  constructor({ renditions, poster, name }) {
    this.renditions = renditions;
    this.name = name;
    this.video = h("video", {
      class: "player-video",
      playsinline: true,
      preload: "auto",
      poster,
      tabindex: -1,
      "data-testid": "player-video",
    });
    this.video.muted = true;
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
    this.note = h("p", { class: "player-note", role: "alert", hidden: true });
    this.element = this.#build();
    this.#follow();
    this.#load(renditions[0]);
  }

  dispose() {
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load();
  }

  #build() {
    const button = (name, label, run, testid) =>
      h(
        "button",
        {
          type: "button",
          class: "icon-button",
          "aria-label": label,
          title: label,
          onclick: run,
          "data-testid": testid,
        },
        icon(name),
      );
    this.playButton = button("play", "Play", () => this.#toggle(), "player-play");
    this.soundButton = button("muted", "Turn sound on", () => this.#sound(), "player-sound");
    this.loopButton = button("loop", "Loop", () => this.#loop(), "player-loop");
    this.loopButton.setAttribute("aria-pressed", "false");
    const controls = h(
      "div",
      { class: "player-controls" },
      button("first", "First frame", () => this.seek(0)),
      button("stepBack", "One frame back", () => this.step(-1), "player-back"),
      this.playButton,
      button("stepForward", "One frame on", () => this.step(1), "player-forward"),
      button("last", "Last frame", () => this.seek(this.#frames - 1)),
      h("span", { class: "player-gap" }),
      this.loopButton,
      this.soundButton,
      this.#rungs(),
      button("fullscreen", "Full screen", () => this.#fullscreen()),
    );
    const region = h(
      "div",
      {
        class: "player",
        role: "group",
        tabindex: 0,
        "aria-label": `Review of ${this.name}: space plays, arrow keys step`,
        "data-testid": "player",
      },
      h("div", { class: "player-screen" }, this.video, this.note),
      this.slider,
      h("div", { class: "player-numbers" }, this.counter, this.time),
      controls,
    );
    region.addEventListener("keydown", (event) => this.#key(event));
    this.slider.addEventListener("input", () => this.seek(Number(this.slider.value)));
    this.video.addEventListener("click", () => this.#toggle());
    return region;
  }

  #rungs() {
    this.rung = h(
      "select",
      { class: "player-rung", "aria-label": "Quality", "data-testid": "player-rung" },
      this.renditions.map(({ label }, index) => h("option", { value: String(index) }, label)),
    );
    this.rung.disabled = this.renditions.length < 2;
    this.rung.addEventListener("change", () => this.#switch(this.renditions[Number(this.rung.value)]));
    return this.rung;
  }

  #load({ url, rate, frames, width, height }) {
    this.#rate = rate ?? 24;
    this.#frames = frames ?? 1;
    this.knowsFrames = Boolean(frames);
    if (width && height) this.element.style.setProperty("--shape", `${width} / ${height}`);
    this.slider.max = String(this.#frames - 1);
    this.video.src = url;
    this.#showFrame(this.#frame);
    // Until a seek the poster would stand there, which may be any frame: the counter must be true.
    this.video.addEventListener("loadeddata", () => this.seek(this.#frame), { once: true });
  }

  /** The other quality goes on at the same frame, playing or not. */
  #switch(rendition) {
    const playing = !this.video.paused;
    this.#load(rendition);
    if (playing) this.video.addEventListener("seeked", () => void this.video.play(), { once: true });
  }

  #follow() {
    const { video } = this;
    video.addEventListener("loadedmetadata", () => this.#measure());
    video.addEventListener("seeked", () => this.#seeked());
    for (const name of ["play", "pause", "ended"]) video.addEventListener(name, () => this.#showState());
    video.addEventListener("error", () => this.#failed());
    const presented = (_, { mediaTime }) => {
      const shown = Math.round(mediaTime * this.#rate);
      this.element.dataset.presented = String(shown);
      if (this.#wanted === null) this.#showFrame(shown);
      video.requestVideoFrameCallback(presented);
    };
    video.requestVideoFrameCallback?.(presented);
  }

  #measure() {
    fill(this.note);
    this.note.hidden = true;
    if (this.knowsFrames || !Number.isFinite(this.video.duration)) return;
    this.#frames = Math.max(1, Math.round(this.video.duration * this.#rate));
    this.slider.max = String(this.#frames - 1);
    this.#showFrame(this.#frame);
  }

  step(by) {
    this.video.pause();
    this.seek((this.#wanted ?? this.#frame) + by);
  }

  /** Seeks one after the other: while one runs only the last wish is kept. */
  seek(frame) {
    const target = Math.min(this.#frames - 1, Math.max(0, frame));
    this.#wanted = target;
    this.#showFrame(target);
    if (!this.video.seeking) this.#go(target);
  }

  #go(frame) {
    this.#sent = frame;
    this.video.currentTime = (frame + MIDDLE) / this.#rate;
  }

  #seeked() {
    if (this.#wanted === null) return;
    if (this.#wanted === this.#sent) this.#wanted = null;
    else this.#go(this.#wanted);
  }

  #showFrame(frame) {
    this.#frame = Math.min(this.#frames - 1, Math.max(0, frame));
    setText(this.counter, `${this.#frame + 1} / ${this.#frames}`);
    setText(this.time, `${clock(this.#frame, this.#rate)} · ${rateText(this.#rate)}`);
    this.slider.value = String(this.#frame);
    this.slider.setAttribute("aria-valuetext", `Frame ${this.#frame + 1} of ${this.#frames}`);
    this.slider.style.setProperty("--done", `${(100 * this.#frame) / Math.max(1, this.#frames - 1)}%`);
  }

  #showState() {
    const playing = !this.video.paused && !this.video.ended;
    const label = playing ? "Pause" : "Play";
    this.playButton.setAttribute("aria-label", label);
    this.playButton.title = label;
    fill(this.playButton, icon(playing ? "pause" : "play"));
  }

  #failed() {
    if (!this.video.getAttribute("src")) return;
    setText(this.note, "This browser could not play the file. It can still be downloaded below.");
    this.note.hidden = false;
  }

  #toggle() {
    if (!this.video.paused) return this.video.pause();
    this.#wanted = null;
    this.video.play().catch(() => this.#failed());
  }

  #sound() {
    this.video.muted = !this.video.muted;
    const label = this.video.muted ? "Turn sound on" : "Turn sound off";
    this.soundButton.setAttribute("aria-label", label);
    this.soundButton.title = label;
    fill(this.soundButton, icon(this.video.muted ? "muted" : "sound"));
  }

  #loop() {
    this.video.loop = !this.video.loop;
    this.loopButton.setAttribute("aria-pressed", String(this.video.loop));
  }

  #fullscreen() {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void this.element.requestFullscreen?.();
  }

  #key(event) {
    if (event.target.closest("select") || event.ctrlKey || event.metaKey || event.altKey) return;
    const onButton = event.target.closest("button") && (event.key === " " || event.key === "Enter");
    const far = event.shiftKey ? BIG_STEP : 1;
    const keys = {
      ArrowLeft: () => this.step(-far),
      ArrowRight: () => this.step(far),
      Home: () => this.seek(0),
      End: () => this.seek(this.#frames - 1),
      " ": () => this.#toggle(),
      k: () => this.#toggle(),
      m: () => this.#sound(),
      f: () => this.#fullscreen(),
    };
    if (onButton || !keys[event.key]) return;
    keys[event.key]();
    event.preventDefault();
  }
}
