/** What the page asks the server for. */

import { quoted } from "./api.js";

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

/** Versions of a whole project in which every word is found somewhere. */
export async function searchVersions(api, projectId, words) {
  const conditions = [`asset.project_id is ${quoted(projectId)}`, ...words.map(wordCondition)];
  return api.query(
    `select ${VERSION_FIELDS} from AssetVersion where ${conditions.join(" and ")} order by date desc`,
    { limit: 500 },
  );
}

const SEARCHED = [
  "asset.name",
  "asset.parent.name",
  "asset.type.name",
  "task.name",
  "status.name",
  "user.username",
  "user.first_name",
  "user.last_name",
  "comment",
];

function wordCondition(word) {
  const [, number] = /^v0*(\d+)$/.exec(word) ?? [];
  const text = quoted(`%${word.replace(/%/g, "")}%`);
  const found = SEARCHED.map((name) => `${name} like ${text}`);
  return `(${[...found, number && `version is ${number}`].filter(Boolean).join(" or ")})`;
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
