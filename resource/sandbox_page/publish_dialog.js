/** The publish dialog: what, where, for which task, and what becomes of it as review media. */

import { fill, h, icon, uniqueId } from "./dom.js";
import { bytes } from "./format.js";
import { componentNames, loadAssets, loadAssetTypes, PublishError, publishVersion, readPath } from "./publishing.js";
import { Shell } from "./shell.js";

const REVIEWS = [
  ["encode-media", "Encode Media", "As with Connect: the service makes the review media."],
  ["server", "ftrack", "The server's own encoder makes it, of an uploaded file."],
  ["none", "None", "Only the version and its components."],
];
const STARTING_TYPES = ["Upload", "Compositing", "Review"];

export class PublishDialog {
  #files = [];

  /** `onPublished({versionId, components, review})` is called with what was written. */
  constructor({ api, user, onPublished }) {
    Object.assign(this, { api, user, onPublished });
    this.shell = new Shell({ testid: "publish-dialog" });
  }

  dispose() {
    this.shell.close();
    this.shell.element.remove();
  }

  /** `place` is `{id, name, tasks: [{id, name}], taskId}`; `files` may be there already. */
  async open(place, files = []) {
    this.place = place;
    this.#files = [...files];
    this.assets = [];
    this.shell.open(`Publish to ${place.name}`, this.#build());
    this.#showFiles();
    (files.length ? this.assetName : this.picker).focus();
    try {
      const [assets, types] = await Promise.all([loadAssets(this.api, place.id), loadAssetTypes(this.api)]);
      this.#fillChoices(assets, types);
    } catch (error) {
      this.shell.showError(error.message);
    }
  }

  #build() {
    this.assetName = h("input", { type: "text", autocomplete: "off", maxlength: 200, "data-testid": "publish-asset" });
    this.assetType = h("select", { "data-testid": "publish-type" });
    this.task = h(
      "select",
      { "data-testid": "publish-task" },
      h("option", { value: "" }, "No task"),
      this.place.tasks.map(({ id, name }) => h("option", { value: id }, name)),
    );
    this.task.value = this.place.taskId ?? "";
    this.comment = h("textarea", { rows: 2, "data-testid": "publish-comment" });
    this.progress = h("progress", { max: 1, value: 0, hidden: true, "aria-label": "Upload" });
    const known = uniqueId("assets");
    this.known = h("datalist", { id: known });
    this.assetName.setAttribute("list", known);
    this.assetName.addEventListener("input", () => this.#matchType());
    const form = h(
      "form",
      { method: "dialog", novalidate: true, class: "dialog-form" },
      h(
        "div",
        { class: "dialog-body" },
        h("div", { class: "dialog-errors", "data-testid": "publish-error" }),
        h(
          "div",
          { class: "form-items" },
          this.#source(),
          h("div", { class: "field-pair" }, field("Asset", this.assetName), field("Type", this.assetType)),
          this.known,
          field("Task", this.task),
          field("Comment", this.comment),
          this.#reviews(),
        ),
      ),
      h(
        "footer",
        { class: "dialog-foot" },
        this.progress,
        this.shell.cancelButton(),
        h("button", { type: "submit", class: "button button-primary", "data-testid": "publish-submit" }, "Publish"),
      ),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.shell.isBusy) void this.#publish();
    });
    return form;
  }

  #source() {
    this.path = h("input", {
      type: "text",
      autocomplete: "off",
      spellcheck: "false",
      placeholder: "/shots/sh010/comp.%04d.exr [1001-1048]",
      "data-testid": "publish-path",
    });
    this.path.addEventListener("input", () => this.#suggestName(this.path.value));
    this.picker = h("input", { type: "file", multiple: true, class: "drop-input", "data-testid": "publish-files" });
    this.picker.addEventListener("change", () => this.#add(this.picker.files));
    this.list = h("ul", { class: "drop-list" });
    const zone = h(
      "label",
      { class: "drop-zone", "data-testid": "publish-drop" },
      this.picker,
      icon("upload"),
      h("span", {}, "Drop a file here, or ", h("span", { class: "drop-link" }, "choose one")),
    );
    zone.addEventListener("dragover", (event) => {
      event.preventDefault();
      zone.dataset.over = "true";
    });
    zone.addEventListener("dragleave", () => delete zone.dataset.over);
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      delete zone.dataset.over;
      this.#add(event.dataTransfer.files);
    });
    const help = "Where the encoding machines find it. The data stays where it is.";
    return [h("div", { class: "drop" }, zone, this.list), field("Or a path", this.path, help)];
  }

  #reviews() {
    const choice = ([value, label, help]) =>
      h(
        "label",
        { class: "choice" },
        h("input", { type: "radio", name: "review", value, checked: value === "encode-media" }),
        h(
          "span",
          { class: "choice-text" },
          h("span", { class: "choice-name" }, label),
          h("span", { class: "choice-help" }, help),
        ),
      );
    this.review = h(
      "fieldset",
      { class: "field", "data-testid": "publish-review" },
      h("legend", { class: "field-label" }, "Review media"),
      h("div", { class: "choices choices-explained" }, REVIEWS.map(choice)),
    );
    return this.review;
  }

  #fillChoices(assets, types) {
    this.assets = assets;
    fill(
      this.known,
      assets.map(({ name }) => h("option", { value: name })),
    );
    fill(
      this.assetType,
      types.map(({ id, name }) => h("option", { value: id }, name)),
    );
    const start = STARTING_TYPES.map((wanted) => types.find(({ name }) => name === wanted)).find(Boolean);
    if (start) this.assetType.value = start.id;
    this.#matchType();
  }

  /** An asset that is there has its type already: a new version of it is published. */
  #matchType() {
    const found = this.#knownAsset();
    this.assetType.disabled = Boolean(found);
    if (found) this.assetType.value = found.type_id;
  }

  #knownAsset() {
    return this.assets.find(({ name }) => name === this.assetName.value.trim());
  }

  #suggestName(name) {
    const stem = name.split(/[\\/]/).at(-1).replace(/[._]?(%0?\d*d|#+).*$/, "").replace(/\.[^.]*$/, "");
    if (stem && (!this.assetName.value || this.assetName.value === this.suggested)) {
      this.assetName.value = this.suggested = stem;
      this.#matchType();
    }
  }

  #add(files) {
    this.#files.push(...files);
    this.picker.value = "";
    this.#showFiles();
  }

  #showFiles() {
    if (this.#files.length) this.#suggestName(this.#files[0].name);
    this.path.disabled = this.#files.length > 0;
    const row = (file) =>
      h(
        "li",
        { "data-testid": "publish-file" },
        h("span", { class: "drop-name" }, file.name),
        h("span", { class: "quiet" }, bytes(file.size)),
        h(
          "button",
          {
            type: "button",
            class: "icon-button",
            "aria-label": `Leave out ${file.name}`,
            onclick: () => {
              this.#files = this.#files.filter((other) => other !== file);
              this.#showFiles();
              this.picker.focus();
            },
          },
          icon("close"),
        ),
      );
    fill(this.list, this.#files.map(row));
  }

  /** What is wished, in the words of `publishVersion`. Raises PublishError. */
  #wish() {
    const name = this.assetName.value.trim();
    if (!this.#files.length && !this.path.value.trim()) throw new PublishError("Drop a file or give a path.");
    if (!name) throw new PublishError("The asset needs a name.");
    const review = this.review.querySelector("input:checked").value;
    if (review === "server" && !this.#files.length)
      throw new PublishError("The server can encode an uploaded file only. Drop the file, or choose Encode Media.");
    return {
      review,
      contextId: this.place.id,
      asset: this.#knownAsset() ?? { name, typeId: this.assetType.value },
      taskId: this.task.value || null,
      comment: this.comment.value.trim(),
      userId: this.user.id,
      files: this.#files,
      names: this.#files.length ? componentNames(this.#files) : [],
      path: this.#files.length ? null : readPath(this.path.value),
    };
  }

  async #publish() {
    try {
      const wish = this.#wish();
      this.shell.setBusy(true);
      this.progress.hidden = !wish.files.length;
      const published = await publishVersion(this.api, wish, (share) => (this.progress.value = share));
      this.shell.close();
      this.onPublished({ ...published, review: wish.review });
    } catch (error) {
      this.progress.hidden = true;
      this.shell.setBusy(false);
      this.shell.showError(error instanceof PublishError ? error.message : `Not published: ${error.message}`);
    }
  }
}

function field(label, control, help) {
  const id = uniqueId("publish");
  control.id = id;
  if (help) control.setAttribute("aria-describedby", `${id}-help`);
  return h(
    "div",
    { class: "field" },
    h("label", { class: "field-label", for: id }, label),
    control,
    help && h("span", { class: "field-help", id: `${id}-help` }, help),
  );
}
