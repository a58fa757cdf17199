-- Users of this server. Never deleted: an id that was once used is not given out again.
CREATE TABLE users.account (
    user_id        text        PRIMARY KEY,
    password_hash  text,
    is_admin       boolean     NOT NULL DEFAULT false,
    is_guest       boolean     NOT NULL DEFAULT false,
    user_type      text,
    app_service    text,
    created_at     timestamptz NOT NULL,
    deactivated_at timestamptz,
    erased         boolean     NOT NULL DEFAULT false,
    locked         boolean     NOT NULL DEFAULT false,
    suspended      boolean     NOT NULL DEFAULT false
);

-- Numbers for localparts that nobody chose.
CREATE SEQUENCE users.generated_localpart;

CREATE TABLE users.device (
    user_id         text        NOT NULL REFERENCES users.account,
    device_id       text        NOT NULL,
    display_name    text,
    created_at      timestamptz NOT NULL,
    last_seen_at    timestamptz,
    last_seen_ip    text,
    last_seen_agent text,
    PRIMARY KEY (user_id, device_id)
);

-- A family is a chain of refreshes; each refresh is a generation. Tokens are stored as SHA-256.
CREATE SEQUENCE users.token_family;

CREATE TABLE users.access_token (
    token_hash bytea       PRIMARY KEY,
    user_id    text        NOT NULL,
    device_id  text        NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    family     bigint,
    generation int         NOT NULL DEFAULT 0,
    -- Once a token of a generation was used, what came before it is over.
    used       boolean     NOT NULL DEFAULT false,
    FOREIGN KEY (user_id, device_id) REFERENCES users.device ON DELETE CASCADE
);
CREATE INDEX access_token_device ON users.access_token (user_id, device_id);
CREATE INDEX access_token_family ON users.access_token (family) WHERE family IS NOT NULL;

CREATE TABLE users.refresh_token (
    token_hash bytea       PRIMARY KEY,
    user_id    text        NOT NULL,
    device_id  text        NOT NULL,
    created_at timestamptz NOT NULL,
    family     bigint      NOT NULL,
    generation int         NOT NULL,
    -- Kept when spent: whoever shows it again has stolen it, or was stolen from.
    spent      boolean     NOT NULL DEFAULT false,
    FOREIGN KEY (user_id, device_id) REFERENCES users.device ON DELETE CASCADE
);
CREATE INDEX refresh_token_device ON users.refresh_token (user_id, device_id);
CREATE INDEX refresh_token_family ON users.refresh_token (family);

CREATE TABLE users.registration_nonce (
    nonce      text        PRIMARY KEY,
    expires_at timestamptz NOT NULL
);

CREATE TABLE users.profile_field (
    user_id text  NOT NULL REFERENCES users.account,
    name    text  NOT NULL,
    value   bytea NOT NULL,
    PRIMARY KEY (user_id, name)
);
