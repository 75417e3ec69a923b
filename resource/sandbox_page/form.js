/** A form as an action describes it: items in order, each a labelled field; `values()` gives what goes back. */

import { h, uniqueId } from "./dom.js";
import { renderRichText } from "./richtext.js";

const EXPLAINED = /^(.{1,60}?) [–—] (.+)$/;
/** Beyond it a list to pick from is easier. */
const MOST_EXPLAINED = 24;

/** Each builder gives the element to show and, for fields with a name, how to read the value. */
const BUILDERS = { label, text, textarea, number, date, boolean, enumerator, hidden };

export function buildForm(items, previous = {}, { mistakes = new Set() } = {}) {
  const host = h("div", { class: "form-items" });
  const readers = new Map();
  for (const item of items) {
    const build = BUILDERS[item.type] ?? unknown;
    const value = item.value === undefined && item.name in previous ? previous[item.name] : item.value;
    const { element, read } = build(item, value);
    if (mistakes.has(item)) element.classList.add("notice", "notice-error");
    if (element) host.append(element);
    if (read && item.name) readers.set(item.name, read);
  }
  const values = () => Object.fromEntries([...readers].map(([name, read]) => [name, read()]));
  return { element: host, values };
}

/**
 * When the same fields come back, the labels that were not there before say what is wrong. Where others are gone it
 * is no correction but news, as of a list that is shown again; then only what warns. `earlier` mistakes may go.
 */
export function mistakesIn(items, before, earlier) {
  const fields = (list) => JSON.stringify(list.filter(({ name }) => name).map(({ name, type }) => [name, type]));
  if (!before || fields(items) !== fields(before)) return new Set();
  const texts = (list) => new Set(list.filter(isText).map(({ value }) => value));
  const [known, shown] = [texts(before), texts(items)];
  const stays = [...texts(before.filter((item) => !earlier.has(item)))].every((value) => shown.has(value));
  const isNew = (item) => isText(item) && !known.has(item.value);
  return new Set(items.filter((item) => isNew(item) && (stays || item.value.startsWith("⚠"))));
}

function isText({ type, value }) {
  return type === "label" && String(value ?? "").trim() !== "---";
}

function label(item, value) {
  const text = String(value ?? item.label ?? "");
  if (text.trim() === "---") return { element: h("hr", { class: "form-rule" }) };
  return { element: h("div", { class: "form-label", "data-testid": "form-label" }, renderRichText(text)) };
}

function field(item, control, read, { caption = item.label ?? item.name } = {}) {
  control.id = uniqueId("field");
  control.dataset.name = item.name ?? "";
  const element = h(
    "div",
    { class: "field" },
    h("label", { for: control.id, class: "field-label" }, captioned(caption)),
    control,
  );
  return { element, read };
}

/** `Name: a sentence of help.` is shown as a name with the help below. */
function captioned(caption) {
  const [, name, help] = /^([^:]{1,60}): (.+[.!?])$/.exec(caption ?? "") ?? [];
  return help
    ? [name, h("span", { class: "visually-hidden" }, ": "), h("span", { class: "field-help" }, help)]
    : caption;
}

function text(item, value) {
  const input = h("input", {
    type: "text",
    value: asText(value),
    placeholder: item.empty_text,
    autocomplete: "off",
  });
  return field(item, input, () => input.value);
}

function textarea(item, value) {
  const input = h("textarea", { rows: 3, value: asText(value), placeholder: item.empty_text });
  return field(item, input, () => input.value);
}

/** An emptied number goes back as null: there is no number to send. */
function number(item, value) {
  const input = h("input", { type: "number", step: "any", value: asText(value), placeholder: item.empty_text });
  return field(item, input, () => (Number.isNaN(input.valueAsNumber) ? null : input.valueAsNumber));
}

function date(item, value) {
  const input = h("input", { type: "date", value: asText(value).slice(0, 10) });
  return field(item, input, () => input.value);
}

function boolean(item, value) {
  const input = h("input", { type: "checkbox", checked: value === true || value === "true" });
  input.id = uniqueId("field");
  input.dataset.name = item.name ?? "";
  const caption = h("label", { for: input.id, class: "check-label" }, captioned(item.label ?? item.name));
  return { element: h("div", { class: "field field-check" }, input, caption), read: () => input.checked };
}

function enumerator(item, value) {
  const choices = Array.isArray(item.data) ? item.data : [];
  return item.multi_select ? several(item, choices, value) : one(item, choices, value);
}

function one(item, choices, value) {
  const chosen = choices.findIndex((choice) => choice.value === value);
  if (choices.some(({ label: text }) => EXPLAINED.test(text ?? "")) && choices.length <= MOST_EXPLAINED)
    return explained(item, choices, chosen);
  const options = choices.map((choice, index) =>
    h("option", { value: String(index) }, choice.label ?? String(choice.value)),
  );
  const none = chosen < 0 && h("option", { value: "" }, item.empty_text ?? "Choose…");
  const select = h("select", {}, none, options);
  select.value = chosen < 0 ? "" : String(chosen);
  return field(item, select, () => (select.value === "" ? null : choices[Number(select.value)].value));
}

/** Choices written as `Name – what it is for` are laid open, so that they can be compared before one is taken. */
function explained(item, choices, chosen) {
  const group = uniqueId("choice");
  const boxes = choices.map((choice, index) => {
    const [, name, help] = EXPLAINED.exec(choice.label ?? "") ?? [null, choice.label ?? String(choice.value), ""];
    const box = h("input", { type: "radio", name: group, value: String(index), checked: index === chosen });
    const text = h(
      "span",
      { class: "choice-text" },
      h("span", { class: "choice-name" }, name),
      help && h("span", { class: "choice-help" }, help),
    );
    return { box, row: h("label", { class: "choice" }, box, text) };
  });
  const element = h(
    "fieldset",
    { class: "field field-choices", "data-name": item.name },
    h("legend", { class: "field-label" }, captioned(item.label ?? item.name)),
    h(
      "div",
      { class: "choices choices-explained" },
      boxes.map(({ row }) => row),
    ),
  );
  return { element, read: () => choices[boxes.findIndex(({ box }) => box.checked)]?.value ?? null };
}

function several(item, choices, value) {
  const chosen = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
  const boxes = choices.map((choice) => {
    const box = h("input", { type: "checkbox", checked: chosen.includes(choice.value) });
    return {
      box,
      choice,
      row: h("label", { class: "choice" }, box, h("span", {}, choice.label ?? String(choice.value))),
    };
  });
  const element = h(
    "fieldset",
    { class: "field field-choices", "data-name": item.name },
    h("legend", { class: "field-label" }, captioned(item.label ?? item.name)),
    h(
      "div",
      { class: "choices" },
      boxes.map(({ row }) => row),
    ),
  );
  return { element, read: () => boxes.filter(({ box }) => box.checked).map(({ choice }) => choice.value) };
}

function hidden(item, value) {
  return { element: null, read: () => value };
}

function unknown(item, value) {
  const note = `This page cannot show a field of type "${item.type}".`;
  return {
    element: h("p", { class: "notice notice-error", role: "alert" }, note),
    read: item.name ? () => value : null,
  };
}

function asText(value) {
  return value === undefined || value === null ? "" : String(value);
}
