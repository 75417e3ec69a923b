/** What goes over the hub, as the server tells it: kept in order, each event once, nothing secret in it. */

const KEPT = 500;
/** The server takes credentials out before it tells anybody; what looks like one is not shown in any case. */
const SECRET_NAME = /(api_?key|ftrack-api-key|password|passwd|secret|token|authorization|cookie)$/i;
const SECRET_IN_TEXT = /((?:token|api_?key|ftrack-api-key|password)=)[^&\s"']+/gi;
const HIDDEN = "(not shown)";

export class Feed extends EventTarget {
  #source = null;
  #last = { at: 0, n: 0 };
  entries = [];

  get open() {
    return this.#source !== null;
  }

  start() {
    if (this.#source) return;
    this.#source = new EventSource("/sandbox/feed?kind=event");
    this.#source.addEventListener("message", ({ data }) => this.#take(JSON.parse(data)));
    for (const name of ["open", "error"]) this.#source.addEventListener(name, () => this.#say("state"));
  }

  get live() {
    return this.#source?.readyState === EventSource.OPEN;
  }

  stop() {
    this.#source?.close();
    this.#source = null;
  }

  clear() {
    this.entries = [];
    this.#say("change");
  }

  /** After a lost connection the server begins with what it still has: that is known already. */
  #take({ n, at, event, to }) {
    if (at < this.#last.at || (at === this.#last.at && n <= this.#last.n)) return;
    this.#last = { at, n };
    const entry = entryFrom(`${at}-${n}`, new Date(at * 1000), withoutSecrets(event ?? {}), to ?? []);
    this.entries.push(entry);
    if (this.entries.length > KEPT) this.entries.shift();
    this.dispatchEvent(new CustomEvent("entry", { detail: entry }));
  }

  #say(name) {
    this.dispatchEvent(new CustomEvent(name));
  }
}

function entryFrom(id, time, event, to) {
  const { topic = "", source, data } = event;
  const who = source?.user?.username ?? source?.user?.id ?? "server";
  const where = source?.applicationId ?? "";
  const text = JSON.stringify(event, null, 2);
  return {
    id,
    time,
    topic,
    source: [who, where].filter(Boolean).join(" · "),
    receivers: to.length,
    summary: summaryOf(data),
    text,
    hay: text.toLowerCase(),
  };
}

/** The little of the data that tells one event from the next. */
function summaryOf(data) {
  if (data === null || typeof data !== "object") return data === undefined ? "" : String(data);
  if (Array.isArray(data.entities))
    return data.entities.map(({ action, entityType }) => [action, entityType].filter(Boolean).join(" ")).join(", ");
  const words = ["stage", "percent", "message", "actionIdentifier", "status", "versionId", "jobId", "component_id"];
  return words
    .filter((word) => ["string", "number"].includes(typeof data[word]) && data[word] !== "")
    .slice(0, 2)
    .map((word) => (word === "percent" ? `${Math.round(data[word])} %` : String(data[word])))
    .join(" · ");
}

export function withoutSecrets(value) {
  if (typeof value === "string") return value.replace(SECRET_IN_TEXT, `$1${HIDDEN}`);
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, SECRET_NAME.test(key) ? HIDDEN : withoutSecrets(part)]),
  );
}
