/** One version: its review, what it is, and its components. */

import { fill, h, icon, placeholder } from "./dom.js";
import { bytes, fullDate, personName, plural, ranges, rateText, versionName } from "./format.js";
import { Player } from "./player.js";
import { loadComponents } from "./queries.js";

const MOVIE = /^ftrackreview-(mp4(?:-(\d+))?|webm)$/;
const IMAGE = /^(ftrackreview-image(?:-high)?|thumbnail)$/;

export class Detail {
  #version = null;
  #player = null;
  #shownReview = "";
  #asked = 0;

  constructor(host, { api, onMenu, onClose }) {
    Object.assign(this, { host, api, onMenu, onClose });
    this.review = h("div", { class: "review", "data-testid": "review" });
    this.facts = h("dl", { class: "facts" });
    this.components = h("section", { class: "components", "aria-label": "Components" });
    this.#showNothing();
  }

  get versionId() {
    return this.#version?.id ?? null;
  }

  /** Another version, or fresh values of the same one. */
  show(version) {
    if (!version) return this.#showNothing();
    const same = this.#version?.id === version.id;
    this.#version = version;
    if (!same) this.#begin();
    this.#fillFacts();
    void this.reload();
  }

  async reload() {
    const version = this.#version;
    if (!version) return;
    const turn = ++this.#asked;
    try {
      const components = await loadComponents(this.api, version.id);
      if (turn !== this.#asked) return;
      this.#showReview(components);
      this.#showComponents(components);
    } catch (error) {
      if (turn === this.#asked) this.#showTrouble(error.message);
    }
  }

  focus() {
    this.host.querySelector(".player, .detail-close")?.focus();
  }

  dispose() {
    this.#player?.dispose();
    this.#player = null;
  }

  #showNothing() {
    this.#asked += 1;
    this.#version = null;
    this.#shownReview = "";
    this.dispose();
    fill(this.host, placeholder({ name: "film", title: "No version selected", text: "Select one to review it." }));
  }

  #begin() {
    this.dispose();
    this.#shownReview = "";
    fill(this.review, h("div", { class: "review-screen", "data-state": "loading" }));
    fill(this.components, h("h3", {}, "Components"), h("p", { class: "quiet" }, "Loading…"));
    fill(this.host, this.#head(), h("div", { class: "pane-body" }, this.review, this.facts, this.components));
  }

  #head() {
    const name = versionName(this.#version);
    return h(
      "div",
      { class: "pane-head" },
      h("h2", { "data-testid": "detail-title" }, name),
      h(
        "button",
        {
          type: "button",
          class: "button button-quiet detail-actions",
          "aria-haspopup": "menu",
          "data-testid": "detail-actions",
          onclick: (event) => this.#openMenu(event),
        },
        icon("bolt"),
        "Actions",
      ),
      h(
        "button",
        {
          type: "button",
          class: "icon-button detail-close",
          "aria-label": "Close version",
          onclick: this.onClose,
        },
        icon("close"),
      ),
    );
  }

  #openMenu(event) {
    const box = event.currentTarget.getBoundingClientRect();
    this.onMenu(this.#version, { x: box.left, y: box.bottom + 4 });
  }

  #fillFacts() {
    const { asset, task, status, user, date, comment } = this.#version;
    const rows = [
      ["Shot", asset?.parent?.name],
      ["Task", task?.name],
      ["Status", status?.name],
      ["By", personName(user)],
      ["Published", fullDate(date)],
      ["Comment", comment],
    ];
    fill(
      this.facts,
      rows
        .filter(([, text]) => text)
        .map(([term, text]) => h("div", { class: "fact" }, h("dt", {}, term), h("dd", {}, text))),
    );
  }

  /** The player is made anew only when the media is other: an update elsewhere must not stop playback. */
  #showReview(components) {
    const movies = components.filter(
      ({ name, onServer, review }) => MOVIE.test(name) && onServer && !review?.busy,
    );
    const images = components.filter(({ name, onServer }) => IMAGE.test(name) && onServer);
    const key = JSON.stringify([
      movies.map(({ id, metadata }) => [id, metadata.ftr_meta]),
      images.map(({ id }) => id),
      components.some(isBusy),
    ]);
    if (key === this.#shownReview) return;
    this.#shownReview = key;
    this.dispose();
    if (movies.length) this.#showMovies(movies);
    else if (images.length) this.#showImage(images);
    else this.#showNoReview(components.some(isBusy));
  }

  #showMovies(movies) {
    const poster = this.#version.thumbnail_id ? this.api.thumbnailUrl(this.#version.thumbnail_id, 960) : null;
    const renditions = movies.map((movie) => this.#rendition(movie)).sort((a, b) => a.order - b.order);
    this.#player = new Player({ renditions, poster, name: versionName(this.#version) });
    fill(this.review, this.#player.element);
  }

  #rendition({ id, name, review }) {
    const [, kind, rung] = MOVIE.exec(name);
    const height = review?.height ?? (rung ? Number(rung) : null);
    const label = kind === "webm" ? "WebM" : height ? `${height}p` : "MP4";
    const order = kind === "webm" ? Infinity : Number(rung ?? 0);
    return {
      label,
      order,
      url: this.api.componentUrl(id),
      rate: review?.rate,
      frames: review?.frames,
      width: review?.width,
      height: review?.height,
    };
  }

  #showImage(images) {
    const best = ["ftrackreview-image-high", "ftrackreview-image", "thumbnail"]
      .map((name) => images.find((image) => image.name === name))
      .find(Boolean);
    const image = h("img", {
      class: "review-image",
      src: this.api.componentUrl(best.id),
      alt: `Review of ${versionName(this.#version)}`,
      "data-testid": "review-image",
    });
    fill(this.review, h("div", { class: "review-screen" }, image));
  }

  #showNoReview(busy) {
    const [title, text] = busy
      ? ["The review is being made", "It shows up here as soon as it is there."]
      : ["No review media yet", "Right-click the version and choose Encode Media."];
    fill(
      this.review,
      h(
        "div",
        { class: "review-screen", "data-testid": "no-review" },
        placeholder({ name: busy ? "clock" : "film", title, text }),
      ),
    );
  }

  #showTrouble(sentence) {
    const again = { label: "Try again", run: () => void this.reload() };
    fill(
      this.components,
      h("h3", {}, "Components"),
      placeholder({
        alert: true,
        name: "warning",
        title: "Components could not be loaded",
        text: sentence,
        action: again,
      }),
    );
  }

  #showComponents(components) {
    const open = new Set(
      [...this.components.querySelectorAll("details[open]")].map((element) => element.dataset.id),
    );
    const list = components.map((component) => this.#component(component, open.has(component.id)));
    const body = list.length
      ? h("ul", { class: "component-list", "data-testid": "components" }, list)
      : h("p", { class: "quiet" }, "This version has no components.");
    fill(this.components, h("h3", {}, "Components ", h("span", { class: "count" }, components.length)), body);
  }

  #component(component, open) {
    const { id, name, locations, metadata } = component;
    const download =
      component.onServer &&
      h(
        "a",
        {
          class: "icon-button",
          href: this.api.componentUrl(id),
          download: `${name}${component.fileType}`,
          "aria-label": `Download ${name}`,
          title: `Download ${name}`,
        },
        icon("download"),
      );
    const rows = [
      ...locations.filter(({ onServer, path }) => !onServer && path).map(({ name: place, path }) => [place, path]),
      ...Object.entries(metadata).map(([key, value]) => [key, value]),
      ["id", id],
    ];
    return h(
      "li",
      { class: "component", "data-testid": "component", "data-name": name },
      h(
        "details",
        { "data-id": id, open },
        h(
          "summary",
          {},
          icon("chevron"),
          h("span", { class: "component-name" }, name),
          h("span", { class: "component-facts" }, summaryOf(component)),
        ),
        h(
          "dl",
          { class: "component-more" },
          rows.map(([term, text]) => h("div", {}, h("dt", {}, term), h("dd", {}, pretty(text)))),
        ),
      ),
      download,
    );
  }
}

function isBusy({ review }) {
  return Boolean(review?.busy);
}

function summaryOf({ fileType, size, isSequence, frames, locations, review }) {
  const span = frames.length ? ranges(frames) : null;
  return [
    fileType.replace(/^\./, "").toUpperCase(),
    isSequence && (span ? `${span} (${plural(frames.length, "frame")})` : "sequence"),
    review?.width && review?.height && `${review.width} × ${review.height}`,
    rateText(review?.rate),
    bytes(size),
    locations.map(({ name }) => name).join(", ") || "no location",
  ]
    .filter(Boolean)
    .join(" · ");
}

/** JSON is easier to read with blanks. */
function pretty(text) {
  try {
    const value = JSON.parse(text);
    if (value === null || typeof value !== "object" || Array.isArray(value)) return String(text);
    return Object.entries(value)
      .map(([key, item]) => `${key}: ${typeof item === "object" ? JSON.stringify(item) : item}`)
      .join(", ");
  } catch {
    return String(text);
  }
}
