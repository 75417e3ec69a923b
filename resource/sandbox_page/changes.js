/** What of the page an event of the hub makes stale: it is read again, once for each burst. */

/** `mark` takes names of parts, `markVersion` the id of a version that is shown. */
export function listenForChanges(hub, { user, versions, detail, jobs, mark, markVersion }) {
  const names = [user.id, user.username];
  const isMine = ({ user: whose }) =>
    !whose || [whose, whose.id, whose.username].some((name) => names.includes(name));

  /** Review media shows on the version as well: the one that owns the component is read again. */
  const componentUpdated = ({ parentId, parents }) => {
    const above = [parentId, ...(parents ?? []).map(({ entityId }) => entityId)];
    const owner = above.find((id) => versions.has(id));
    if (owner) markVersion(owner);
    mark("detail");
  };

  const versionUpdated = ({ entityId, action }) => {
    if (action === "add" && !versions.has(entityId)) return mark("list");
    markVersion(entityId);
    mark(...(entityId === detail.versionId ? ["detail"] : []));
  };

  hub.subscribe("ftrack.update", ({ entities }) => {
    for (const entity of entities ?? []) {
      const type = String(entity.entityType ?? "").toLowerCase();
      if (type === "job" || type === "jobcomponent") mark("jobs");
      else if (type === "assetversion") versionUpdated(entity);
      else if (type === "task" || type === "show") mark("tree");
      else if (type.includes("component") || type === "metadata") componentUpdated(entity);
    }
  });
  hub.subscribe("ftrack.location.component-added", () => mark("detail"));
  for (const topic of ["encode-media.progress", "encode-media.batch-progress"])
    hub.subscribe(topic, (data) => jobs.progress(data) || (isMine(data) && mark("jobs")));
  hub.subscribe("encode-media.batch-result", (data) => {
    jobs.result(data);
    mark("jobs");
  });
  hub.subscribe("encode-media.result", (data) => {
    jobs.result(data);
    if (data.versionId) markVersion(data.versionId);
    mark("jobs", ...(data.versionId && data.versionId === detail.versionId ? ["detail"] : []));
  });
}
