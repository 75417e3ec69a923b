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
    $("search").addEventListener("input", () => client()?.search($("search").value));
    $("sort").addEventListener("change", () => client()?.versions.setSort($("sort").value));
    $("actions-button").addEventListener("click", (event) => client()?.menuForSelection(event.currentTarget));
    fill($("publish-button"), icon("upload"));
    $("publish-button").addEventListener("click", () => client()?.publish());
    this.#listenForFiles();
    this.#listenForPanes();
  }

  get isNarrow() {
    return NARROW.matches;
  }

  applyTo(versions) {
    versions.setView(this.#view);
    versions.setSort($("sort").value);
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

  /** A file that is dropped on the versions is to be published there; beside it a browser would open it. */
  #listenForFiles() {
    const stage = $("versions");
    const carriesFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");
    addEventListener("dragover", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      stage.dataset.over = String(stage.contains(event.target));
    });
    stage.addEventListener("dragleave", ({ relatedTarget }) => {
      if (!stage.contains(relatedTarget)) stage.dataset.over = "false";
    });
    addEventListener("drop", (event) => {
      if (!carriesFiles(event) || event.defaultPrevented) return;
      event.preventDefault();
      stage.dataset.over = "false";
      if (stage.contains(event.target)) this.client()?.publish(event.dataTransfer.files);
    });
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
