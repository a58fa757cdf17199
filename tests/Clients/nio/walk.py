"""Two users of matrix-nio walk through a room: python3 walk.py BASE_URL REGISTRATION_SHARED_SECRET

Prints each step; the exit code is 0 only if every step came true within its deadline.
"""

import asyncio
import hashlib
import hmac
import json
import secrets
import sys
import urllib.request

from nio import (
    AsyncClient,
    InviteMemberEvent,
    JoinResponse,
    LoginResponse,
    LogoutResponse,
    MessageDirection,
    ReceiptEvent,
    RedactedEvent,
    RoomCreateResponse,
    RoomMessageText,
    RoomRedactResponse,
    RoomSendResponse,
    TypingNoticeEvent,
)

DEADLINE = 30
BASE_URL, SECRET = sys.argv[1], sys.argv[2]
RUN = secrets.token_hex(3)


def step(name):
    print(f"- {name}", flush=True)


def expect(response, kind):
    if not isinstance(response, kind):
        raise AssertionError(f"wanted {kind.__name__}, got {response!r}")
    return response


def register(name):
    """The shared-secret protocol that other servers' scripts speak."""
    path = f"{BASE_URL}/_synapse/admin/v1/register"
    nonce = json.load(urllib.request.urlopen(path))["nonce"]
    user, password = f"{name}-{RUN}", f"correct horse {RUN}"
    mac = hmac.new(SECRET.encode(), "\0".join([nonce, user, password, "notadmin"]).encode(), hashlib.sha1).hexdigest()
    body = {"nonce": nonce, "username": user, "password": password, "admin": False, "mac": mac}
    request = urllib.request.Request(path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    made = json.load(urllib.request.urlopen(request))
    return made["user_id"], password


async def session(name):
    user, password = register(name)
    client = AsyncClient(BASE_URL, user)
    expect(await client.login(password, device_name="walk"), LoginResponse)
    return client


class Seen:
    """What a client's syncs have brought."""

    def __init__(self, client):
        self.client, self.events, self.ephemeral, self.invites = client, [], [], []
        client.add_event_callback(lambda room, event: self.events.append(event), (RoomMessageText, RedactedEvent))
        client.add_event_callback(lambda room, event: self.invites.append(room.room_id), InviteMemberEvent)
        client.add_ephemeral_callback(lambda room, event: self.ephemeral.append(event), (TypingNoticeEvent, ReceiptEvent))

    async def until(self, what, check):
        async def look():
            while not check():
                await self.client.sync(timeout=2000)

        try:
            await asyncio.wait_for(look(), DEADLINE)
        except asyncio.TimeoutError:
            raise AssertionError(f"not in time: {what}") from None


async def walk():
    step("two users register and log in")
    alice, bob = await session("alice"), await session("bob")
    hers, his = Seen(alice), Seen(bob)
    await alice.sync(timeout=0)
    await bob.sync(timeout=0)

    step("alice creates a room and invites bob, who joins")
    room = expect(await alice.room_create(name="The walk", invite=[bob.user_id]), RoomCreateResponse).room_id
    await his.until("bob sees the invite", lambda: room in his.invites)
    expect(await bob.join(room), JoinResponse)
    await hers.until("alice sees bob", lambda: room in alice.rooms and bob.user_id in alice.rooms[room].users)

    step("they talk")
    sent = []
    for number in range(8):
        who = alice if number % 2 == 0 else bob
        content = {"msgtype": "m.text", "body": f"line {number}"}
        sent.append(expect(await who.room_send(room, "m.room.message", content), RoomSendResponse).event_id)
    await his.until("bob has read the last line", lambda: any(getattr(e, "body", "") == "line 7" for e in his.events))
    lines = [e.event_id for e in his.events if e.event_id in sent]
    assert lines == sent, f"bob read {lines}, they sent {sent}"

    step("alice edits, and bob sees it")
    edit = {
        "msgtype": "m.text",
        "body": "* better",
        "m.new_content": {"msgtype": "m.text", "body": "better"},
        "m.relates_to": {"rel_type": "m.replace", "event_id": sent[0]},
    }
    edited = expect(await alice.room_send(room, "m.room.message", edit), RoomSendResponse).event_id
    await his.until("bob sees the edit", lambda: any(e.event_id == edited for e in his.events))

    step("alice redacts, and it is gone from the room")
    expect(await alice.room_redact(room, sent[2], reason="regret"), RoomRedactResponse)
    page = await bob.room_messages(room, bob.next_batch, direction=MessageDirection.back, limit=50)
    gone = next(e for e in page.chunk if e.event_id == sent[2])
    assert isinstance(gone, RedactedEvent), f"still there: {gone!r}"

    step("bob types and reads; alice sees both")
    await bob.room_typing(room, True, timeout=20000)
    await hers.until(
        "alice sees bob type",
        lambda: any(isinstance(e, TypingNoticeEvent) and bob.user_id in e.users for e in hers.ephemeral),
    )
    await bob.update_receipt_marker(room, sent[-1])
    await hers.until(
        "alice sees the receipt",
        lambda: any(
            isinstance(e, ReceiptEvent) and any(r.user_id == bob.user_id and r.event_id == sent[-1] for r in e.receipts)
            for e in hers.ephemeral
        ),
    )

    step("bob paginates back to the room's first event")
    token, found = bob.next_batch, []
    while token:
        page = await bob.room_messages(room, token, direction=MessageDirection.back, limit=5)
        found += [e.event_id for e in page.chunk]
        token = page.end if page.chunk else None
    assert [e for e in reversed(found) if e in sent] == sent, "pagination gives another order"
    assert len(found) == len(set(found)), "an event came twice"

    step("both log out; their tokens are dead at once")
    for client in (alice, bob):
        token = client.access_token
        expect(await client.logout(), LogoutResponse)
        request = urllib.request.Request(f"{BASE_URL}/_matrix/client/v3/account/whoami", headers={"Authorization": f"Bearer {token}"})
        try:
            urllib.request.urlopen(request)
            raise AssertionError("a dead token still works")
        except urllib.error.HTTPError as refused:
            assert refused.code == 401, refused.code
        await client.close()
    print("ok")


try:
    asyncio.run(walk())
except Exception as failure:  # whatever it is, the walk did not succeed
    print(f"FAILED: {type(failure).__name__}: {failure}", file=sys.stderr)
    sys.exit(1)
