/** The user's jobs: state and description from the server, live progress from the hub. */

import { fill, h, icon, setText } from "./dom.js";
import { duration, fullDate, plural, shortDate } from "./format.js";
import { loadJobs } from "./queries.js";

const STATES = {
  queued: ["clock", "Queued"],
  running: ["spinner", "Running"],
  done: ["check", "Done"],
  failed: ["cross", "Failed"],
};
const FINAL = new Set(["done", "failed"]);

export class Jobs {
  #rows = new Map();
  #progress = new Map();
  #jobs = [];
  #asked = 0;

  constructor(host, { api, userId, onCancel }) {
    Object.assign(this, { host, api, userId, onCancel });
    this.list = h("ul", { class: "job-list", "data-testid": "jobs" });
    this.summary = h("span", { class: "dock-summary", "data-testid": "jobs-summary" });
    this.live = h("span", { class: "visually-hidden", role: "status" });
    this.toggle = h(
      "button",
      {
        type: "button",
        class: "dock-toggle",
        "aria-expanded": "true",
        "aria-controls": "jobs-body",
        "data-testid": "jobs-toggle",
        onclick: () => this.setOpen(!this.isOpen),
      },
      icon("down"),
      h("span", { id: "jobs-title" }, "Jobs"),
      this.summary,
    );
    this.body = h("div", {
      class: "dock-body",
      id: "jobs-body",
      role: "group",
      "aria-label": "List of jobs",
      tabindex: 0,
    });
    fill(host, h("h2", { class: "dock-head" }, this.toggle), this.live, this.body);
    this.#note("Loading…");
  }

  get isOpen() {
    return this.host.dataset.open !== "false";
  }

  setOpen(open) {
    this.host.dataset.open = String(open);
    this.toggle.setAttribute("aria-expanded", String(open));
  }

  async reload() {
    const turn = ++this.#asked;
    try {
      const jobs = await loadJobs(this.api, this.userId);
      if (turn === this.#asked) this.#show(jobs);
    } catch (error) {
      if (turn === this.#asked && !this.#jobs.length) this.#note(error.message, { alert: true });
    }
  }

  /** Live progress; true if the job is known already. */
  progress(data) {
    const id = data.ftrackJobId;
    if (!id) return true;
    if (this.#progress.get(id)?.result) return true;
    this.#progress.set(id, { ...data });
    this.#refresh(id);
    return this.#rows.has(id);
  }

  result(data) {
    const id = data.ftrackJobId;
    if (!id) return true;
    this.#progress.set(id, { ...this.#progress.get(id), result: data });
    this.#refresh(id);
    return this.#rows.has(id);
  }

  #note(text, { alert = false } = {}) {
    fill(this.body, h("p", { class: "dock-note", role: alert ? "alert" : null }, text));
  }

  #show(found) {
    const jobs = [...found].sort((a, b) => rankOf(a) - rankOf(b));
    this.#jobs = jobs;
    this.#announce(jobs);
    const kept = new Set(jobs.map(({ id }) => id));
    for (const id of [...this.#rows.keys()]) if (!kept.has(id)) this.#rows.delete(id);
    for (const job of jobs) this.#put(job);
    const wanted = jobs.map(({ id }) => this.#rows.get(id).element);
    const same =
      this.list.children.length === wanted.length &&
      wanted.every((element, index) => this.list.children[index] === element);
    if (!same) this.list.replaceChildren(...wanted);
    if (!jobs.length) this.#note("No jobs yet. What you start shows up here.");
    else if (!this.body.contains(this.list)) fill(this.body, this.list);
    this.#summarise();
  }

  #put(job) {
    const row = this.#rows.get(job.id) ?? new JobRow(this.api, this.onCancel);
    this.#rows.set(job.id, row);
    row.update(job, this.#progress.get(job.id));
  }

  #refresh(id) {
    const job = this.#jobs.find((candidate) => candidate.id === id);
    if (job) this.#rows.get(id).update(job, this.#progress.get(id));
    this.#summarise();
  }

  #summarise() {
    const states = this.#jobs.map((job) => stateOf(job, this.#progress.get(job.id)));
    const running = states.filter((state) => state === "running").length;
    const queued = states.filter((state) => state === "queued").length;
    const failed = states.filter((state) => state === "failed").length;
    const active = this.#jobs.find((job) => stateOf(job, this.#progress.get(job.id)) === "running");
    const percent = active && this.#progress.get(active.id)?.percent;
    const parts = [
      running && `${running} running`,
      queued && `${queued} queued`,
      Number.isFinite(percent) && `${Math.round(percent)} %`,
    ];
    const quiet = [plural(states.length, "job"), failed && `${failed} failed`];
    setText(this.summary, (running || queued ? parts : quiet).filter(Boolean).join(" · "));
    this.host.dataset.active = String(Boolean(running || queued));
  }

  /** Only the end of a job is read out; progress would talk without pause. */
  #announce(jobs) {
    for (const job of jobs) {
      const before = this.#rows.get(job.id)?.job;
      if (before && before.status !== job.status && FINAL.has(job.status))
        setText(this.live, `${STATES[job.status][1]}: ${job.description}`);
    }
  }
}

/** What is going on stands on top; the rest as the server gave it, newest first. */
function rankOf({ status }) {
  return status === "running" ? 0 : status === "queued" ? 1 : 2;
}

/** The result event may come before the entity is read again. */
function stateOf(job, live) {
  const ended = live?.result?.status;
  if (FINAL.has(job.status)) return job.status;
  if (ended) return ended === "done" ? "done" : "failed";
  return live && job.status === "queued" ? "running" : job.status;
}

class JobRow {
  constructor(api, onCancel) {
    this.api = api;
    this.job = null;
    this.cancel = h(
      "button",
      { type: "button", class: "icon-button", "data-testid": "job-cancel", onclick: () => onCancel(this.jobId) },
      icon("close"),
    );
    this.state = h("span", { class: "job-state" });
    this.title = h("span", { class: "job-title", "data-testid": "job-description" });
    this.more = h("span", { class: "job-more" });
    this.bar = h(
      "div",
      {
        class: "job-bar",
        role: "progressbar",
        "aria-label": "Progress",
        "aria-valuemin": 0,
        "aria-valuemax": 100,
        "data-testid": "job-progress",
      },
      h("span", { class: "job-bar-fill" }),
    );
    this.percent = h("span", { class: "job-percent", "data-testid": "job-percent" });
    this.date = h("time", { class: "job-date" });
    this.links = h("span", { class: "job-links" });
    this.element = h(
      "li",
      { class: "job", "data-testid": "job" },
      this.state,
      h("div", { class: "job-text" }, this.title, this.more),
      h("div", { class: "job-progress" }, this.bar, this.percent),
      this.date,
      h("div", { class: "job-tools" }, this.links, this.cancel),
    );
  }

  update(job, live) {
    this.job = job;
    const state = stateOf(job, live);
    const [name, label] = STATES[state] ?? STATES.queued;
    if (this.element.dataset.state !== state)
      fill(this.state, icon(name), h("span", { class: "visually-hidden" }, label));
    this.element.dataset.state = state;
    this.element.dataset.id = job.id;
    setText(this.title, job.description);
    this.title.title = job.description;
    const more = moreOf(state, live, job.description);
    setText(this.more, more);
    this.more.title = more;
    this.#progress(state, live);
    setText(this.date, shortDate(job.createdAt));
    this.date.title = fullDate(job.createdAt);
    this.#attachments(job.attachments);
    this.jobId = job.jobId ?? live?.jobId ?? null;
    this.cancel.hidden = FINAL.has(state) || !this.jobId;
    this.cancel.title = "Cancel";
    this.cancel.setAttribute("aria-label", `Cancel: ${job.description}`);
  }

  #progress(state, live) {
    const percent =
      state === "done" ? 100 : Number.isFinite(live?.percent) ? Math.min(100, Math.max(0, live.percent)) : null;
    const unknown = state === "running" && percent === null;
    this.bar.dataset.unknown = String(unknown);
    if (percent === null) this.bar.removeAttribute("aria-valuenow");
    else this.bar.setAttribute("aria-valuenow", String(Math.round(percent)));
    this.bar.style.setProperty("--done", String((percent ?? 0) / 100));
    setText(
      this.percent,
      state === "failed"
        ? live?.result?.status === "cancelled"
          ? "Cancelled"
          : "Failed"
        : percent === null
          ? ""
          : `${Math.round(percent)} %`,
    );
  }

  #attachments(attachments) {
    const key = attachments.map(({ id }) => id).join();
    if (this.links.dataset.key === key) return;
    this.links.dataset.key = key;
    fill(
      this.links,
      attachments.map(({ id, name }) =>
        h(
          "a",
          {
            class: "icon-button",
            href: this.api.componentUrl(id),
            download: name,
            "aria-label": `Download ${name}`,
            title: `Download ${name}`,
          },
          icon("download"),
        ),
      ),
    );
  }
}

/** The line below the description says only what the description doesn't say already. */
function moreOf(state, live, description) {
  const result = live?.result;
  if (state === "failed" && result?.error) {
    return [result.error.message, result.error.hint]
      .filter((text) => text && !description.includes(text))
      .join(" ");
  }
  if (state === "done" && result?.outputs?.length) return result.outputs.map(({ name }) => name).join(", ");
  if (state !== "running" || !live) return "";
  const frames =
    Number.isFinite(live.frame) && (live.frames ? `frame ${live.frame} of ${live.frames}` : `frame ${live.frame}`);
  const left = Number.isFinite(live.etaSeconds) && `${duration(live.etaSeconds)} left`;
  const message = live.message?.toLowerCase() === live.stage?.toLowerCase() ? "" : live.message;
  return [live.stage, frames, left, message].filter(Boolean).join(" · ");
}
