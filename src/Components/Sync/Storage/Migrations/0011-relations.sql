-- What relates to an event, page by page.
CREATE INDEX relation_parent ON sync.relation (parent_id, position);
