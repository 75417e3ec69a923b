/**
 * Publishing a version the way Connect does it: the version, its components and where they are, then what others
 * want to know of it. Data is uploaded before, and everything is written in one commit: nothing is half published.
 */

import { quoted } from "./api.js";
import { SERVER_LOCATION, UNMANAGED_LOCATION } from "./component_data.js";

const MOST_FRAMES = 20_000;
const ABSOLUTE = /^(\/|[A-Za-z]:[\\/]|\\\\)/;

export class PublishError extends Error {}

export async function loadAssets(api, contextId) {
  return api.query(`select id, name, type_id from Asset where context_id is ${quoted(contextId)} order by name`);
}

export async function loadAssetTypes(api) {
  return api.query("select id, name from AssetType order by name");
}

/** A path as people write it: of a file, or of frames as `shot.%04d.exr [1001-1048]` or `shot.####.exr [1,3-5]`. */
export function readPath(written) {
  const text = written.trim().replace(/^"(.*)"$/, "$1");
  if (!ABSOLUTE.test(text)) throw new PublishError("The path must be a whole one: /shots/sh010/comp.mov.");
  const [, path, spans] = /^(.*?)\s*\[([\d\s,-]+)\]$/.exec(text) ?? [null, text, null];
  const pattern = path.replace(/#+/, (marks) => `%0${marks.length}d`);
  const name = pattern.split(/[\\/]/).at(-1);
  const fileType = /\.[A-Za-z0-9]+$/.exec(name)?.[0] ?? "";
  if (!name) throw new PublishError("The path names a folder, not a file.");
  const [counter, digits] = /%0?(\d*)d/.exec(pattern) ?? [];
  if (!counter && spans) throw new PublishError("The path has frames, but no place for their number, as %04d.");
  if (!counter) return { path, fileType, frames: null };
  if (!spans)
    throw new PublishError(`Say which frames there are behind the path: ${name} [1001-1048].`);
  const padding = Number(digits || 0);
  const frames = framesOf(spans).map((frame) => ({
    frame,
    path: pattern.replace(counter, String(frame).padStart(padding, "0")),
  }));
  return { path: pattern, fileType, padding, frames };
}

function framesOf(spans) {
  const frames = new Set();
  for (const part of spans.split(",").filter((text) => text.trim())) {
    const [, first, last] = /^\s*(\d+)(?:\s*-\s*(\d+))?\s*$/.exec(part) ?? [];
    if (first === undefined || Number(last ?? first) < Number(first))
      throw new PublishError(`“${part.trim()}” is no span of frames.`);
    if (Number(last ?? first) - Number(first) >= MOST_FRAMES)
      throw new PublishError(`More than ${MOST_FRAMES} frames are not published from here.`);
    for (let frame = Number(first); frame <= Number(last ?? first); frame += 1) frames.add(frame);
  }
  return [...frames].sort((a, b) => a - b);
}

/** Names for dropped files: one alone is `main`; of several each has its own. Raises PublishError. */
export function componentNames(files) {
  if (files.length === 1) return ["main"];
  const numbered = new Map();
  for (const { name } of files) {
    const head = name.replace(/\d+(?=\.[^.]+$)/, "#");
    if (head !== name) numbered.set(head, (numbered.get(head) ?? 0) + 1);
  }
  const frames = [...numbered].find(([, count]) => count > 2);
  if (frames)
    throw new PublishError(`These look like the frames of a sequence (${frames[0]}): give their path instead.`);
  const stems = files.map(({ name }) => name.replace(/\.[^.]+$/, ""));
  const twice = stems.find((stem, index) => stems.indexOf(stem) !== index);
  if (twice) throw new PublishError(`Two files would be the component “${twice}”.`);
  return stems;
}

/**
 * `what` is `{contextId, asset: {id} | {name, typeId}, taskId, comment, userId, files, names, path}`.
 * Gives the version's id, and the components as `{id, name, locationId, path}`.
 */
export async function publishVersion(api, what, onProgress) {
  const versionId = crypto.randomUUID();
  const operations = [];
  const create = (type, data) => {
    const id = crypto.randomUUID();
    operations.push(createOperation(type, { id, ...data }));
    return id;
  };
  const assetId =
    what.asset.id ??
    create("Asset", { name: what.asset.name, type_id: what.asset.typeId, context_id: what.contextId });
  const { taskId, comment, userId } = what;
  const version = { asset_id: assetId, comment, user_id: userId, is_published: true };
  if (taskId) version.task_id = taskId;
  operations.push(createOperation("AssetVersion", { id: versionId, ...version }));
  const components = what.path
    ? [placeComponent(create, versionId, what.path)]
    : await uploadAll(api, create, versionId, what, onProgress);
  await api.call(operations);
  return { versionId, components };
}

/** What Connect says to others behind a publish, and the review media that was wished for. */
export async function announce({ api, hub, actions }, { versionId, components, review }) {
  const topic = "ftrack.location.component-added";
  for (const { id, locationId } of hub.connected ? components : [])
    hub.publish(topic, { component_id: id, location_id: locationId });
  const [{ id, path }] = components;
  if (review === "encode-media") actions.makeWebPlayable(versionId, path);
  if (review === "server")
    await api.call([{ action: "encode_media", component_id: id, version_id: versionId, keep_original: true }]);
}

function createOperation(type, data) {
  const entity = { __entity_type__: type, ...data };
  return { action: "create", entity_type: type, entity_key: [data.id], entity_data: entity };
}

/** The component of a path: the data stays where it is. */
function placeComponent(create, versionId, { path, fileType, padding, frames }) {
  const common = { file_type: fileType, size: 0 };
  const place = (id, where) =>
    create("ComponentLocation", { component_id: id, location_id: UNMANAGED_LOCATION, resource_identifier: where });
  const type = frames ? "SequenceComponent" : "FileComponent";
  const more = frames ? { padding } : {};
  const id = create(type, { name: "main", version_id: versionId, ...common, ...more });
  place(id, path);
  for (const { frame, path: file } of frames ?? [])
    place(create("FileComponent", { name: String(frame), container_id: id, ...common }), file);
  return { id, name: "main", locationId: UNMANAGED_LOCATION, path };
}

async function uploadAll(api, create, versionId, { files, names }, onProgress) {
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const components = [];
  let done = 0;
  for (const [index, file] of files.entries()) {
    const fileType = /\.[^.]+$/.exec(file.name)?.[0] ?? "";
    const name = names[index];
    const id = create("FileComponent", { name, file_type: fileType, size: file.size, version_id: versionId });
    const before = done;
    await upload(api, id, { file, name: `${name}${fileType}` }, (sent) =>
      onProgress(total ? (before + sent) / total : 1),
    );
    done += file.size;
    create("ComponentLocation", { component_id: id, location_id: SERVER_LOCATION, resource_identifier: id });
    components.push({ id, name, locationId: SERVER_LOCATION, path: file.name });
  }
  return components;
}

async function upload(api, componentId, { file, name }, onSent) {
  const [answer] = await api.call([
    { action: "get_upload_metadata", component_id: componentId, file_name: name, file_size: file.size },
  ]);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const broken = () => reject(new PublishError(`${file.name} could not be uploaded. Nothing was published.`));
    request.upload.addEventListener("progress", ({ loaded }) => onSent(loaded));
    request.addEventListener("load", () => (request.status < 400 ? resolve() : broken()));
    for (const name of ["error", "abort", "timeout"]) request.addEventListener(name, broken);
    request.open("PUT", answer.url);
    for (const [header, value] of Object.entries(answer.headers ?? {})) request.setRequestHeader(header, value);
    request.send(file);
  });
}
