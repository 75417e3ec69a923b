/** The components of a version: what each is and where, everything that is known of it, and its data. */

import { jsonObject } from "./component_data.js";
import { fill, h, icon, placeholder } from "./dom.js";
import { bytes, fullDate, plural, ranges, rateText } from "./format.js";

/** What a person wants to know first comes first. */
const LEDGER_WORDS = {
  preset: "Preset",
  at: "Made",
  notes: "Note",
  output: "Output",
  source_facts: "Source",
  source: "Source component",
  fingerprint: "Content of the source",
  options: "Option",
  location: "Location",
  version: "Encode Media",
  ffmpeg: "ffmpeg",
  job: "Job",
  plan: "Commands",
};
/** Long and for machines: that it can be made again is said, not how. */
const LEFT_OUT = new Set(["recipe", "seal"]);

export class Components {
  constructor({ api }) {
    this.api = api;
    this.element = h("section", { class: "components", "aria-label": "Components" });
  }

  showLoading() {
    fill(this.element, h("h3", {}, "Components"), h("p", { class: "quiet" }, "Loading…"));
  }

  showTrouble(sentence, retry) {
    const action = { label: "Try again", run: retry };
    const title = "Components could not be loaded";
    fill(
      this.element,
      h("h3", {}, "Components"),
      placeholder({ alert: true, name: "warning", title, text: sentence, action }),
    );
  }

  show(components) {
    const open = new Set([...this.element.querySelectorAll("details[open]")].map(({ dataset }) => dataset.id));
    const focused = document.activeElement?.closest(".component")?.dataset.name;
    const list = components.map((component) => this.#component(component, open.has(component.id)));
    const body = list.length
      ? h("ul", { class: "component-list", "data-testid": "components" }, list)
      : h("p", { class: "quiet" }, "This version has no components.");
    fill(this.element, h("h3", {}, "Components ", h("span", { class: "count" }, components.length)), body);
    list.find(({ dataset }) => dataset.name === focused)?.querySelector("summary").focus();
  }

  #component(component, open) {
    const { id, name } = component;
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
        h("div", { class: "component-more" }, sectionsOf(component).map(table)),
      ),
      component.onServer && this.#download(component),
    );
  }

  #download({ id, name, fileType }) {
    return h(
      "a",
      {
        class: "icon-button",
        href: this.api.componentUrl(id),
        download: `${name}${fileType}`,
        "aria-label": `Download ${name}`,
        title: `Download ${name}`,
      },
      icon("download"),
    );
  }
}

function summaryOf({ fileType, size, isSequence, frames, locations, facts }) {
  const span = frames.length ? ranges(frames) : null;
  return [
    fileType.replace(/^\./, "").toUpperCase(),
    isSequence && (span ? `${span} (${plural(frames.length, "frame")})` : "sequence"),
    facts.width && facts.height && `${facts.width} × ${facts.height}`,
    rateText(facts.rate),
    bytes(size),
    locations.map(({ name }) => name).join(", ") || "no location",
  ]
    .filter(Boolean)
    .join(" · ");
}

/** `[title, rows]`: where it is, how it was made, and what else is written on it. */
function sectionsOf({ id, locations, metadata, ledger }) {
  const places = locations.map(({ name, path, onServer }) => [name, onServer ? "on the server" : path]);
  const own = Object.entries(metadata).filter(([key]) => !(key === "encode_media" && ledger));
  return [
    ["Component", [...places, ["Id", id]]],
    ["Metadata", own.flatMap(([key, value]) => metadataRows(key, value))],
    ["How it was made", ledger ? ledgerRows(ledger) : []],
  ].filter(([, rows]) => rows.length);
}

/** A value that is JSON is a row for each of its parts. */
function metadataRows(key, text) {
  const value = jsonObject(text);
  return value ? Object.entries(value).map(([name, part]) => [`${key} ${name}`, shown(part)]) : [[key, text]];
}

function ledgerRows(ledger) {
  const keys = new Set([...Object.keys(LEDGER_WORDS), ...Object.keys(ledger)]);
  const rows = [...keys]
    .filter((key) => !LEFT_OUT.has(key) && !isEmpty(ledger[key]))
    .flatMap((key) => ledgerRow(LEDGER_WORDS[key] ?? key, key, ledger[key]));
  return [...rows, ["Made again", ledger.recipe ? "exactly" : "with the preset as it is then"]];
}

function ledgerRow(word, key, value) {
  if (key === "at") return [[word, fullDate(new Date(value * 1000))]];
  if (Array.isArray(value)) return value.map((part) => [word, shown(part)]);
  if (typeof value !== "object") return [[word, shown(value)]];
  return Object.entries(value)
    .filter(([, part]) => !isEmpty(part))
    .map(([name, part]) => [
      `${word} ${name.replace(/_/g, " ")}`,
      /^(size_)?bytes$/.test(name) ? bytes(part) : shown(part),
    ]);
}

function isEmpty(value) {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && !value.length);
}

function shown(value) {
  if (value === null || typeof value !== "object") return String(value);
  return Object.entries(value)
    .filter(([, part]) => !isEmpty(part))
    .map(([name, part]) => (Array.isArray(value) ? shown(part) : `${name.replace(/_/g, " ")} ${shown(part)}`))
    .join(", ");
}

function table([title, rows]) {
  return h(
    "table",
    { class: "facts-table" },
    h("caption", {}, title),
    h(
      "tbody",
      {},
      rows.map(([term, text]) => h("tr", {}, h("th", { scope: "row" }, term), h("td", {}, text))),
    ),
  );
}
