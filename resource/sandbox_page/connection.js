/** Whether the hub is connected: a mark in the bar, and a banner once a loss lasts. */

import { $, fill, h, icon, setText } from "./dom.js";

/** A lost line is often back at once: only a longer loss is worth a banner. */
const BANNER_AFTER_MS = 1_200;
const WORDS = {
  connected: "Connected",
  connecting: "Connecting…",
  waiting: "Disconnected",
  closed: "Closed",
  idle: "Connecting…",
};

let bannerTimer = 0;
let countdown = 0;
export function showConnection(hub) {
  $("connection").dataset.state = hub.state;
  setText($("connection").querySelector(".connection-text"), WORDS[hub.state]);
  clearTimeout(bannerTimer);
  clearInterval(countdown);
  if (hub.connected || hub.state === "closed") $("banner").hidden = true;
  else bannerTimer = setTimeout(() => showBanner(hub), $("banner").hidden ? BANNER_AFTER_MS : 0);
}

function showBanner(hub) {
  const wait = h("span", { "aria-hidden": "true" });
  const tick = () =>
    setText(
      wait,
      hub.state === "waiting"
        ? ` Trying again in ${Math.max(0, Math.ceil((hub.retryAt - Date.now()) / 1000))} s.`
        : " Trying now…",
    );
  tick();
  countdown = setInterval(tick, 500);
  const again = h("button", { type: "button", class: "button", onclick: hub.retryNow }, "Try now");
  fill($("banner"), icon("plug"), h("p", {}, "The connection to the server is lost.", wait), again);
  $("banner").hidden = false;
}

export function showUnreachable() {
  $("connection").dataset.state = "waiting";
  setText($("connection").querySelector(".connection-text"), WORDS.waiting);
}
