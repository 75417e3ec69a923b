/** Discover, launch, and what an action answers. */

import { plural } from "./format.js";

/** Nothing marks the last reply to a discover: after this long the menu says how it stands, and still takes more. */
const DISCOVER_MS = 2_500;
const LAUNCH_MS = 15_000;
const NOBODY = "Nobody answered within 15 seconds. Is the Encode Media listener running?";
const NO_ACTIONS = "No actions here. Is the Encode Media listener running?";

export class Actions {
  constructor({ hub, menu, dialog, toasts }) {
    this.hub = hub;
    this.menu = menu;
    this.dialog = dialog;
    this.toasts = toasts;
    hub.subscribeAsClient("ftrack.action.trigger-user-interface", (data) => this.#pushed(data));
  }

  /** Opens the menu for a selection of `{entityId, entityType}`. */
  openMenu({ selection, title, at, onClose }) {
    let asked = [];
    let timer = 0;
    this.menu.open({
      at,
      title,
      onChoose: (item) => void this.launch({ ...item, selection }),
      onClose: () => {
        clearTimeout(timer);
        for (const request of asked) request.forget();
        onClose?.();
      },
    });
    if (!this.hub.connected) {
      return this.menu.settle("Not connected to the event hub. Actions come back with it.");
    }
    // Whoever connects later has not heard the question: it is asked again as long as nobody answered. A slow answer
    // to an earlier asking counts as well; with the first one the other askings are over, so nothing is listed twice.
    const ask = () => {
      const request = this.hub.publish(
        "ftrack.action.discover",
        { selection },
        {
          onReply: (data) => {
            for (const other of asked) if (other !== request) other.forget();
            asked = [request];
            this.menu.add(itemsOf(data));
          },
        },
      );
      asked.push(request);
      timer = setTimeout(() => {
        this.menu.settle(NO_ACTIONS);
        if (this.menu.isEmpty && this.hub.connected) ask();
      }, DISCOVER_MS);
    };
    ask();
  }

  /** Sends a launch and shows the first answer; further answers can only be messages. */
  launch(data) {
    if (!this.hub.connected) return this.#failed("Not connected to the event hub: nothing was sent.");
    this.dialog.setBusy(true);
    return new Promise((resolve) => {
      let answered = false;
      const timer = setTimeout(() => {
        request.forget();
        resolve(this.#failed(NOBODY));
      }, LAUNCH_MS);
      const request = this.hub.publish("ftrack.action.launch", data, {
        onReply: (reply) => {
          clearTimeout(timer);
          if (answered) this.#message(reply);
          else this.#answered(reply, data);
          answered = true;
          resolve();
        },
      });
    });
  }

  /** Asks the runner to end a job; its answer is a message like any other. */
  cancel(jobId) {
    this.#ask("encode-media.cancel", { jobId });
  }

  /** What Connect says when a version was published: review media is wanted. The runner answers with a message. */
  makeWebPlayable(versionId, path) {
    if (this.hub.connected) this.hub.publish("ftrack.connect.publish.make-web-playable", { versionId, path });
    this.#ask("encode-media.submit", { versionId, options: {}, origin: "connect" });
  }

  #ask(topic, data) {
    if (!this.hub.connected) return this.#failed("Not connected to the event hub: nothing was sent.");
    const timer = setTimeout(() => {
      request.forget();
      this.#failed(NOBODY);
    }, LAUNCH_MS);
    const request = this.hub.publish(topic, data, {
      onReply: (reply) => {
        clearTimeout(timer);
        this.#message(reply);
      },
    });
  }

  #failed(sentence) {
    this.dialog.setBusy(false);
    if (this.dialog.isOpen) this.dialog.showError(sentence);
    else this.toasts.show(sentence, { success: false });
  }

  #answered(reply, data) {
    this.dialog.setBusy(false);
    if (Array.isArray(reply?.items)) return this.#form(reply, data);
    if (reply?.url) return this.dialog.showPage(reply);
    this.dialog.close();
    if (!this.#message(reply)) this.toasts.show("The action was started.");
  }

  #form(reply, data) {
    const { values: _, ...launch } = data;
    this.dialog.showForm(reply, (values) => void this.launch({ ...launch, values }));
  }

  #message(reply) {
    if (typeof reply === "boolean") this.toasts.show("", { success: reply });
    else if (typeof reply?.message === "string")
      this.toasts.show(reply.message, { success: reply.success !== false });
    else return false;
    return true;
  }

  /** A handler may show a message, a form or a page at any time. */
  #pushed(data) {
    if (Array.isArray(data.items)) {
      this.#form(data, { actionIdentifier: data.actionIdentifier, selection: data.selection ?? [] });
    } else if (data.url) this.dialog.showPage(data);
    else this.#message(data);
  }
}

function itemsOf(data) {
  const items = Array.isArray(data) ? data : data?.items;
  return Array.isArray(items) ? items.filter((item) => item && typeof item === "object") : [];
}

export function selectionTitle(names) {
  return names.length === 1 ? names[0] : `${plural(names.length, "version")} selected`;
}
