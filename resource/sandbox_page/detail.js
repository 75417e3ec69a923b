/** One version: its review, what it is, and its components. */

import { loadComponents, loadOtherMovies } from "./component_data.js";
import { Components } from "./components.js";
import { fill, h, icon, placeholder } from "./dom.js";
import { fullDate, personName, versionName } from "./format.js";
import { comparables, isMovie, MOVIE, renditionsOf } from "./media.js";
import { Player } from "./player.js";

const IMAGE = /^(ftrackreview-image(?:-high)?|thumbnail)$/;

export class Detail {
  #version = null;
  #player = null;
  #shownReview = "";
  #asked = 0;

  /** `chosen()` gives the ids of all selected versions: they come first where one is compared with another. */
  constructor(host, { api, chosen, onMenu, onClose }) {
    Object.assign(this, { host, api, chosen, onMenu, onClose });
    this.review = h("div", { class: "review", "data-testid": "review" });
    this.facts = h("dl", { class: "facts" });
    this.components = new Components({ api });
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
      this.components.show(components);
      if (this.#player) await this.#offerOthers(version, components, turn);
    } catch (error) {
      if (turn === this.#asked) this.components.showTrouble(error.message, () => void this.reload());
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
    // A player has controls below its screen: what follows must not be pushed down by them.
    const playable = (this.#version.components ?? []).some(({ name }) => MOVIE.test(name));
    fill(
      this.review,
      h("div", { class: "review-screen", "data-state": "loading" }),
      playable && h("div", { class: "player-room" }),
    );
    this.components.showLoading();
    const body = h("div", { class: "pane-body" }, this.review, this.facts, this.components.element);
    fill(this.host, this.#head(), body);
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
    const movies = components.filter(isMovie);
    const images = components.filter(({ name, onServer }) => IMAGE.test(name) && onServer);
    const key = JSON.stringify([
      movies.map(({ id, metadata, timecode }) => [id, metadata.ftr_meta, timecode]),
      images.map(({ id }) => id),
      components.some(isBusy),
    ]);
    if (key === this.#shownReview) return;
    this.#shownReview = key;
    this.dispose();
    if (movies.length) this.#showMovies(components);
    else if (images.length) this.#showImage(images);
    else this.#showNoReview(components.some(isBusy));
  }

  #showMovies(components) {
    const poster = this.#version.thumbnail_id ? this.api.thumbnailUrl(this.#version.thumbnail_id, 960) : null;
    const renditions = renditionsOf(components, this.api);
    this.#player = new Player({ renditions, poster, name: versionName(this.#version) });
    fill(this.review, this.#player.element);
  }

  async #offerOthers(version, components, turn) {
    const others = await loadOtherMovies(this.api, version, this.chosen());
    if (turn === this.#asked) this.#player?.comparison.offer(comparables(version, components, others, this.api));
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
}

function isBusy({ review }) {
  return Boolean(review?.busy);
}
