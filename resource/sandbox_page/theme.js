/** Light, dark, or as the system has it; remembered in this browser. */

import { fill, icon } from "./dom.js";

const KEY = "encode-media.theme";
const MODES = { auto: ["system", "As the system"], light: ["sun", "Light"], dark: ["moon", "Dark"] };
const NEXT = { auto: "light", light: "dark", dark: "auto" };

export function setUpTheme(button) {
  let mode = localStorage.getItem(KEY) ?? "auto";
  const apply = () => {
    const [name, label] = MODES[mode] ?? MODES.auto;
    document.documentElement.dataset.theme = mode;
    button.setAttribute("aria-label", `Colours: ${label}`);
    button.title = `Colours: ${label}`;
    fill(button, icon(name));
  };
  button.addEventListener("click", () => {
    mode = NEXT[mode] ?? "auto";
    localStorage.setItem(KEY, mode);
    apply();
  });
  apply();
}
