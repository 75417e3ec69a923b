/** Components with what is known of them: where they are, their media facts, and the ledger of Encode Media. */

import { quoted } from "./api.js";
import { exactRate, versionName } from "./format.js";

export const SERVER_LOCATION = "3a372bde-05bc-11e4-8908-20c9d081909b";
export const UNMANAGED_LOCATION = "cb268ecc-8809-11e3-a7e2-20c9d081909b";
const FIELDS = [
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

export async function loadComponents(api, versionId) {
  const rows = await api.query(
    `select ${FIELDS} from Component where version_id is ${quoted(versionId)} order by name`,
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

/** Movies of other versions: of the same shot, and of the versions named. As `{name, components}`, newest first. */
export async function loadOtherMovies(api, version, ids) {
  const others = ids.filter((id) => id !== version.id);
  const near = version.asset?.parent?.id;
  const where = [
    near && `version.asset.parent.id is ${quoted(near)}`,
    others.length && `version_id in (${others.map(quoted).join(", ")})`,
  ].filter(Boolean);
  if (!where.length) return [];
  const rows = await api.query(
    `select ${FIELDS}, version_id, version.version, version.asset.name from FileComponent ` +
      `where (${where.join(" or ")}) and version_id is_not ${quoted(version.id)} and ` +
      `component_locations.location_id is ${quoted(SERVER_LOCATION)} order by version.date desc`,
    { limit: 500 },
  );
  const found = new Map();
  for (const row of rows) {
    const name = versionName(row.version);
    if (!found.has(row.version_id)) found.set(row.version_id, { id: row.version_id, name, components: [] });
    found.get(row.version_id).components.push(componentFrom(row, []));
  }
  const named = ({ id }) => (others.includes(id) ? 0 : 1);
  return [...found.values()].sort((a, b) => named(a) - named(b));
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
  const review = reviewFacts(metadata.ftr_meta);
  const ledger = jsonObject(metadata.encode_media);
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
    review,
    ledger,
    facts: mediaFacts(review, ledger?.output),
    timecode: metadata.timecode ?? review?.timecode ?? timecodeOf(ledger),
    firstFrame: firstFrameOf(metadata, ledger),
  };
}

/** Size, rate and length as review media says them, else as they were measured for the ledger. */
function mediaFacts(review, output) {
  const [width, height] = /^(\d+)x(\d+)$/.exec(output?.size ?? "")?.slice(1).map(Number) ?? [];
  return {
    rate: review?.rate ?? exactRate(output?.rate),
    frames: review?.frames ?? output?.frames ?? null,
    width: review?.width ?? width,
    height: review?.height ?? height,
  };
}

/** The output's own timecode, else the source's, where the output has just the frames that the source has. */
function timecodeOf(ledger) {
  const { output, source_facts: source } = ledger ?? {};
  if (output?.timecode) return output.timecode;
  return source?.timecode && output?.frames === source.frames ? source.timecode : null;
}

/** The source's number of the first frame: known where the output has just the frames that the source has. */
function firstFrameOf(metadata, ledger) {
  if (/^\d+$/.test(metadata.first_frame ?? "")) return Number(metadata.first_frame);
  const { first_frame: first, last_frame: last } = ledger?.source_facts ?? {};
  return Number.isInteger(first) && ledger.output?.frames === last - first + 1 ? first : null;
}

export function jsonObject(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** `ftr_meta` is JSON once the media is there, and the bare word `encoding` before. */
function reviewFacts(text) {
  if (text === "encoding") return { busy: true };
  const facts = jsonObject(text);
  if (!facts) return null;
  const frames = Math.round(facts.frameOut - (facts.frameIn ?? 0));
  return { ...facts, rate: exactRate(facts.frameRate), frames: frames > 0 ? frames : null };
}
