/** One version: a card in the thumbnail view and a line in the list, the same elements for both. */

import { h, icon, setText } from "./dom.js";
import { fullDate, personName, shortDate, versionName, versionNumber } from "./format.js";

const REVIEW = /^ftrackreview-(mp4|webm|image|pdf)/;

export class VersionRow {
  constructor(version, api) {
    this.api = api;
    this.parts = {
      image: h("img", { class: "thumb-image", alt: "", loading: "lazy", draggable: "false", hidden: true }),
      review: h("span", { class: "thumb-review", hidden: true, title: "Has review media" }, icon("play")),
      name: h("span", { class: "version-name" }),
      number: h("span", { class: "version-number" }),
      place: h("span", { class: "version-place" }),
      status: h("span", { class: "chip" }),
      user: h("span", { class: "version-user" }),
      date: h("time", { class: "version-date" }),
      more: h("button", { type: "button", class: "icon-button version-more", tabindex: -1 }, icon("more")),
      pick: h("span", { class: "version-pick", "aria-hidden": "true" }, icon("check")),
    };
    this.element = this.#build();
    this.update(version);
  }

  update(version) {
    this.version = version;
    const { name, number, place, status, user, date, more, review } = this.parts;
    setText(name, version.asset?.name ?? "version");
    setText(number, versionNumber(version.version));
    setText(place, [version.asset?.parent?.name, version.task?.name].filter(Boolean).join(" / "));
    setText(status, version.status?.name ?? "No status");
    if (/^#[0-9a-f]{3,8}$/i.test(version.status?.color ?? ""))
      status.style.setProperty("--chip", version.status.color);
    setText(user, personName(version.user));
    setText(date, shortDate(version.date));
    date.title = fullDate(version.date);
    more.setAttribute("aria-label", `Actions for ${versionName(version)}`);
    review.hidden = !(version.components ?? []).some((component) => REVIEW.test(component.name ?? ""));
    this.element.setAttribute("aria-label", this.#spoken(version, !review.hidden));
    this.#thumbnail(version.thumbnail_id);
  }

  #spoken(version, playable) {
    const parts = [
      versionName(version),
      version.asset?.parent?.name,
      version.status?.name,
      personName(version.user),
      shortDate(version.date),
    ];
    return [...parts, playable && "has review media"].filter(Boolean).join(", ");
  }

  #build() {
    const { image, review, name, number, place, status, user, date, more, pick } = this.parts;
    const cell = (style, ...children) => h("div", { role: "gridcell", class: `cell ${style}` }, children);
    return h(
      "div",
      { role: "row", class: "version", tabindex: -1, "aria-selected": "false", "data-testid": "version" },
      cell("cell-thumb", icon("image"), image, review, pick),
      cell("cell-name", h("span", { class: "version-title" }, name, " ", number), place),
      cell("cell-status", status),
      cell("cell-user", user),
      cell("cell-date", date),
      cell("cell-more", more),
    );
  }

  /** The new picture takes the old one's place only when it is there: nothing flashes. */
  #thumbnail(id) {
    const { image } = this.parts;
    if (image.dataset.component === (id ?? "")) return;
    image.dataset.component = id ?? "";
    if (!id) {
      image.hidden = true;
      image.removeAttribute("src");
      return;
    }
    const fresh = new Image();
    fresh.addEventListener("load", () => {
      if (image.dataset.component !== id) return;
      image.src = fresh.src;
      image.hidden = false;
    });
    fresh.src = this.api.thumbnailUrl(id);
  }
}

export function headings() {
  const head = (text, style) => h("div", { role: "columnheader", class: `cell ${style}` }, text);
  return h(
    "div",
    { role: "row", class: "version-heads" },
    head(h("span", { class: "visually-hidden" }, "Thumbnail"), "cell-thumb"),
    head("Version", "cell-name"),
    head("Status", "cell-status"),
    head("By", "cell-user"),
    head("Date", "cell-date"),
    head(h("span", { class: "visually-hidden" }, "Actions"), "cell-more"),
  );
}
