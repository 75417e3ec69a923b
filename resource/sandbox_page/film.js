/**
 * One movie on screen, sought by exact frames.
 *
 * Says `frame` (another frame is the current one), `state` (plays or stands), `ended` and `failed` as events.
 */

import { h } from "./dom.js";

/** A seek aims at the middle of a frame: rounding at its borders can't show the neighbour. */
const MIDDLE = 0.5;

export class Film extends EventTarget {
  #frame = 0;
  /** The frame asked for and not reached yet, and the one the running seek goes to. */
  #wanted = null;
  #sent = null;
  #counted = false;

  constructor({ testid, poster = null }) {
    super();
    this.rate = 24;
    this.frames = 1;
    this.presented = null;
    this.video = h("video", {
      class: "player-video",
      playsinline: true,
      preload: "auto",
      poster,
      tabindex: -1,
      "data-testid": testid,
    });
    this.video.muted = true;
    this.#follow();
  }

  get frame() {
    return this.#frame;
  }

  get last() {
    return this.frames - 1;
  }

  get playing() {
    return !this.video.paused && !this.video.ended;
  }

  get waiting() {
    return this.#wanted !== null;
  }

  load({ url, rate, frames }) {
    this.rate = rate ?? 24;
    this.frames = frames ?? 1;
    this.#counted = Boolean(frames);
    this.presented = null;
    this.video.src = url;
    this.#put(this.#frame);
    // Until a seek the poster would stand there, which may be any frame: the counter must be true.
    this.video.addEventListener("loadeddata", () => this.seek(this.#frame), { once: true });
  }

  dispose() {
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load();
  }

  /** Goes on from the current frame. */
  play(speed = 1) {
    this.video.playbackRate = speed;
    if (this.#wanted !== null && this.#wanted !== this.#sent) this.#go(this.#wanted);
    this.#wanted = null;
    this.video.play().catch((error) => error.name !== "AbortError" && this.#failed());
  }

  pause() {
    this.video.pause();
  }

  step(by) {
    this.pause();
    this.seek((this.#wanted ?? this.#frame) + by);
  }

  /** Seeks one after the other: while one runs only the last wish is kept. */
  seek(frame) {
    const target = Math.min(this.last, Math.max(0, frame));
    this.#wanted = target;
    this.#put(target);
    if (!this.video.seeking) this.#go(target);
  }

  #go(frame) {
    this.#sent = frame;
    this.video.currentTime = (frame + MIDDLE) / this.rate;
  }

  #follow() {
    const { video } = this;
    video.addEventListener("loadedmetadata", () => this.#measure());
    video.addEventListener("seeked", () => this.#seeked());
    for (const name of ["play", "pause", "ended"]) video.addEventListener(name, () => this.#say("state"));
    video.addEventListener("ended", () => this.#say("ended"));
    video.addEventListener("error", () => this.#failed());
    const presented = (_, { mediaTime }) => {
      this.presented = Math.round(mediaTime * this.rate);
      this.#say("presented");
      if (this.#wanted === null) this.#put(this.presented);
      video.requestVideoFrameCallback(presented);
    };
    video.requestVideoFrameCallback?.(presented);
  }

  #measure() {
    if (!this.#counted && Number.isFinite(this.video.duration))
      this.frames = Math.max(1, Math.round(this.video.duration * this.rate));
    this.#say("loaded");
    this.#put(this.#frame);
  }

  #seeked() {
    if (this.#wanted === null) return;
    if (this.#wanted === this.#sent) this.#wanted = null;
    else this.#go(this.#wanted);
  }

  #put(frame) {
    this.#frame = Math.min(this.last, Math.max(0, frame));
    this.#say("frame");
  }

  #failed() {
    if (this.video.getAttribute("src")) this.#say("failed");
  }

  #say(name) {
    this.dispatchEvent(new CustomEvent(name));
  }
}
