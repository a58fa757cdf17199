-- Finding the event of a time.
CREATE INDEX event_time ON sync.event (room_id, sent_at, position) WHERE position IS NOT NULL;
