/** Everything that belongs to one user: their view of the server, their hub connection, and what is shown of both. */

import { Actions, selectionTitle } from "./actions.js";
import { Api } from "./api.js";
import { listenForChanges } from "./changes.js";
import { showConnection } from "./connection.js";
import { Detail } from "./detail.js";
import { $, debounce, fill, h, icon } from "./dom.js";
import { versionName } from "./format.js";
import { Hub } from "./hub.js";
import { Jobs } from "./jobs.js";
import { PublishDialog } from "./publish_dialog.js";
import { announce } from "./publishing.js";
import {
  loadContexts,
  loadProjects,
  loadVersion,
  loadVersionPlace,
  loadVersions,
  searchVersions,
} from "./queries.js";
import { buildNodes, idsBelow, pathOf, placeOf, rootOf, Tree } from "./tree.js";
import { Versions } from "./versions.js";

/** Changes come in bursts; each part of the page reads once after one. */
const SETTLE_MS = 150;
const TYPED_MS = 200;

export class Client {
  #stale = { versions: new Set(), tree: false, list: false, detail: false, jobs: false };
  #turn = 0;
  #listed = false;
  #live = true;
  #words = [];

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
      chosen: () => this.versions.selected.map(({ id }) => id),
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
    this.publishDialog = new PublishDialog({
      api: this.api,
      user,
      onPublished: (published) => void this.#published(published, toasts),
    });
    this.searchSoon = debounce(() => void this.loadVersions(), TYPED_MS);
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
    this.publishDialog.dispose();
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
    this.#words = [];
    $("search").value = "";
    $("publish-button").disabled = false;
    this.#showTitle();
    this.frame.closeBrowser();
    this.loading = this.loadVersions({ fresh: true });
  }

  #showTitle() {
    const node = this.tree.selected;
    const path = this.#words.length ? [rootOf(node).name, "Search"] : pathOf(node);
    const above = path.slice(0, -1).map((name) => `${name} / `);
    fill(
      $("stage-title"),
      above.length > 0 && h("span", { class: "crumb-above" }, above.join("")),
      h("span", { class: "crumb" }, path.at(-1)),
    );
  }

  /** Over the whole project, wherever in it one is; with no words the place is shown again. */
  search(text) {
    if (!this.tree.selected) return;
    this.#words = text.toLowerCase().split(/\s+/).filter(Boolean);
    this.#showTitle();
    this.searchSoon();
  }

  publish(files = []) {
    if (this.tree.selected) void this.publishDialog.open(placeOf(this.tree.selected), files);
  }

  async #published(published, toasts) {
    const { versionId } = published;
    await announce(this, published).catch((error) => toasts.show(error.message, { success: false }));
    await this.loadVersions();
    this.versions.choose(versionId);
    const version = this.versions.current;
    if (version?.id === versionId) toasts.show(`${versionName(version)} is published.`);
  }

  async loadVersions({ fresh = false } = {}) {
    const node = this.tree.selected;
    if (!node) return;
    const turn = ++this.#turn;
    if (fresh) {
      this.#listed = false;
      this.versions.showLoading();
    }
    const words = this.#words;
    try {
      const where = node.kind === "Task" ? { taskId: node.id } : { contextIds: idsBelow(node) };
      const versions = words.length
        ? await searchVersions(this.api, rootOf(node).id, words)
        : await loadVersions(this.api, where);
      if (turn !== this.#turn) return;
      this.versions.show(versions, words);
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
    listenForChanges(hub, {
      user: this.user,
      versions: this.versions,
      detail: this.detail,
      jobs: this.jobs,
      mark: (...parts) => this.#mark(...parts),
      markVersion: (id) => this.#stale.versions.add(id),
    });
  }

  #mark(...parts) {
    for (const part of parts) this.#stale[part] = true;
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
