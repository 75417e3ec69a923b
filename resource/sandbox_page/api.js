/** The server's operations, `POST /api`: a batch in, a list out, every failure an `ApiError` with a readable sentence. */

const PAGE = 500;
const TIMEOUT_MS = 30_000;

export class ApiError extends Error {
  constructor(message, { kind = "server" } = {}) {
    super(message);
    this.name = "ApiError";
    this.kind = kind;
  }
}

export class Api {
  constructor({ origin, username, apiKey }) {
    this.origin = origin;
    this.username = username;
    this.apiKey = apiKey;
  }

  async call(operations) {
    const response = await this.#post(JSON.stringify(operations));
    let body;
    try {
      body = await response.json();
    } catch {
      throw new ApiError(`The server's answer could not be read (status ${response.status}).`);
    }
    if (!Array.isArray(body))
      throw new ApiError(errorSentence(body, response.status), { kind: body?.exception ?? "server" });
    return body;
  }

  async #post(body) {
    try {
      return await fetch(`${this.origin}/api`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "application/json",
          "ftrack-user": this.username,
          "ftrack-api-key": this.apiKey,
        },
        body,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      const slow = error.name === "TimeoutError";
      throw new ApiError(slow ? "The server did not answer in time." : "The server cannot be reached.", {
        kind: "unreachable",
      });
    }
  }

  /** All rows of a query, page after page, up to `limit`. */
  async query(expression, { limit = 2000 } = {}) {
    const rows = [];
    for (let offset = 0; offset !== null && rows.length < limit;) {
      const [answer] = await this.call([
        { action: "query", expression: `${expression} offset ${offset} limit ${PAGE}` },
      ]);
      rows.push(...answer.data);
      const next = answer.metadata?.next?.offset ?? null;
      offset = next !== null && next > offset ? next : null;
    }
    return unify(rows.map(decode));
  }

  /** The URL carries the credentials, as the protocol has it: for `src` and `href` only, never to be shown. */
  componentUrl(componentId) {
    return this.#mediaUrl("get", componentId);
  }

  thumbnailUrl(componentId, size = 500) {
    return `${this.#mediaUrl("thumbnail", componentId)}&size=${size}`;
  }

  #mediaUrl(what, componentId) {
    const query = new URLSearchParams({ id: componentId, username: this.username, apiKey: this.apiKey });
    return `${this.origin}/component/${what}?${query}`;
  }
}

function errorSentence(body, status) {
  if (body && typeof body === "object" && body.exception) return `${body.content || body.exception}`;
  return `The server refused the request (status ${status}).`;
}

/** Dates arrive as marked objects; naive values are UTC. */
function decode(value) {
  if (Array.isArray(value)) return value.map(decode);
  if (value === null || typeof value !== "object") return value;
  if (value.__type__ === "datetime" || value.__type__ === "date") return toDate(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decode(item)]));
}

function toDate(text) {
  if (!text) return null;
  const zoned = /(Z|[+-]\d\d:?\d\d)$/.test(text) || !text.includes("T") ? text : `${text}Z`;
  const date = new Date(zoned);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** A server may send an entity in full once and as a bare reference elsewhere: every occurrence gets the union. */
function unify(rows) {
  const known = new Map();
  const walk = (value) => {
    if (Array.isArray(value)) return value.map(walk);
    if (value === null || typeof value !== "object" || value instanceof Date) return value;
    const identity = value.id ? `${value.__entity_type__} ${value.id}` : null;
    const target = (identity && known.get(identity)) || {};
    if (identity) known.set(identity, target);
    for (const [key, item] of Object.entries(value)) target[key] = walk(item);
    return target;
  };
  return walk(rows);
}

/** A value inside double quotes of a query. */
export function quoted(text) {
  return `"${String(text).replace(/["\\]/g, "\\$&")}"`;
}
