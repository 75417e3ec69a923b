/** Everything that belongs to one user: their view of the server, their hub connection, and what is shown of both. */

import { Actions, selectionTitle } from "./actions.js";
import { Api } from "./api.js";
import { showConnection } from "./connection.js";
import { Detail } from "./detail.js";
import { $, debounce, fill, h, icon } from "./dom.js";
import { versionName } from "./format.js";
import { Hub } from "./hub.js";
import { Jobs } from "./jobs.js";
import { loadContexts, loadProjects, loadVersion, loadVersionPlace, loadVersions } from "./queries.js";
import { buildNodes, idsBelow, pathOf, Tree } from "./tree.js";
import { Versions } from "./versions.js";

/** Changes come in bursts; each part of the page reads once after one. */
const SETTLE_MS = 150;

export class Client {
  #stale = { versions: new Set(), tree: false, list: false, detail: false, jobs: false };
  #turn = 0;
  #listed = false;
  #live = true;

  constructor({ session, user, frame, menu, dialog, toasts }) {
    Object.assign(this, { user, frame, menu, dialog });
    const shared = { origin: location.origin, apiKey: session.api_key };
    this.api = new Api({ ...shared, username: user.username });
    this.hub = new Hub({ ...shared, user });
    this.actions = new Actions({ hub: this.hub, menu, dialog, toasts });
    this.tree = new Tree($("tree-host"), {
      onSelect: (node) => this.#openNode(node),
      onMenu: (node, at) => this.#nodeMenu(node, at),
    });
    this.detail = new Detail($("detail"), {
      api: this.api,
      onClose: () => frame.closeDetail(),
      onMenu: (version, at) => this.#menu([version], at),
    });
    this.versions = new Versions($("versions-host"), {
      api: this.api,
      count: $("stage-count"),
      onSelect: () => this.#selected(),
      onOpen: (version, how) => this.open(version, how),
      onMenu: (at) => this.#menu(this.versions.selected, at),
    });
    this.jobs = new Jobs($("jobs"), {
      api: this.api,
      userId: user.id,
      onCancel: (jobId) => this.actions.cancel(jobId),
    });
    this.jobs.setOpen(!frame.isNarrow);
    this.showDetail = debounce(() => this.detail.show(this.versions.current), 60);
    this.refresh = debounce(() => void this.#refresh(), SETTLE_MS);
    this.#listen();
  }

  async start() {
    this.frame.applyTo(this.versions);
    void this.hub.connect();
    void this.jobs.reload();
    await this.load();
  }

  async load() {
    if (await this.loadTree()) await this.#openFromAddress();
  }

  stop() {
    this.#live = false;
    this.#turn += 1;
    this.hub.close();
    this.detail.dispose();
    this.menu.close({ restoreFocus: false });
    this.dialog.close();
  }

  async loadTree() {
    this.tree.showLoading();
    try {
      const projects = await loadProjects(this.api);
      const contexts = await Promise.all(projects.map(async ({ id }) => [id, await loadContexts(this.api, id)]));
      if (this.#live) this.tree.show(buildNodes(projects, new Map(contexts)));
      return this.#live;
    } catch (error) {
      if (this.#live && !this.tree.roots.length) this.#showNothing(error.message);
      return false;
    }
  }

  #showNothing(sentence) {
    const again = () => void this.load();
    this.tree.showError(sentence, again);
    this.versions.showError(sentence, again);
  }

  async #openFromAddress() {
    const wanted = new URLSearchParams(location.hash.slice(1)).get("version");
    const place = wanted ? await loadVersionPlace(this.api, wanted).catch(() => null) : null;
    const node = this.tree.find(place?.id) ?? this.tree.roots[0];
    if (!node) return this.versions.show([]);
    this.tree.select(node);
    await this.loading;
    if (wanted && this.versions.has(wanted)) this.versions.choose(wanted);
  }

  #openNode(node) {
    const above = pathOf(node.parent).map((name) => `${name} / `);
    fill(
      $("stage-title"),
      above.length > 0 && h("span", { class: "crumb-above" }, above.join("")),
      h("span", { class: "crumb" }, node.name),
    );
    this.frame.closeBrowser();
    this.loading = this.loadVersions({ fresh: true });
  }

  async loadVersions({ fresh = false } = {}) {
    const node = this.tree.selected;
    if (!node) return;
    const turn = ++this.#turn;
    if (fresh) {
      this.#listed = false;
      this.versions.showLoading();
    }
    try {
      const where = node.kind === "Task" ? { taskId: node.id } : { contextIds: idsBelow(node) };
      const versions = await loadVersions(this.api, where);
      if (turn !== this.#turn) return;
      this.versions.show(versions);
      this.#listed = true;
    } catch (error) {
      if (turn !== this.#turn) return;
      if (!this.#listed) this.versions.showError(error.message, () => void this.loadVersions({ fresh: true }));
      else this.#keepStaleList(error);
    }
  }

  /** A list that was read once is better than none: it stays, and is read again with the next change or connection. */
  #keepStaleList(error) {
    this.#stale.list = true;
    console.warn("The versions could not be read again.", error);
  }

  /** A quiet opening is a plain click: on a narrow page it shows the version, on a wide one it is there already. */
  open(version, { quiet = false } = {}) {
    this.frame.openDetail();
    if (quiet && !this.frame.isNarrow) return;
    this.detail.show(version);
    this.detail.focus();
  }

  #selected() {
    const { selected, current } = this.versions;
    const button = $("actions-button");
    button.disabled = !selected.length;
    fill(button, icon("bolt"), "Actions", selected.length > 1 && h("span", { class: "pill" }, selected.length));
    rememberVersion(current?.id);
    this.showDetail();
  }

  #menu(versions, at) {
    if (!versions.length) return;
    const selection = versions.map(({ id }) => ({ entityId: id, entityType: "assetversion" }));
    this.actions.openMenu({ selection, title: selectionTitle(versions.map(versionName)), at });
  }

  menuForSelection(button) {
    const box = button.getBoundingClientRect();
    button.setAttribute("aria-expanded", "true");
    const selection = this.versions.selected.map(({ id }) => ({ entityId: id, entityType: "assetversion" }));
    const title = selectionTitle(this.versions.selected.map(versionName));
    this.actions.openMenu({
      selection,
      title,
      at: { x: box.left, y: box.bottom + 4 },
      onClose: () => button.setAttribute("aria-expanded", "false"),
    });
  }

  #nodeMenu(node, at) {
    this.actions.openMenu({
      selection: [{ entityId: node.id, entityType: node.entityType }],
      title: node.name,
      at,
    });
  }

  #listen() {
    const { hub } = this;
    hub.addEventListener("state", () => this.#live && showConnection(hub));
    showConnection(hub);
    hub.addEventListener("connected", () => this.#mark("tree", "list", "detail", "jobs"));
    hub.subscribe("ftrack.update", (data) => this.#updated(data));
    hub.subscribe("ftrack.location.component-added", () => this.#mark("detail"));
    hub.subscribe(
      "encode-media.progress",
      (data) => this.jobs.progress(data) || (this.#isMine(data) && this.#mark("jobs")),
    );
    hub.subscribe("encode-media.result", (data) => {
      this.jobs.result(data);
      this.#mark("jobs");
      if (data.versionId) this.#stale.versions.add(data.versionId);
      if (data.versionId === this.detail.versionId) this.#mark("detail");
    });
  }

  #isMine({ user }) {
    const names = [this.user.id, this.user.username];
    return !user || names.includes(user) || names.includes(user.id) || names.includes(user.username);
  }

  #mark(...parts) {
    for (const part of parts) this.#stale[part] = true;
    this.refresh();
  }

  #updated(data) {
    for (const entity of data.entities ?? []) {
      const type = String(entity.entityType ?? "").toLowerCase();
      if (type === "job" || type === "jobcomponent") this.#mark("jobs");
      else if (type === "assetversion") this.#versionUpdated(entity);
      else if (type === "task" || type === "show") this.#mark("tree");
      else if (type.includes("component") || type === "metadata") this.#componentUpdated(entity);
    }
  }

  /** Review media shows on the version as well: the one that owns the component is read again. */
  #componentUpdated(entity) {
    const owner = [entity.parentId, ...(entity.parents ?? []).map(({ entityId }) => entityId)].find((id) =>
      this.versions.has(id),
    );
    if (owner) this.#stale.versions.add(owner);
    this.#mark("detail");
  }

  #versionUpdated({ entityId, action }) {
    if (action === "add" && !this.versions.has(entityId)) return this.#mark("list");
    this.#stale.versions.add(entityId);
    if (entityId === this.detail.versionId) this.#mark("detail");
    this.refresh();
  }

  async #refresh() {
    const stale = this.#stale;
    this.#stale = { versions: new Set(), tree: false, list: false, detail: false, jobs: false };
    if (!this.#live || !this.hub.connected) return;
    if (stale.jobs) void this.jobs.reload();
    if (stale.tree && (await this.loadTree()) && !this.tree.selected) await this.#openFromAddress();
    if (stale.list) await this.loadVersions();
    else await this.#refreshVersions(stale.versions);
    if (stale.detail) await this.detail.reload();
    if (stale.detail && this.detail.versionId) await this.#refreshVersions(new Set([this.detail.versionId]));
  }

  async #refreshVersions(ids) {
    for (const id of ids) {
      if (!this.versions.has(id)) continue;
      try {
        const version = await loadVersion(this.api, id);
        if (this.#live) this.versions.refresh(id, version);
      } catch (error) {
        console.warn("A version could not be read again.", error);
      }
    }
  }
}

function rememberVersion(id) {
  const hash = id ? `#version=${encodeURIComponent(id)}` : "";
  if (hash && location.hash !== hash) history.replaceState(null, "", hash);
}
