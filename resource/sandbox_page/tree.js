/** Projects, sequences, shots and tasks as an ARIA tree: one tab stop, arrow keys inside. */

import { fill, h, icon, placeholder } from "./dom.js";

const KIND_ICONS = { Project: "project", Sequence: "sequence", Shot: "shot", Task: "task" };
const TYPED_WORD_MS = 700;

export class Tree {
  #rows = new Map();
  #expanded = new Set();
  #focused = null;
  #typed = { text: "", at: 0 };

  constructor(host, { onSelect, onMenu }) {
    this.host = host;
    this.onSelect = onSelect;
    this.onMenu = onMenu;
    this.roots = [];
    this.selected = null;
    this.list = h("ul", { class: "tree", role: "tree", "aria-label": "Projects", "data-testid": "tree" });
    this.list.addEventListener("keydown", (event) => this.#key(event));
  }

  showLoading() {
    if (!this.roots.length) fill(this.host, placeholder({ busy: true, title: "Loading projects…" }));
  }

  showError(sentence, retry) {
    fill(
      this.host,
      placeholder({
        alert: true,
        name: "plug",
        title: "No projects",
        text: sentence,
        action: { label: "Try again", run: retry },
      }),
    );
  }

  /** Shows the nodes; what was open and chosen stays so where it still exists. */
  show(roots) {
    const first = !this.roots.length;
    this.roots = roots;
    if (first && roots[0]) this.#expandAll(roots[0]);
    this.#render();
    const kept = this.selected && this.find(this.selected.id);
    this.selected = kept ?? null;
    this.#mark();
  }

  find(id) {
    return this.#all().find((node) => node.id === id) ?? null;
  }

  select(node) {
    for (let above = node.parent; above; above = above.parent) this.#expanded.add(above.id);
    this.selected = node;
    this.#focused = node.id;
    this.#render();
    this.#mark();
    this.onSelect(node);
  }

  #all() {
    const walk = (nodes) => nodes.flatMap((node) => [node, ...walk(node.children)]);
    return walk(this.roots);
  }

  #expandAll(root) {
    this.#expanded.add(root.id);
    for (const child of root.children) if (child.kind === "Sequence") this.#expanded.add(child.id);
  }

  #render() {
    const hadFocus = this.list.contains(document.activeElement);
    this.#rows.clear();
    if (!this.roots.length)
      return fill(
        this.host,
        placeholder({ name: "project", title: "No projects", text: "Nothing here for this user." }),
      );
    fill(this.list, this.#items(this.roots, 1));
    if (this.list.parentElement !== this.host) fill(this.host, this.list);
    const stop = this.#rows.get(this.#focused) ?? this.#rows.values().next().value;
    stop.tabIndex = 0;
    if (hadFocus) stop.focus();
  }

  /** Flat in the document, nested by `aria-level`: a row's text is then its name and nothing else. */
  #items(nodes, level) {
    return nodes.flatMap((node, index) => {
      const item = this.#item(node, level, { position: index + 1, size: nodes.length });
      return [item, ...(this.#expanded.has(node.id) ? this.#items(node.children, level + 1) : [])];
    });
  }

  #item(node, level, { position, size }) {
    const open = this.#expanded.has(node.id);
    const branch = node.children.length > 0;
    const twist = h("span", { class: "tree-twist", "aria-hidden": "true" }, branch && icon("chevron"));
    const row = h(
      "div",
      { class: "tree-row", style: { "--level": level } },
      twist,
      icon(KIND_ICONS[node.kind] ?? "folder"),
      h("span", { class: "tree-name" }, node.name, h("span", { class: "visually-hidden" }, `, ${node.kind}`)),
    );
    const item = h(
      "li",
      {
        role: "treeitem",
        tabindex: -1,
        "aria-level": level,
        "aria-posinset": position,
        "aria-setsize": size,
        "aria-expanded": branch ? open : null,
        "aria-selected": "false",
        "data-id": node.id,
        "data-name": node.name,
        "data-testid": "tree-item",
      },
      row,
    );
    twist.addEventListener("click", (event) => {
      event.stopPropagation();
      this.#toggle(node);
    });
    row.addEventListener("click", () => this.select(node));
    row.addEventListener("dblclick", () => this.#toggle(node));
    row.addEventListener("contextmenu", (event) =>
      this.#menu(event, node, { x: event.clientX, y: event.clientY }),
    );
    this.#rows.set(node.id, item);
    return item;
  }

  #mark() {
    for (const [id, item] of this.#rows) item.setAttribute("aria-selected", String(id === this.selected?.id));
  }

  #menu(event, node, at) {
    event.preventDefault();
    this.#focus(node.id);
    this.onMenu(node, at);
  }

  #toggle(node) {
    if (!node.children.length) return;
    if (!this.#expanded.delete(node.id)) this.#expanded.add(node.id);
    this.#render();
    this.#mark();
  }

  #focus(id) {
    const item = this.#rows.get(id);
    if (!item) return;
    for (const other of this.#rows.values()) other.tabIndex = -1;
    item.tabIndex = 0;
    item.focus();
    this.#focused = id;
  }

  #key(event) {
    const item = event.target.closest("[role=treeitem]");
    const node = item && this.find(item.dataset.id);
    if (!node || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) {
      const box = item.firstElementChild.getBoundingClientRect();
      this.#menu(event, node, { x: box.left + 40, y: box.bottom });
    } else if (this.#move(event.key, node)) event.preventDefault();
  }

  #move(key, node) {
    const ids = [...this.#rows.keys()];
    const index = ids.indexOf(node.id);
    const open = this.#expanded.has(node.id);
    this.#focused = node.id;
    if (key === "ArrowDown") this.#focus(ids[index + 1]);
    else if (key === "ArrowUp") this.#focus(ids[index - 1]);
    else if (key === "Home") this.#focus(ids[0]);
    else if (key === "End") this.#focus(ids.at(-1));
    else if (key === "ArrowRight") open ? this.#focus(node.children[0]?.id) : this.#toggle(node);
    else if (key === "ArrowLeft") open && node.children.length ? this.#toggle(node) : this.#focus(node.parent?.id);
    else if (key === "Enter" || key === " ") this.select(node);
    else if (key.length === 1) this.#jump(key, ids, index);
    else return false;
    return true;
  }

  #jump(key, ids, index) {
    const now = performance.now();
    const again = now - this.#typed.at < TYPED_WORD_MS;
    this.#typed = { text: (again ? this.#typed.text : "") + key.toLowerCase(), at: now };
    const order = [...ids.slice(index + (again ? 0 : 1)), ...ids.slice(0, index + 1)];
    this.#focus(order.find((id) => this.find(id).name.toLowerCase().startsWith(this.#typed.text)));
  }
}

/** Nodes from flat rows: each knows its parent, its children and every id below it. */
export function buildNodes(projects, contextsByProject) {
  return projects.map((project) => {
    const root = {
      id: project.id,
      name: project.full_name || project.name,
      kind: "Project",
      entityType: "show",
      parent: null,
      children: [],
    };
    const nodes = new Map([[root.id, root]]);
    const rows = contextsByProject.get(project.id) ?? [];
    for (const row of rows) {
      const kind = row.object_type?.name ?? row.__entity_type__;
      nodes.set(row.id, { id: row.id, name: row.name, kind, entityType: "task", parent: null, children: [] });
    }
    for (const row of rows) {
      const node = nodes.get(row.id);
      node.parent = nodes.get(row.parent_id) ?? root;
      node.parent.children.push(node);
    }
    return root;
  });
}

export function idsBelow(node) {
  return [node.id, ...node.children.flatMap(idsBelow)];
}

export function pathOf(node) {
  return node ? [...pathOf(node.parent), node.name] : [];
}

export function rootOf(node) {
  return node.parent ? rootOf(node.parent) : node;
}

/** Where a version goes that is published at a node: a task's own goes to what the task is of. */
export function placeOf(node) {
  const isTask = (one) => one.kind === "Task";
  const place = isTask(node) && node.parent ? node.parent : node;
  const tasks = place.children.filter(isTask).map(({ id, name }) => ({ id, name }));
  return { id: place.id, name: place.name, tasks, taskId: isTask(node) ? node.id : null };
}
