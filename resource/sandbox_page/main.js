/** Starts the page: who may work here, and one client for whoever does. */

import { Client } from "./client.js";
import { showUnreachable } from "./connection.js";
import { ActionDialog } from "./dialog.js";
import { $, fill, h, icon, placeholder, setText } from "./dom.js";
import { Frame } from "./frame.js";
import { Inspector } from "./inspector.js";
import { ActionMenu } from "./menu.js";
import { Toasts } from "./toasts.js";

const USER_KEY = "encode-media.user";

let client = null;
const shared = {
  frame: new Frame(() => client),
  menu: new ActionMenu($("versions")),
  dialog: new ActionDialog(),
  toasts: new Toasts($("toasts"), { button: $("messages-button"), panel: $("messages") }),
};
fill($("events-button"), icon("events"));
new Inspector($("events"), $("events-button"));

function startAs(session, user) {
  client?.stop();
  shared.toasts.forget();
  $("workspace").dataset.detail = "closed";
  client = new Client({ session, user, ...shared });
  sessionStorage.setItem(USER_KEY, user.username);
  setText($("user-role"), user.role ?? "");
  void client.start();
}

async function readSession() {
  const response = await fetch("/sandbox/session");
  if (!response.ok) throw new Error(`The server answered with status ${response.status}.`);
  return response.json();
}

/** The role is said with the name, but shown beside it: a narrow page has no room for both. */
function userOption({ name, username, role }) {
  const shown = name || username;
  return h("option", { value: username, "aria-label": role ? `${shown}, ${role}` : shown }, shown);
}

async function main() {
  let session;
  try {
    session = await readSession();
  } catch {
    const again = { label: "Try again", run: () => void main() };
    showUnreachable();
    fill(
      $("versions-host"),
      placeholder({
        alert: true,
        name: "plug",
        title: "The server cannot be reached",
        text: "Is the sandbox still running?",
        action: again,
      }),
    );
    return;
  }
  const select = $("user-select");
  const named = (name) => session.users.find(({ username }) => username === name);
  fill(select, session.users.map(userOption));
  const user = named(sessionStorage.getItem(USER_KEY)) ?? session.users[0];
  select.value = user.username;
  select.onchange = () => startAs(session, named(select.value));
  startAs(session, user);
}

void main();
