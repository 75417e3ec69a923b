/** How a film is played: forwards and back, faster and slower, between an in and an out point, once or in a loop. */

export const SPEEDS = [0.25, 0.5, 1, 2, 4];

export class Transport extends EventTarget {
  #in = null;
  #out = null;
  #backwards = 0;

  constructor(film) {
    super();
    this.film = film;
    this.speed = 1;
    this.loop = false;
    film.addEventListener("frame", () => this.#reached());
    film.addEventListener("ended", () => this.loop && this.#again());
    film.addEventListener("state", () => this.#say());
    film.addEventListener("loaded", () => this.#say());
  }

  get playing() {
    return this.film.playing || this.backwards;
  }

  get backwards() {
    return this.#backwards !== 0;
  }

  get marked() {
    return this.#in !== null || this.#out !== null;
  }

  /** First and last frame that are played. */
  get span() {
    const { last } = this.film;
    return [Math.min(this.#in ?? 0, last), Math.min(this.#out ?? last, last)];
  }

  play() {
    this.#stopBackwards();
    const [from, to] = this.span;
    if (this.film.frame < from || this.film.frame >= to) this.film.seek(from);
    this.film.play(this.speed);
  }

  pause() {
    this.#stopBackwards();
    this.film.pause();
    this.#say();
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  step(by) {
    this.#stopBackwards();
    this.film.step(by);
  }

  seek(frame) {
    this.#stopBackwards();
    this.film.seek(frame);
  }

  setSpeed(speed) {
    this.speed = speed;
    this.film.video.playbackRate = speed;
    if (this.backwards) this.#playBackwards();
    this.#say();
  }

  /** L: plays; again: faster. */
  forwards() {
    const faster = this.film.playing;
    if (faster) this.setSpeed(Math.min(4, Math.max(1, this.speed) * 2));
    else {
      this.speed = 1;
      this.play();
    }
    this.#say();
  }

  /** J: plays backwards; again: faster. */
  rewind() {
    this.speed = this.backwards ? Math.min(4, Math.max(1, this.speed) * 2) : 1;
    this.film.pause();
    this.#playBackwards();
    this.#say();
  }

  setLoop(loop) {
    this.loop = loop;
    this.#say();
  }

  markIn() {
    this.#in = this.film.frame;
    if (this.#out !== null && this.#out < this.#in) this.#out = null;
    this.#say();
  }

  markOut() {
    this.#out = this.film.frame;
    if (this.#in !== null && this.#in > this.#out) this.#in = null;
    this.#say();
  }

  clearMarks() {
    this.#in = this.#out = null;
    this.#say();
  }

  #reached() {
    const { film } = this;
    const [, to] = this.span;
    // At the very end the browser itself says that it is over.
    if (!film.playing || film.waiting || film.frame < to || to === film.last) return;
    if (this.loop) return this.#again();
    film.pause();
    film.seek(to);
  }

  #again() {
    this.film.seek(this.span[0]);
    this.film.video.play().catch(() => this.#say());
  }

  /** Browsers play forwards only: backwards is seeking, by the clock, to where the film would be. */
  #playBackwards() {
    const run = (this.#backwards = performance.now());
    const { film } = this;
    const [from, to] = this.span;
    let [start, since] = [film.frame <= from ? to : film.frame, run];
    const turn = (now) => {
      if (this.#backwards !== run) return;
      const gone = Math.max(0, now - since) / 1000;
      const target = start - Math.floor(gone * film.rate * this.speed);
      if (target > from) film.seek(target);
      else if (this.loop) [start, since] = [to, now];
      else {
        film.seek(from);
        return this.pause();
      }
      requestAnimationFrame(turn);
    };
    requestAnimationFrame(turn);
  }

  #stopBackwards() {
    this.#backwards = 0;
  }

  #say() {
    this.film.video.loop = this.loop && !this.marked;
    this.dispatchEvent(new CustomEvent("change"));
  }
}
