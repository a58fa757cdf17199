CREATE SEQUENCE users.profile_change;

-- The host that took the change works on it at once; another takes over what is old.
ALTER TABLE users.profile_propagation ADD COLUMN requested_at timestamptz NOT NULL DEFAULT now();
