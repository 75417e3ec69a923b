// Cases for the JavaScript client. Each begins with the section of the protocol page that it checks.
// Run by test_protocol_javascript.py: node cases.mjs SERVER_URL API_USER API_KEY; one JSON line for each case.

import assert from "node:assert/strict";

import { Event, Session, error, operation, projectSchema } from "@ftrack/api";

import { pretend } from "./browser.mjs";

const [serverUrl, apiUser, apiKey] = process.argv.slice(2);
const CHUNK = 64 * 1024;
pretend(CHUNK);

const open = async (user = apiUser, options = {}) => {
  const session = new Session(serverUrl, user, apiKey, { autoConnectEventHub: false, ...options });
  await session.initializing;
  return session;
};

const session = await open();

const within = (promise, what, milliseconds = 20000) =>
  Promise.race([
    promise,
    new Promise((_, reject) => setTimeout(() => reject(new Error(`${what} did not happen`)), milliseconds)),
  ]);

const hubs = new Map();

/** The client keeps one socket for each user, and one that was disconnected stays so: it is opened once. */
const connected = async (user = apiUser) => {
  if (!hubs.has(user)) hubs.set(user, await open(user, { autoConnectEventHub: true }));
  const one = hubs.get(user);
  while (!one.eventHub.isConnected()) await new Promise((resolve) => setTimeout(resolve, 20));
  return one;
};

/** Everything sent before on this connection has been taken by the server. */
const settled = (one) =>
  within(
    new Promise((resolve) => {
      const topic = `js.settled.${Math.random()}`;
      one.eventHub.subscribe(`topic=${topic}`, () => resolve());
      one.eventHub.publish(new Event(topic, {}));
    }),
    "an event to oneself",
  );

const upload = async (data, name) => {
  const [created] = await within(session.createComponent(new Blob([data]), { name }), `the upload of ${name}`);
  return created.data.id;
};

const download = async (componentId) => {
  const answer = await fetch(session.getComponentUrl(componentId));
  assert.equal(answer.status, 200);
  return Buffer.from(await answer.arrayBuffer());
};

const bytes = (count) => Buffer.from(Uint8Array.from({ length: count }, (_, index) => (index * 7) % 251));

const cases = {
  "4 the session knows the server, its schemas and whom it speaks for": async () => {
    assert.equal(session.initialized, true);
    assert.equal(session.serverInformation.user_information.username, apiUser);
    assert.deepEqual(session.getPrimaryKeyAttributes("JobComponent"), ["component_id", "job_id"]);
    assert.equal(session.getSchema("AssetVersion").properties.asset.$ref, "Asset");
  },

  "4.1 only the wanted server information is sent": async () => {
    const one = await open(apiUser, { serverInformationValues: ["schema_hash"] });
    assert.deepEqual(Object.keys(one.serverInformation).sort(), ["is_timezone_support_enabled", "schema_hash", "version"]);
  },

  "2.1 create mints an id, update and delete take a plain text as key": async () => {
    const project = (await session.query("Project where name is encode_media_demo")).data[0];
    const { data: made } = await session.create("Folder", { name: "from_js", parent_id: project.id });
    assert.match(made.id, /^[0-9a-f-]{36}$/);
    const { data: changed } = await session.update("Folder", made.id, { description: "again" });
    assert.equal(changed.description, "again");
    assert.equal((await session.delete("Folder", [made.id])).data, true);
    assert.equal((await session.query(`Folder where id is "${made.id}"`)).data.length, 0);
  },

  "2.1 search finds by words, by context and by object type": async () => {
    const sequence = (await session.query("Sequence where name is sq010")).data[0];
    const kind = (await session.query("ObjectType where name is Shot")).data[0];
    const found = await session.search({
      expression: "select id, name from TypedContext",
      entityType: "TypedContext",
      terms: ["sh0"],
      contextId: sequence.id,
      objectTypeIds: [kind.id],
    });
    assert.equal(found.action, "search");
    assert.deepEqual(found.data.map((shot) => shot.name).sort(), ["sh010", "sh020", "sh030"]);
    const both = await session.search({ expression: "select id from Task", entityType: "Task", terms: ["sh020", "light"] });
    assert.equal(both.data.length, 1);
    const none = await session.search({ expression: "select id from AssetVersion", entityType: "AssetVersion", terms: ["nobody"] });
    assert.equal(none.data.length, 0);
  },

  "2.1 ensure finds or makes": async () => {
    const project = (await session.query("Project where name is encode_media_demo")).data[0];
    const data = { name: "ensured", parent_id: project.id };
    const first = await session.ensure("Folder", data);
    assert.equal((await session.ensure("Folder", data)).id, first.id);
    await session.delete("Folder", first.id);
  },

  "2.2 errors are told apart by their exception": async () => {
    const artist = await open("artist");
    await assert.rejects(artist.create("Status", { name: "no" }), error.ServerPermissionDeniedError);
    await assert.rejects(session.create("Shot", { name: "without a parent" }), error.ServerValidationError);
    await assert.rejects(session.query("select nothing from Task"), error.ServerError);
    const stranger = new Session(serverUrl, apiUser, "wrong", { autoConnectEventHub: false });
    stranger.schemasPromise.catch(() => {});
    stranger.serverInformationPromise.catch(() => {});
    await assert.rejects(stranger.initializing, { errorCode: null });
  },

  "2.2 the strict option changes the status, not the error": async () => {
    const strict = await open(apiUser, { strictApi: true });
    await assert.rejects(strict.create("Shot", { name: "without a parent" }), error.ServerValidationError);
  },

  "2.3 times go out as ISO text and come back as times": async () => {
    const project = (await session.query("Project where name is encode_media_demo")).data[0];
    const start = new Date(Date.UTC(2026, 4, 1, 10, 30, 0));
    const { data } = await session.create("Folder", { name: "dated", parent_id: project.id, start_date: start });
    assert.equal(data.start_date.toDate().toISOString(), "2026-05-01T10:30:00.000Z");
    const plain = await open(apiUser, { decodeDatesAsIso: true });
    const again = (await plain.query(`select start_date from Folder where id is ${data.id}`)).data[0];
    assert.equal(new Date(again.start_date).getTime(), start.getTime());
    await session.delete("Folder", data.id);
  },

  "2.4 a repeated entity is complete at every occurrence": async () => {
    const plain = await open(apiUser, { ensureSerializableResponse: true });
    const { data } = await plain.query("select name, parent.name from Shot where parent.name is sq010");
    assert.deepEqual(data.map((shot) => shot.parent.name), ["sq010", "sq010", "sq010"]);
  },

  "3.3 the project schema helper gives statuses": async () => {
    const schema = (await session.query("ProjectSchema where name is VFX")).data[0];
    const names = async (type) => (await projectSchema.getStatuses(session, schema.id, type)).map((one) => one.name);
    assert.ok((await names("Task")).includes("In Progress"));
    assert.ok((await names("AssetVersion")).includes("Approved"));
  },

  "5.1 pages are followed by offset and limit": async () => {
    const first = await session.query("select name from Task order by id limit 4");
    assert.equal(first.data.length, 4);
    assert.equal(first.metadata.next.offset, 4);
  },

  "6.2 a thumbnail needs the credentials of its address": async () => {
    const componentId = await upload(bytes(100), "picture.png");
    assert.equal((await fetch(session.thumbnailUrl(componentId))).status, 200);
    const refused = await fetch(session.thumbnailUrl(componentId).replace(apiKey, "wrong"));
    assert.equal(refused.status, 401);
    assert.equal((await fetch(session.thumbnailUrl(null))).status, 200);
  },

  "6.3 a small file goes up in one piece": async () => {
    const data = bytes(1000);
    const componentId = await upload(data, "clip.mov");
    assert.deepEqual(await download(componentId), data);
    const query = `select name, file_type, size, component_locations.location.name from FileComponent where id is ${componentId}`;
    const [component] = (await session.query(query)).data;
    assert.equal(`${component.name}${component.file_type}`, "clip.mov");
    assert.equal(component.component_locations[0].location.name, "ftrack.server");
  },

  "6.3 a large file goes up in signed parts": async () => {
    const data = bytes(CHUNK * 4 + 17);
    assert.deepEqual(await download(await upload(data, "large.mov")), data);
  },

  "7.1 the hub is reached by query credentials and stays": async () => {
    const one = await connected();
    // Longer than two heartbeats of the server.
    await new Promise((resolve) => setTimeout(resolve, 11000));
    assert.equal(one.eventHub.isConnected(), true);
  },

  "7.7 subscriptions by topic, with a wildcard, meet events": async () => {
    const [sender, receiver] = [await connected(), await connected("artist")];
    const topic = "js.case.wild";
    const arrived = new Promise((resolve) => receiver.eventHub.subscribe("topic=js.case.*", resolve));
    await settled(receiver);
    await sender.eventHub.publish(new Event(topic, { number: 5 }));
    const event = await within(arrived, "the event");
    assert.equal(event.topic, topic);
    assert.equal(event.source.user.username, apiUser);
    assert.match(event.source.user.id, /-/);
  },

  "7.8 an answer comes back to who asked, and to nobody else": async () => {
    const [asking, answering] = [await connected(), await connected("artist")];
    answering.eventHub.subscribe("topic=js.question", (event) => ({ twice: event.data.number * 2 }));
    await settled(answering);
    const reply = await within(
      asking.eventHub.publishAndWaitForReply(new Event("js.question", { number: 21 }), { timeout: 20 }),
      "the answer",
    );
    assert.equal(reply.data.twice, 42);
  },

  "8 a commit is told with the client's own tokens": async () => {
    const watching = await connected();
    const told = new Promise((resolve) =>
      watching.eventHub.subscribe("topic=ftrack.update", (event) => {
        if (event.data.pushToken === "token-of-the-case") resolve(event);
      }),
    );
    await settled(watching);
    const shot = (await session.query("Shot where name is sh010")).data[0];
    await session.update("Shot", shot.id, { description: `at ${Date.now()} from JavaScript` }, { pushToken: "token-of-the-case" });
    const event = await within(told, "ftrack.update");
    assert.equal(event.data.entities[0].entityId, shot.id);
    assert.deepEqual(event.data.entities[0].keys, ["description"]);
    assert.equal(event.data.clientToken, session.clientToken);
  },

  "2.1 a batch of mixed operations is answered in its order": async () => {
    const answers = await session.call([operation.query("select name from Status limit 1"), { action: "query_schemas" }]);
    assert.equal(answers[0].action, "query");
    assert.ok(Array.isArray(answers[1]));
  },
};

for (const [name, run] of Object.entries(cases)) {
  let problem = "";
  try {
    await within(run(), name, 30000);
  } catch (thrown) {
    problem = thrown?.stack ?? String(thrown);
  }
  console.log(JSON.stringify({ name, problem }));
}
process.exit(0);
