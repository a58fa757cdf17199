-- Global account data has the empty room id. Tags are of type m.tag, push rules of type m.push_rules.
CREATE TABLE users.account_data (
    user_id text  NOT NULL REFERENCES users.account,
    room_id text  NOT NULL,
    type    text  NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (user_id, room_id, type)
);

CREATE TABLE users.client_data_partition (
    partition int    PRIMARY KEY,
    position  bigint NOT NULL
);

CREATE TABLE users.client_data (
    partition int    NOT NULL,
    position  bigint NOT NULL,
    key       text   NOT NULL,
    body      bytea  NOT NULL,
    trace     text,
    PRIMARY KEY (partition, position)
);

-- A filter never changes under its id; the same filter stored again has the same id.
CREATE TABLE users.filter (
    user_id   text   NOT NULL REFERENCES users.account,
    filter_id bigint NOT NULL,
    hash      bytea  NOT NULL,
    content   bytea  NOT NULL,
    PRIMARY KEY (user_id, filter_id),
    UNIQUE (user_id, hash)
);

-- Users whose member events do not show their profile yet. A change raises the number, so that one made meanwhile is not lost.
CREATE TABLE users.profile_propagation (
    user_id text   PRIMARY KEY REFERENCES users.account,
    change  bigint NOT NULL
);
