-- A user-interactive authentication under way: any host may continue it. Holds no credential.
CREATE TABLE users.interactive_auth (
    session            text        PRIMARY KEY,
    user_id            text,
    method             text        NOT NULL,
    uri                text        NOT NULL,
    completed          text[]      NOT NULL,
    registration_token text,
    expires_at         timestamptz NOT NULL
);
CREATE INDEX interactive_auth_token ON users.interactive_auth (registration_token) WHERE registration_token IS NOT NULL;
CREATE INDEX interactive_auth_expiry ON users.interactive_auth (expires_at);

CREATE TABLE users.registration_token (
    token        text   PRIMARY KEY,
    uses_allowed int,
    completed    int    NOT NULL DEFAULT 0,
    expires_at   timestamptz
);

CREATE TABLE users.login_token (
    token_hash bytea       PRIMARY KEY,
    user_id    text        NOT NULL REFERENCES users.account,
    expires_at timestamptz NOT NULL
);

CREATE TABLE users.openid_token (
    token_hash bytea       PRIMARY KEY,
    user_id    text        NOT NULL REFERENCES users.account,
    expires_at timestamptz NOT NULL
);
CREATE INDEX openid_token_expiry ON users.openid_token (expires_at);

-- Deactivated users whose rooms have not all been left yet.
CREATE TABLE users.departure (
    user_id      text        PRIMARY KEY REFERENCES users.account,
    requested_at timestamptz NOT NULL
);
