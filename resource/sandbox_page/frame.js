/** The frame around the parts: tools of the bar, and the panes that slide over each other on a narrow page. */

import { $, fill, icon } from "./dom.js";
import { setUpTheme } from "./theme.js";

const VIEW_KEY = "encode-media.view";
const NARROW = matchMedia("(max-width: 1020px)");

export class Frame {
  /** `client()` gives who works at the moment. */
  constructor(client) {
    this.client = client;
    setUpTheme($("theme-button"));
    fill($("browse-button"), icon("menu"));
    fill($("browser-close"), icon("close"));
    fill($("actions-button"), icon("bolt"), "Actions");
    for (const view of ["grid", "list"]) {
      fill($(`view-${view}`), icon(view));
      $(`view-${view}`).addEventListener("click", () => this.#setView(view));
    }
    this.#setView(this.#view);
    $("search").addEventListener("input", () => client()?.versions.setSearch($("search").value));
    $("sort").addEventListener("change", () => client()?.versions.setSort($("sort").value));
    $("actions-button").addEventListener("click", (event) => client()?.menuForSelection(event.currentTarget));
    this.#listenForPanes();
  }

  get isNarrow() {
    return NARROW.matches;
  }

  applyTo(versions) {
    versions.setView(this.#view);
    versions.setSort($("sort").value);
    versions.setSearch($("search").value);
  }

  openDetail() {
    $("workspace").dataset.detail = "open";
  }

  closeDetail() {
    $("workspace").dataset.detail = "closed";
    this.client()?.versions.focus();
  }

  closeBrowser() {
    $("workspace").dataset.browser = "closed";
    $("browse-button").setAttribute("aria-expanded", "false");
  }

  get #view() {
    return localStorage.getItem(VIEW_KEY) === "list" ? "list" : "grid";
  }

  #setView(view) {
    localStorage.setItem(VIEW_KEY, view);
    for (const name of ["grid", "list"]) $(`view-${name}`).setAttribute("aria-pressed", String(name === view));
    this.client()?.versions.setView(view);
  }

  #openBrowser() {
    $("workspace").dataset.browser = "open";
    $("browse-button").setAttribute("aria-expanded", "true");
    $("tree-host").querySelector("[tabindex='0']")?.focus();
  }

  #listenForPanes() {
    const isOpen = (pane) => $("workspace").dataset[pane] === "open";
    $("browse-button").addEventListener("click", () =>
      isOpen("browser") ? this.closeBrowser() : this.#openBrowser(),
    );
    $("browser-close").addEventListener("click", () => {
      this.closeBrowser();
      $("browse-button").focus();
    });
    addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.isNarrow || event.defaultPrevented) return;
      if (isOpen("browser")) this.closeBrowser();
      else if (isOpen("detail")) this.closeDetail();
    });
  }
}
