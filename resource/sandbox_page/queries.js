/** What the page asks the server for. */

import { quoted } from "./api.js";
import { exactRate } from "./format.js";

const SERVER_LOCATION = "3a372bde-05bc-11e4-8908-20c9d081909b";
const VERSION_FIELDS = [
  "id",
  "version",
  "comment",
  "date",
  "thumbnail_id",
  "is_published",
  "task_id",
  "asset.id",
  "asset.name",
  "asset.parent.id",
  "asset.parent.name",
  "asset.type.name",
  "task.name",
  "status.name",
  "status.color",
  "user.username",
  "user.first_name",
  "user.last_name",
  "components.name",
].join(", ");

export async function loadProjects(api) {
  return api.query("select id, name, full_name from Project order by full_name");
}

export async function loadContexts(api, projectId) {
  const fields = "id, name, parent_id, project_id, context_type, object_type.name";
  return api.query(`select ${fields} from TypedContext where project_id is ${quoted(projectId)} order by name`, {
    limit: 20_000,
  });
}

/** Versions below a place of the tree: `contextIds` are the place itself and everything under it. */
export async function loadVersions(api, { contextIds, taskId = null }) {
  const where = taskId
    ? `task_id is ${quoted(taskId)}`
    : `asset.parent.id in (${contextIds.map(quoted).join(", ")})`;
  return api.query(`select ${VERSION_FIELDS} from AssetVersion where ${where} order by date desc`);
}

export async function loadVersion(api, id) {
  const rows = await api.query(`select ${VERSION_FIELDS} from AssetVersion where id is ${quoted(id)}`);
  return rows[0] ?? null;
}

/** Where a version lives, to open it from a link. */
export async function loadVersionPlace(api, id) {
  const rows = await api.query(
    `select id, asset.parent.id, asset.parent.project_id from AssetVersion where id is ${quoted(id)}`,
  );
  return rows[0]?.asset?.parent ?? null;
}

export async function loadComponents(api, versionId) {
  const fields = [
    "id",
    "name",
    "file_type",
    "size",
    "system_type",
    "metadata.key",
    "metadata.value",
    "component_locations.location.name",
    "component_locations.location_id",
    "component_locations.resource_identifier",
  ].join(", ");
  const rows = await api.query(
    `select ${fields} from Component where version_id is ${quoted(versionId)} order by name`,
  );
  const sequences = rows.filter((row) => row.__entity_type__ === "SequenceComponent").map((row) => row.id);
  const members = sequences.length ? await loadMembers(api, sequences) : [];
  return rows.map((row) =>
    componentFrom(
      row,
      members.filter((member) => member.container_id === row.id),
    ),
  );
}

async function loadMembers(api, ids) {
  return api.query(
    `select name, size, container_id from FileComponent where container_id in (${ids.map(quoted).join(", ")})`,
    { limit: 50_000 },
  );
}

function componentFrom(row, members) {
  const metadata = Object.fromEntries((row.metadata ?? []).map(({ key, value }) => [key, value]));
  const locations = (row.component_locations ?? []).map((entry) => ({
    name: entry.location?.name ?? "unknown location",
    path: entry.resource_identifier,
    onServer: entry.location_id === SERVER_LOCATION,
  }));
  return {
    id: row.id,
    name: row.name,
    fileType: row.file_type ?? "",
    size: row.size || members.reduce((sum, member) => sum + (member.size ?? 0), 0),
    isSequence: row.__entity_type__ === "SequenceComponent",
    frames: members.map((member) => Number(member.name)).filter(Number.isInteger),
    locations,
    onServer: locations.some((location) => location.onServer),
    metadata,
    review: reviewFacts(metadata.ftr_meta),
  };
}

/** `ftr_meta` is JSON once the media is there, and the bare word `encoding` before. */
function reviewFacts(text) {
  if (!text) return null;
  if (text === "encoding") return { busy: true };
  try {
    const facts = JSON.parse(text);
    if (facts === null || typeof facts !== "object") return null;
    const rate = exactRate(facts.frameRate);
    const frames = Math.round(facts.frameOut - (facts.frameIn ?? 0));
    return { ...facts, rate, frames: frames > 0 ? frames : null };
  } catch {
    return null;
  }
}

export async function loadJobs(api, userId) {
  const fields =
    "id, status, data, created_at, finished_at, job_components.component_id, job_components.component.name";
  const where = `user_id is ${quoted(userId)}`;
  const rows = await api.query(`select ${fields} from Job where ${where} order by created_at desc`, {
    limit: 100,
  });
  return rows.map((row) => ({
    id: row.id,
    status: row.status,
    ...jobData(row.data),
    createdAt: row.created_at,
    finishedAt: row.finished_at,
    attachments: (row.job_components ?? []).map((entry) => ({
      id: entry.component_id,
      name: entry.component?.name ?? "attachment",
    })),
  }));
}

/** A job's text for people, and for jobs of Encode Media the engine's own id. */
function jobData(text) {
  try {
    const data = JSON.parse(text);
    return { description: String(data?.description ?? "Job"), jobId: data?.encode_media?.jobId ?? null };
  } catch {
    return { description: "Job", jobId: null };
  }
}
