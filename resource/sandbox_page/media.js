/** What of a version can be played: its renditions, and what else it may be compared with. */

import { versionName } from "./format.js";

export const MOVIE = /^ftrackreview-(mp4(?:-(\d+))?|webm)$/;
const PLAYABLE = /^\.(mp4|m4v|webm|mov)$/i;
/** What a browser makes of a QuickTime file depends on what is in it. */
const IN_QUICKTIME = new Set(["h264", "av1", "vp9"]);

export function isMovie({ name, fileType, onServer, review, ledger }) {
  if (!onServer || review?.busy) return false;
  if (MOVIE.test(name)) return true;
  if (!PLAYABLE.test(fileType)) return false;
  return fileType.toLowerCase() !== ".mov" || IN_QUICKTIME.has(ledger?.output?.codec);
}

/** The movies among components, review media first, from the lowest rung up. */
export function renditionsOf(components, api) {
  const written = components.find(({ timecode }) => timecode)?.timecode;
  const movies = components
    .filter(isMovie)
    .map((component) => rendition({ ...component, timecode: component.timecode ?? written }, api));
  return movies.sort((a, b) => a.order - b.order || a.label.localeCompare(b.label));
}

function rendition({ id, name, facts, timecode, firstFrame }, api) {
  const [, kind, rung] = MOVIE.exec(name) ?? [];
  const height = facts.height ?? (rung ? Number(rung) : null);
  const label = !kind ? name : kind === "webm" ? "WebM" : height ? `${height}p` : "MP4";
  const order = !kind ? Infinity : kind === "webm" ? 1e6 : Number(rung ?? 0);
  return { ...facts, id, label, order, timecode, firstFrame, isReview: Boolean(kind), url: api.componentUrl(id) };
}

/** What a film can be compared with: `{group, label, rendition}`, the same version's first. */
export function comparables(version, components, others, api) {
  const own = renditionsOf(components, api).map((found) => ({
    group: versionName(version),
    label: found.label,
    rendition: found,
  }));
  const rest = others.flatMap((other) =>
    renditionsOf(other.components, api).map((found) => ({
      group: other.name,
      label: found.label,
      rendition: found,
    })),
  );
  return [...own, ...rest];
}
