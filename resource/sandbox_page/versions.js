/** The versions of a place as an ARIA grid, shown as thumbnails or as a list. */

import { fill, h, placeholder, setText } from "./dom.js";
import { plural, versionName } from "./format.js";
import { Selection } from "./selection.js";
import { headings, VersionRow } from "./version_row.js";

const SORTS = {
  date: (a, b) => (b.date ?? 0) - (a.date ?? 0) || byName(a, b),
  name: byName,
  status: (a, b) => (a.status?.name ?? "").localeCompare(b.status?.name ?? "") || byName(a, b),
};

function byName(a, b) {
  return (
    (a.asset?.name ?? "").localeCompare(b.asset?.name ?? "", undefined, { numeric: true }) || b.version - a.version
  );
}

export class Versions {
  #rows = new Map();
  #order = [];
  #words = [];
  #sort = SORTS.date;

  constructor(host, { api, count, onSelect, onOpen, onMenu }) {
    Object.assign(this, { host, api, count, onSelect, onOpen, onMenu });
    this.selection = new Selection();
    this.heads = headings();
    this.body = h("div", { role: "rowgroup", class: "version-rows" });
    this.grid = h(
      "div",
      {
        class: "version-grid",
        role: "grid",
        "aria-label": "Versions",
        "aria-multiselectable": "true",
        "data-view": "grid",
        "data-testid": "versions",
      },
      h("div", { role: "rowgroup", class: "version-headgroup" }, this.heads),
      this.body,
    );
    this.grid.addEventListener("click", (event) => this.#click(event));
    this.grid.addEventListener(
      "dblclick",
      (event) =>
        this.#rowOf(event) && !event.target.closest(".version-pick") && this.onOpen(this.#rowOf(event).version),
    );
    this.grid.addEventListener("contextmenu", (event) => this.#contextMenu(event));
    this.grid.addEventListener("keydown", (event) => this.#key(event));
  }

  get selected() {
    return this.#order.filter((id) => this.selection.ids.has(id)).map((id) => this.#rows.get(id).version);
  }

  get current() {
    return this.#rows.get(this.selection.current)?.version ?? null;
  }

  has(id) {
    return this.#rows.has(id);
  }

  showLoading() {
    this.#forget();
    setText(this.count, "");
    fill(this.host, placeholder({ busy: true, title: "Loading versions…" }));
  }

  showError(sentence, retry) {
    this.#forget();
    setText(this.count, "");
    fill(
      this.host,
      placeholder({
        alert: true,
        name: "warning",
        title: "Versions could not be loaded",
        text: sentence,
        action: { label: "Try again", run: retry },
      }),
    );
  }

  /** `words` are what was searched for, if these were found so. */
  show(versions, words = []) {
    this.#words = words;
    const kept = new Set(versions.map(({ id }) => id));
    for (const id of [...this.#rows.keys()]) if (!kept.has(id)) this.#remove(id);
    for (const version of versions) this.#put(version);
    this.#arrange();
  }

  /** One version changed, came, or (null) went. */
  refresh(id, version) {
    if (version) this.#put(version);
    else this.#remove(id);
    this.#arrange();
    if (this.selection.current === id) this.onSelect();
  }

  setView(view) {
    this.grid.dataset.view = view;
  }

  setSort(name) {
    this.#sort = SORTS[name] ?? SORTS.date;
    this.#arrange();
  }

  choose(id) {
    if (!this.#rows.has(id)) return;
    this.selection.only(id);
    this.#mark();
    this.#rows.get(id).element.scrollIntoView({ block: "nearest" });
    this.onSelect();
  }

  focus() {
    const id = this.selection.current ?? this.#order[0];
    this.#rows.get(id)?.element.focus();
  }

  #forget() {
    this.#rows.clear();
    this.#order = [];
    this.selection.clear();
    this.selection.current = null;
    this.body.replaceChildren();
    this.onSelect();
  }

  #put(version) {
    const row = this.#rows.get(version.id);
    if (row) return row.update(version);
    const fresh = new VersionRow(version, this.api);
    fresh.element.dataset.id = version.id;
    fresh.element.dataset.name = versionName(version);
    this.#rows.set(version.id, fresh);
  }

  #remove(id) {
    this.#rows.get(id)?.element.remove();
    this.#rows.delete(id);
  }

  #arrange() {
    const rows = [...this.#rows.values()].sort((a, b) => this.#sort(a.version, b.version));
    this.#order = rows.map((row) => row.version.id);
    const chosen = this.selection.ids.size;
    this.selection.keepOnly(this.#order);
    this.#placeRows(rows.map((row) => row.element));
    setText(this.count, plural(rows.length, "version"));
    this.#show(rows.length ? this.grid : this.#emptyNote());
    this.#mark();
    if (this.selection.ids.size !== chosen) this.onSelect();
  }

  /** Elements already in place are not touched, so focus and hover stay. */
  #placeRows(wanted) {
    const there = [...this.body.children];
    if (there.length === wanted.length && there.every((element, index) => element === wanted[index])) return;
    const focused = document.activeElement;
    this.body.replaceChildren(...wanted);
    if (wanted.includes(focused)) focused.focus();
  }

  #show(element) {
    if (this.host.firstElementChild !== element || this.host.children.length > 1) fill(this.host, element);
  }

  #emptyNote() {
    if (!this.#words.length)
      return placeholder({
        name: "film",
        title: "No versions here yet",
        text: "A published version shows up by itself.",
      });
    return placeholder({
      name: "search",
      title: "Nothing found",
      text: `No version matches “${this.#words.join(" ")}”.`,
    });
  }

  #mark() {
    const stop = this.selection.current ?? this.#order[0];
    for (const [id, { element }] of this.#rows) {
      element.setAttribute("aria-selected", String(this.selection.ids.has(id)));
      element.tabIndex = id === stop ? 0 : -1;
    }
  }

  #changed({ focus = true } = {}) {
    this.#mark();
    if (focus) this.#rows.get(this.selection.current)?.element.focus({ preventScroll: false });
    this.onSelect();
  }

  #rowOf(event) {
    return this.#rows.get(event.target.closest("[role=row]")?.dataset.id) ?? null;
  }

  #click(event) {
    const row = this.#rowOf(event);
    if (!row) return;
    const { id } = row.version;
    const more = event.target.closest(".version-more");
    if (more) return this.#openMenu(id, menuPoint(more));
    if (event.target.closest(".version-pick") || event.ctrlKey || event.metaKey) this.selection.toggle(id);
    else if (event.shiftKey) this.selection.spanTo(id, this.#order);
    else {
      this.selection.only(id);
      this.onOpen(row.version, { quiet: true });
    }
    this.#changed();
  }

  #contextMenu(event) {
    const row = this.#rowOf(event);
    if (!row) return;
    event.preventDefault();
    const keyboard = event.button !== 2 && event.clientX === 0 && event.clientY === 0;
    this.#openMenu(row.version.id, keyboard ? menuPoint(row.element) : { x: event.clientX, y: event.clientY });
  }

  /** On a chosen row the menu is for all chosen ones, elsewhere for that row alone. */
  #openMenu(id, at) {
    if (!this.selection.ids.has(id)) this.selection.only(id);
    this.selection.current = id;
    this.#changed();
    this.onMenu(at);
  }

  #key(event) {
    const row = this.#rowOf(event);
    if (!row || event.altKey) return;
    const { id } = row.version;
    if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey))
      this.#openMenu(id, menuPoint(row.element));
    else if (event.key === "Enter") this.onOpen(row.version);
    else if (event.key === " ") this.#pick(id);
    else if (event.key === "Escape" && this.selection.ids.size) this.#unpick();
    else if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey)) this.#pickAll(id);
    else if (!this.#travel(event, id)) return;
    event.preventDefault();
  }

  #pick(id) {
    this.selection.toggle(id);
    this.#changed();
  }

  #unpick() {
    this.selection.clear();
    this.#changed();
  }

  #pickAll(id) {
    this.selection.all(this.#order);
    this.selection.current = id;
    this.#changed();
  }

  #travel(event, id) {
    const target = this.#target(event.key, id);
    if (target === undefined) return false;
    if (event.shiftKey) {
      this.selection.anchor ??= id;
      this.selection.spanTo(target, this.#order);
    } else if (event.ctrlKey || event.metaKey) this.selection.current = target;
    else this.selection.only(target);
    this.#changed();
    return true;
  }

  #target(key, id) {
    const index = this.#order.indexOf(id);
    const last = this.#order.length - 1;
    const columns = this.#columns();
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
    if (key === "Home") return this.#order[0];
    if (key === "End") return this.#order[last];
    if (!(key in steps)) return undefined;
    const next = index + steps[key];
    return this.#order[next < 0 || next > last ? index : next];
  }

  #columns() {
    const tops = this.#order.map((id) => this.#rows.get(id).element.offsetTop);
    return Math.max(1, tops.filter((top) => top === tops[0]).length);
  }
}

function menuPoint(element) {
  const box = element.getBoundingClientRect();
  return { x: box.left + Math.min(24, box.width / 2), y: box.top + Math.min(box.height, 40) };
}
