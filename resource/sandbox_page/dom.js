/** Building elements without ever parsing a string as markup: whatever comes from the server stays text. */

const SVG = "http://www.w3.org/2000/svg";

/** Paths drawn on a 16 × 16 grid, stroked with the current text colour. */
const ICONS = {
  project: ["M2 5.5h12v8H2z", "M5.5 5.5V3h5v2.5"],
  sequence: ["M2 3.5h12v9H2z", "M5 3.5v9M11 3.5v9M2 8h12"],
  shot: ["M2 6.5h12v7H2z", "M2 6.5 13.5 3M5.5 5.5l1.6-1M9.2 4.4l1.6-1"],
  task: ["M3 3h10v10H3z", "M5.5 8l1.8 1.8L10.7 6.2"],
  folder: ["M2 4h4.5L8 5.5h6v8H2z"],
  chevron: ["M6 4l4 4-4 4"],
  down: ["M4 6l4 4 4-4"],
  close: ["M4 4l8 8M12 4l-8 8"],
  menu: ["M2.5 4.5h11M2.5 8h11M2.5 11.5h11"],
  more: ["M8 3.2v.1M8 8v.1M8 12.8v.1"],
  grid: ["M2.5 2.5h4.5v4.5H2.5zM9 2.5h4.5v4.5H9zM2.5 9h4.5v4.5H2.5zM9 9h4.5v4.5H9z"],
  list: ["M2.5 4h1M2.5 8h1M2.5 12h1M6 4h7.5M6 8h7.5M6 12h7.5"],
  sun: [
    "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
    "M8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9",
  ],
  moon: ["M13 9.6A5.6 5.6 0 0 1 6.4 3 5.6 5.6 0 1 0 13 9.6z"],
  system: ["M2 3h12v8H2z", "M5.5 13.5h5"],
  play: ["M5 3.2v9.6l7.6-4.8z"],
  pause: ["M5.5 3.5v9M10.5 3.5v9"],
  stepBack: ["M11 3.5 5.5 8l5.5 4.5z", "M3.5 3.5v9"],
  stepForward: ["M5 3.5 10.5 8 5 12.5z", "M12.5 3.5v9"],
  first: ["M12.5 3.5 8 8l4.5 4.5zM7.5 3.5 3 8l4.5 4.5z"],
  last: ["M3.5 3.5 8 8l-4.5 4.5zM8.5 3.5 13 8l-4.5 4.5z"],
  loop: ["M3 8V7a3 3 0 0 1 3-3h6", "M10 2l2.2 2L10 6", "M13 8v1a3 3 0 0 1-3 3H4", "M6 14l-2.2-2L6 10"],
  muted: ["M2.5 6v4H5l3.5 3V3L5 6z", "M11 6.2l3 3.6M14 6.2l-3 3.6"],
  sound: ["M2.5 6v4H5l3.5 3V3L5 6z", "M11 5.6a3.4 3.4 0 0 1 0 4.8M12.8 3.8a6 6 0 0 1 0 8.4"],
  fullscreen: ["M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10"],
  download: ["M8 2.5v7.5M4.8 7 8 10.2 11.2 7M3 13.5h10"],
  image: ["M2 3h12v10H2z", "M2 11l3.5-3.5 3 3L11 8l3 3", "M10.5 5.8v.1"],
  film: ["M2 3.5h12v9H2z", "M6.8 6v4l3.4-2z"],
  bolt: ["M8.8 1.8 3.5 9H8l-.8 5.2L12.5 7H8z"],
  check: ["M3.2 8.4 6.6 11.8 12.8 4.6"],
  cross: ["M4.2 4.2l7.6 7.6M11.8 4.2l-7.6 7.6"],
  clock: ["M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2z", "M8 5v3.2l2 1.4"],
  info: ["M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2z", "M8 7.4v3.4M8 5v.1"],
  warning: ["M8 2.4 14.2 13H1.8z", "M8 6.4v3.2M8 11.2v.1"],
  spinner: ["M8 2.2a5.8 5.8 0 1 1-5.8 5.8"],
  search: ["M7 2.8a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 0 0 0-8.4z", "M10.2 10.2l3.2 3.2"],
  markIn: ["M10 2.5H5.5v11H10"],
  markOut: ["M6 2.5h4.5v11H6"],
  markClear: ["M6 2.5H2.5v11H6M10 2.5h3.5v11H10M5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4"],
  events: ["M2 8h2.5L6.5 3l3 10 2-5H14"],
  bell: ["M4 11.5V7a4 4 0 0 1 8 0v4.5M2.5 11.5h11", "M6.8 13.8h2.4"],
  upload: ["M8 10.5V3M4.8 6 8 2.8 11.2 6M3 13.5h10"],
  plug: ["M5.5 2.5v3M10.5 2.5v3M4 5.5h8v2.3a4 4 0 0 1-8 0zM8 11.8v2"],
};

const FILLED = new Set(["play"]);

export const $ = (id) => document.getElementById(id);

/** One element; `on…` properties are listeners, `style` goes through the object model, the rest
 * are attributes, of which those for machines (`aria-`, `data-`) say true and false in words. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    const spoken = name.startsWith("aria-") || name.startsWith("data-");
    if (value === undefined || value === null || (value === false && !spoken)) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2).toLowerCase(), value);
    else if (name === "style")
      for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
    else if (name === "value" || name === "checked" || name === "selected") element[name] = value;
    else element.setAttribute(name, value === true && !spoken ? "" : String(value));
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `icon icon-${name}`);
  for (const d of ICONS[name] ?? ICONS.info) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    if (FILLED.has(name)) path.setAttribute("fill", "currentColor");
    svg.append(path);
  }
  return svg;
}

export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** Sets text only when it differs: an untouched live region is not read out again. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A message in the place of content: empty, loading and error states look and read alike everywhere. */
export function placeholder({ name, title, text, action, busy = false, alert = false }) {
  return h(
    "div",
    {
      class: "placeholder",
      role: alert ? "alert" : "status",
      "data-state": alert ? "error" : busy ? "loading" : "empty",
    },
    icon(busy ? "spinner" : (name ?? "info")),
    h("p", { class: "placeholder-title" }, title),
    text && h("p", {}, text),
    action && h("button", { type: "button", class: "button", onclick: action.run }, action.label),
  );
}

/** Calls `run` once, `delay` milliseconds after the last of a burst of calls. */
export function debounce(run, delay) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...values), delay);
  };
}

let counter = 0;
export function uniqueId(prefix) {
  counter += 1;
  return `${prefix}-${counter}`;
}
