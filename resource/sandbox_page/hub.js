/**
 * The event hub: Socket.IO 0.9 over a WebSocket, as an ftrack web client speaks it.
 *
 * The server does the routing (subscriptions and targets); here an event is handed to the subscriptions of its topic.
 * The connection is kept for ever: it comes back by itself with growing pauses, and subscribes again under the same ids.
 */

const APPLICATION = "ftrack.client.web";
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;
/** The server speaks every few seconds; this long without a word means that the line is dead. */
const SILENCE_MS = 30_000;
const HANDSHAKE_MS = 10_000;
/** How many event ids are remembered to recognise a repeated delivery. */
const REMEMBERED = 1_000;

function newId() {
  return crypto.randomUUID().replaceAll("-", "");
}

export class Hub extends EventTarget {
  #socket = null;
  #subscriptions = new Map();
  #waiting = new Map();
  #seen = new Set();
  #failures = 0;
  #retryTimer = 0;
  #silenceTimer = 0;
  #generation = 0;

  constructor({ origin, user, apiKey }) {
    super();
    this.id = newId();
    this.origin = origin;
    this.user = user;
    this.apiKey = apiKey;
    this.state = "idle";
    this.retryAt = 0;
    this.#subscriptions.set(this.id, {
      expression: "topic=ftrack.meta.reply",
      metadata: {},
      topic: null,
      receive: null,
    });
    this.retryNow = this.retryNow.bind(this);
    addEventListener("online", this.retryNow);
  }

  get connected() {
    return this.state === "connected";
  }

  subscribe(topic, receive, metadata = {}) {
    const id = newId();
    this.#subscriptions.set(id, { expression: `topic=${topic}`, metadata, topic, receive });
    if (this.connected) this.#sendSubscription(id);
    return id;
  }

  /** For events addressed to this person's open pages. */
  subscribeAsClient(topic, receive) {
    const { id, username } = this.user;
    return this.subscribe(topic, receive, { applicationId: APPLICATION, user: { id, username } });
  }

  /** Sends an event; each reply goes to `onReply` until `forget` is called. */
  publish(topic, data, { target = "", onReply = null } = {}) {
    if (!this.connected) throw new Error("The event hub is not connected.");
    const id = newId();
    if (onReply) this.#waiting.set(id, onReply);
    this.#send({ topic, data, id, target });
    return { id, forget: () => this.#waiting.delete(id) };
  }

  async connect() {
    const generation = ++this.#generation;
    clearTimeout(this.#retryTimer);
    this.#setState("connecting");
    try {
      const sid = await this.#handshake();
      if (generation === this.#generation) this.#open(sid, generation);
    } catch {
      if (generation === this.#generation) this.#lost();
    }
  }

  retryNow() {
    if (this.state === "waiting") void this.connect();
  }

  close() {
    this.#generation += 1;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#silenceTimer);
    removeEventListener("online", this.retryNow);
    this.#drop();
    this.#setState("closed");
  }

  get #credentials() {
    return new URLSearchParams({ api_user: this.user.username, api_key: this.apiKey });
  }

  async #handshake() {
    const response = await fetch(`${this.origin}/socket.io/1/?${this.#credentials}`, {
      signal: AbortSignal.timeout(HANDSHAKE_MS),
    });
    if (!response.ok) throw new Error(`handshake refused (${response.status})`);
    return (await response.text()).split(":")[0];
  }

  #open(sid, generation) {
    const base = this.origin.replace(/^http/, "ws");
    const socket = new WebSocket(`${base}/socket.io/1/websocket/${encodeURIComponent(sid)}?${this.#credentials}`);
    this.#socket = socket;
    const current = (act) => (event) => generation === this.#generation && act(event);
    socket.addEventListener(
      "message",
      current((event) => this.#packet(String(event.data))),
    );
    socket.addEventListener(
      "close",
      current(() => this.#lost()),
    );
    this.#listenForSilence();
  }

  #listenForSilence() {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(() => this.#lost(), SILENCE_MS);
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #lost() {
    this.#generation += 1;
    clearTimeout(this.#silenceTimer);
    this.#drop();
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures) * (0.75 + Math.random() / 2);
    this.#failures += 1;
    this.retryAt = Date.now() + pause;
    this.#retryTimer = setTimeout(() => void this.connect(), pause);
    this.#setState("waiting");
  }

  #setState(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent("state"));
  }

  #packet(text) {
    this.#listenForSilence();
    const [, code, payload] = /^(\d):[^:]*:[^:]*(?::([\s\S]*))?$/.exec(text) ?? [];
    if (code === "0" || code === "7") this.#lost();
    else if (code === "1") this.#welcome();
    else if (code === "2") this.#socket.send("2::");
    else if (code === "5") this.#received(payload);
  }

  #welcome() {
    this.#failures = 0;
    this.#setState("connected");
    for (const id of this.#subscriptions.keys()) this.#sendSubscription(id);
    this.dispatchEvent(new CustomEvent("connected"));
  }

  #sendSubscription(id) {
    const { expression, metadata } = this.#subscriptions.get(id);
    const data = { subscriber: { ...metadata, id }, subscription: expression };
    this.#send({ topic: "ftrack.meta.subscribe", data, id: newId(), target: "" });
  }

  #send(event) {
    const { id, username } = this.user;
    const source = { id: this.id, applicationId: APPLICATION, user: { id, username } };
    const args = [{ ...event, source, sent: null, inReplyToEvent: null }];
    this.#socket.send(`5:::${JSON.stringify({ name: "ftrack.event", args })}`);
  }

  #received(payload) {
    let event;
    try {
      [event] = JSON.parse(payload).args;
    } catch (error) {
      console.warn("An event that could not be read was left out.", error);
      return;
    }
    if (event.id && !this.#firstTime(event.id)) return;
    if (event.topic === "ftrack.meta.reply") this.#waiting.get(event.inReplyToEvent)?.(event.data, event);
    for (const { topic, receive } of this.#subscriptions.values()) {
      if (receive && topic === event.topic) receive(event.data ?? {}, event);
    }
  }

  #firstTime(id) {
    if (this.#seen.has(id)) return false;
    this.#seen.add(id);
    if (this.#seen.size > REMEMBERED) this.#seen.delete(this.#seen.values().next().value);
    return true;
  }
}
