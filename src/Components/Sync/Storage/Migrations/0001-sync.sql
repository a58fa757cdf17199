-- What clients may see, rebuilt from the logs at any time. Text keys compare as bytes: no locale has a say in an index.

-- The one position of everything a client sees. Its row lock makes commit order position order, on any number of hosts.
-- `oldest` counts down for events of the past, which have a place in the timeline and none in the stream.
-- `generation` changes with a rebuild: hosts then forget what they keep in memory.
CREATE TABLE sync.stream (
    position   bigint NOT NULL,
    oldest     bigint NOT NULL,
    generation int    NOT NULL
);
INSERT INTO sync.stream VALUES (0, 0, 1);

CREATE TABLE sync.checkpoint (
    log       text   NOT NULL,
    partition int    NOT NULL,
    position  bigint NOT NULL,
    PRIMARY KEY (log, partition)
);

-- Moves checkpoints; raises MB001 unless every one of them stands where the caller believes: one round trip, fence included.
CREATE FUNCTION sync.advance(logs text[], partitions int[], afters bigint[], up_tos bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE moved int;
BEGIN
    UPDATE sync.checkpoint c SET position = n.up_to
    FROM unnest(logs, partitions, afters, up_tos) AS n (log, partition, after, up_to)
    WHERE c.log = n.log AND c.partition = n.partition AND c.position = n.after;
    GET DIAGNOSTICS moved = ROW_COUNT;
    IF moved <> cardinality(logs) THEN
        RAISE EXCEPTION 'a checkpoint is not where it was expected' USING ERRCODE = 'MB001';
    END IF;
END $$;

CREATE TABLE sync.room (
    room_id       text COLLATE "C" NOT NULL PRIMARY KEY,
    version       text   NOT NULL,
    last_position bigint NOT NULL,
    joined        int    NOT NULL DEFAULT 0,
    invited       int    NOT NULL DEFAULT 0
) WITH (fillfactor = 70);

-- `position` is null for state that is known without a place in the timeline. `json` is the event as clients see it, without
-- room_id and unsigned. `value` is the membership of a member event, the visibility of a history visibility event.
CREATE TABLE sync.event (
    event_id          text COLLATE "C" NOT NULL PRIMARY KEY,
    room_id           text COLLATE "C" NOT NULL,
    position          bigint,
    type              text COLLATE "C" NOT NULL,
    state_key         text COLLATE "C",
    sender            text COLLATE "C" NOT NULL,
    sent_at           bigint   NOT NULL,
    value             smallint NOT NULL,
    has_url           boolean  NOT NULL,
    json              bytea    NOT NULL,
    replaces_state    text COLLATE "C",
    prev_content      bytea,
    device_id         text,
    transaction_id    text,
    redacted_because  text COLLATE "C",
    redacted_position bigint
);
CREATE UNIQUE INDEX event_timeline ON sync.event (room_id, position) WHERE position IS NOT NULL;
CREATE INDEX event_stream ON sync.event (position) WHERE position > 0;
CREATE INDEX event_redacted ON sync.event (redacted_position) WHERE redacted_position IS NOT NULL;
CREATE INDEX event_replaces ON sync.event (replaces_state) WHERE replaces_state IS NOT NULL;

-- How current state changed: state at any position is the newest delta up to it; `prev_event_id` lets the newest state be
-- wound back over the few deltas since.
CREATE TABLE sync.state_delta (
    room_id       text COLLATE "C" NOT NULL,
    type          text COLLATE "C" NOT NULL,
    state_key     text COLLATE "C" NOT NULL,
    position      bigint   NOT NULL,
    event_id      text COLLATE "C",
    prev_event_id text COLLATE "C",
    value         smallint NOT NULL,
    PRIMARY KEY (room_id, type, state_key, position)
);
CREATE INDEX state_delta_room ON sync.state_delta (room_id, position);
CREATE INDEX state_delta_stream ON sync.state_delta (position);

CREATE TABLE sync.current_state (
    room_id   text COLLATE "C" NOT NULL,
    type      text COLLATE "C" NOT NULL,
    state_key text COLLATE "C" NOT NULL,
    event_id  text COLLATE "C" NOT NULL,
    value     smallint NOT NULL,
    position  bigint   NOT NULL,
    PRIMARY KEY (room_id, type, state_key)
);

-- What a user is to a room now. `noticed_at` is set by what concerns the user beside the room: an invite or knock with its
-- stripped state, its end, forgetting.
CREATE TABLE sync.membership (
    room_id    text COLLATE "C" NOT NULL,
    user_id    text COLLATE "C" NOT NULL,
    membership smallint NOT NULL,
    event_id   text COLLATE "C",
    position   bigint   NOT NULL,
    stripped   bytea,
    forgotten  boolean  NOT NULL DEFAULT false,
    noticed_at bigint,
    PRIMARY KEY (user_id, room_id)
);
CREATE INDEX membership_room ON sync.membership (room_id, membership, position);
CREATE INDEX membership_noticed ON sync.membership (noticed_at) WHERE noticed_at IS NOT NULL;

CREATE TABLE sync.relation (
    parent_id text COLLATE "C" NOT NULL,
    child_id  text COLLATE "C" NOT NULL,
    room_id   text COLLATE "C" NOT NULL,
    rel_type  text COLLATE "C" NOT NULL,
    type      text COLLATE "C" NOT NULL,
    sender    text COLLATE "C" NOT NULL,
    sent_at   bigint NOT NULL,
    position  bigint NOT NULL,
    PRIMARY KEY (parent_id, rel_type, child_id)
);
CREATE INDEX relation_child ON sync.relation (child_id);
CREATE INDEX relation_thread ON sync.relation (room_id, rel_type, position);

-- The newest value of things that are not events of a room's graph (account data, typing, receipts): each stream names its keys.
-- An empty user_id means everyone in the room, an empty room_id the user's own affairs.
CREATE TABLE sync.item (
    stream   smallint NOT NULL,
    room_id  text COLLATE "C" NOT NULL,
    user_id  text COLLATE "C" NOT NULL,
    key      text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    body     bytea  NOT NULL,
    PRIMARY KEY (stream, room_id, user_id, key)
);
CREATE INDEX item_stream ON sync.item (position);
CREATE INDEX item_room ON sync.item (room_id, position) WHERE room_id <> '';
CREATE INDEX item_user ON sync.item (user_id, position) WHERE user_id <> '';
