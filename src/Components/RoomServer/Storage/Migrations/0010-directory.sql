-- Aliases of this server, and what the room directory shows.
CREATE TABLE rooms.alias (
    alias      text        PRIMARY KEY,
    room_id    text        NOT NULL,
    creator    text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX alias_by_room ON rooms.alias (room_id);

CREATE TABLE rooms.published (
    room_id      text        PRIMARY KEY,
    published_by text        NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now()
);
