// Two users of matrix-js-sdk walk through a room: node walk.mjs BASE_URL
// Prints each step; the exit code is 0 only if every step came true within its deadline.
import * as sdk from "matrix-js-sdk";
import { logger } from "matrix-js-sdk/lib/logger.js";

// The SDK remarks on rooms it meets in the middle of a sync; only errors are worth reading here.
logger.setLevel("error");
console.warn = () => {};
const baseUrl = process.argv[2];
const run = Math.random().toString(36).slice(2, 8);
const DEADLINE = 30_000;

function step(name) {
    console.log(`- ${name}`);
}

/** Resolves once check() gives something truthy; asked again at every event of the emitters, and now and then. */
async function until(what, check) {
    const end = Date.now() + DEADLINE;
    for (;;) {
        const value = await check();
        if (value) return value;
        if (Date.now() > end) throw new Error(`not in time: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

async function register(name) {
    const anonymous = sdk.createClient({ baseUrl });
    const username = `${name}-${run}`;
    const password = `correct horse ${run}`;
    let session;
    try {
        await anonymous.registerRequest({ username, password, initial_device_display_name: "walk" });
        throw new Error("registration did not ask for a stage");
    } catch (error) {
        if (error.httpStatus !== 401 || !error.data?.session) throw error;
        session = error.data.session;
    }
    const made = await anonymous.registerRequest({ username, password, auth: { type: "m.login.dummy", session } });

    // The first session ends; the walk goes on with one from a login by password.
    const first = sdk.createClient({ baseUrl, accessToken: made.access_token, userId: made.user_id, deviceId: made.device_id });
    await first.logout(true);
    const login = await sdk.createClient({ baseUrl }).login("m.login.password", {
        identifier: { type: "m.id.user", user: username },
        password,
    });
    const client = sdk.createClient({ baseUrl, accessToken: login.access_token, userId: login.user_id, deviceId: login.device_id });
    await client.startClient({ initialSyncLimit: 10, lazyLoadMembers: true });
    await until(`${name} is in sync`, () => client.isInitialSyncComplete());
    return client;
}

const bodies = (room) => room.getLiveTimeline().getEvents().filter((e) => e.getType() === "m.room.message").map((e) => e.getContent().body);

try {
    step("two users register, log out and log in");
    const [alice, bob] = await Promise.all([register("alice"), register("bob")]);

    step("alice sets her name, which is seen in her profile");
    await alice.setDisplayName("Alice of the walk");
    const profile = await bob.getProfileInfo(alice.getUserId());
    if (profile.displayname !== "Alice of the walk") throw new Error(`profile: ${JSON.stringify(profile)}`);

    step("alice creates a room and invites bob, who sees the invite and its name");
    const { room_id: roomId } = await alice.createRoom({ name: "The walk", preset: "private_chat", invite: [bob.getUserId()] });
    const invited = await until("bob sees the invite", () => {
        const room = bob.getRoom(roomId);
        return room?.getMyMembership() === "invite" ? room : null;
    });
    await until("the invite has a name", () => invited.name === "The walk");

    step("bob joins, and both see it");
    await bob.joinRoom(roomId);
    const hers = await until("alice has the room", () => alice.getRoom(roomId));
    await until("alice sees bob join", () => hers.getMember(bob.getUserId())?.membership === "join");
    const his = await until("bob has joined", () => (bob.getRoom(roomId)?.getMyMembership() === "join" ? bob.getRoom(roomId) : null));

    step("they talk");
    for (let i = 0; i < 15; i++) {
        const who = i % 2 === 0 ? alice : bob;
        await who.sendTextMessage(roomId, `line ${i}`);
    }
    await until("bob has read the last line", () => bodies(his).includes("line 14"));
    await until("alice has read the last line", () => bodies(hers).includes("line 14"));

    step("alice edits, and bob sees the new text");
    const { event_id: edited } = await alice.sendTextMessage(roomId, "tpyo");
    await alice.sendEvent(roomId, "m.room.message", {
        msgtype: "m.text",
        body: "* typo",
        "m.new_content": { msgtype: "m.text", body: "typo" },
        "m.relates_to": { rel_type: "m.replace", event_id: edited },
    });
    await until("bob sees the edit", () => his.findEventById(edited)?.getContent().body === "typo");

    step("alice redacts, and bob sees it gone");
    const { event_id: regretted } = await alice.sendTextMessage(roomId, "regretted");
    await until("bob sees it", () => his.findEventById(regretted));
    await alice.redactEvent(roomId, regretted, undefined, { reason: "regret" });
    await until("bob sees it redacted", () => his.findEventById(regretted)?.isRedacted());
    const fetched = await bob.fetchRoomEvent(roomId, regretted);
    if (fetched.content.body !== undefined) throw new Error("the server still gives the redacted text");

    step("bob reacts, and the relation is found");
    const { event_id: reaction } = await bob.sendEvent(roomId, "m.reaction", {
        "m.relates_to": { rel_type: "m.annotation", event_id: edited, key: "👍" },
    });
    await until("alice finds the reaction", async () => {
        const found = await alice.fetchRelations(roomId, edited, "m.annotation", "m.reaction");
        return found.chunk.some((e) => e.event_id === reaction);
    });

    step("bob types, and alice sees it begin and end");
    await bob.sendTyping(roomId, true, 20_000);
    await until("alice sees bob type", () => hers.getMember(bob.getUserId())?.typing === true);
    await bob.sendTyping(roomId, false, 0);
    await until("alice sees bob stop", () => hers.getMember(bob.getUserId())?.typing === false);

    step("bob reads, and alice sees how far");
    const last = his.getLiveTimeline().getEvents().filter((e) => e.getType() === "m.room.message").at(-1);
    await bob.sendReadReceipt(last);
    await until("alice sees the receipt", () => hers.getEventReadUpTo(bob.getUserId(), true) === last.getId());

    step("a third session of bob paginates back to the room's first event");
    const late = sdk.createClient({ baseUrl, accessToken: bob.getAccessToken(), userId: bob.getUserId(), deviceId: bob.getDeviceId() });
    await late.startClient({ initialSyncLimit: 3 });
    const room = await until("the late session has the room", () => (late.isInitialSyncComplete() ? late.getRoom(roomId) : null));
    for (let more = true; more; ) more = await late.paginateEventTimeline(room.getLiveTimeline(), { backwards: true, limit: 7 });
    const seen = room.getLiveTimeline().getEvents();
    if (seen[0].getType() !== "m.room.create") throw new Error(`the first event is ${seen[0].getType()}`);
    const lines = bodies(room).filter((b) => /^line \d+$/.test(b ?? ""));
    const wanted = Array.from({ length: 15 }, (_, i) => `line ${i}`);
    if (lines.join() !== wanted.join()) throw new Error(`paginated: ${lines.join()}`);
    if (new Set(seen.map((e) => e.getId())).size !== seen.length) throw new Error("an event came twice");
    late.stopClient();

    step("bob leaves, and alice sees it");
    await bob.leave(roomId);
    await until("alice sees bob gone", () => hers.getMember(bob.getUserId())?.membership === "leave");

    step("both log out; their tokens are dead at once");
    for (const client of [alice, bob]) {
        client.stopClient();
        const token = client.getAccessToken();
        await client.logout(true);
        const after = await fetch(`${baseUrl}/_matrix/client/v3/account/whoami`, { headers: { Authorization: `Bearer ${token}` } });
        if (after.status !== 401) throw new Error(`a dead token answers ${after.status}`);
    }
    console.log("ok");
    process.exit(0);
} catch (error) {
    console.error("FAILED:", error?.stack ?? error, error?.data ? JSON.stringify(error.data) : "");
    process.exit(1);
}
