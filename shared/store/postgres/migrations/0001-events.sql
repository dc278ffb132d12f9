-- The events of one service and county. Positions come from the writer under its lock, never from a sequence.
CREATE TABLE IF NOT EXISTS stored_events (
    notification_id BIGINT PRIMARY KEY,
    originator_id TEXT COLLATE "C" NOT NULL,
    originator_version BIGINT NOT NULL,
    topic TEXT NOT NULL,
    state TEXT NOT NULL,
    recorded_at TEXT COLLATE "C" NOT NULL,
    salt TEXT NOT NULL,
    UNIQUE (originator_id, originator_version)
);
CREATE INDEX IF NOT EXISTS stored_events_recorded_at ON stored_events (recorded_at);
CREATE TABLE IF NOT EXISTS tracking (application_name TEXT PRIMARY KEY, notification_id BIGINT NOT NULL);

CREATE OR REPLACE FUNCTION events_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an event is never changed or removed' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE OR REPLACE TRIGGER events_are_not_changed BEFORE UPDATE OR DELETE ON stored_events FOR EACH ROW EXECUTE FUNCTION events_stay();
CREATE OR REPLACE TRIGGER events_are_not_emptied BEFORE TRUNCATE ON stored_events FOR EACH STATEMENT EXECUTE FUNCTION events_stay();

-- The writer's one round trip: under the lock, look whether everything is as the writer assumed; if so, insert all of it.
-- Otherwise somebody else wrote in between: it fails as a whole (40001), and the writer looks and settles again under the lock.
CREATE OR REPLACE FUNCTION append_rows(
    lock BIGINT, assumed_position BIGINT,
    streams TEXT[], versions BIGINT[],
    asked_keys TEXT[], new_keys TEXT[], macs TEXT[], statuses INTEGER[], key_positions BIGINT[], bodies BYTEA[], kept BIGINT,
    neighbours TEXT[], taken_before BIGINT[], taken BIGINT[],
    new_positions BIGINT[], new_streams TEXT[], new_versions BIGINT[], new_topics TEXT[], new_states TEXT[], new_instant TEXT, salts TEXT[]
) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(lock);
    IF assumed_position <> coalesce((SELECT max(notification_id) FROM stored_events), 0)
        OR EXISTS (
            SELECT FROM unnest(streams, versions) AS named(stream, version)
            WHERE named.version <> coalesce((SELECT max(originator_version) FROM stored_events WHERE originator_id = named.stream), 0))
        OR EXISTS (SELECT FROM answers WHERE key_id = ANY(asked_keys))
        OR EXISTS (
            SELECT FROM unnest(neighbours, taken_before) AS named(neighbour, position)
            WHERE named.position <> coalesce((SELECT notification_id FROM tracking WHERE application_name = named.neighbour), 0))
    THEN
        RAISE EXCEPTION 'somebody else wrote in between' USING ERRCODE = 'serialization_failure';
    END IF;
    INSERT INTO stored_events
        SELECT p, s, v, t, e, new_instant, salt
        FROM unnest(new_positions, new_streams, new_versions, new_topics, new_states, salts) AS new(p, s, v, t, e, salt);
    IF cardinality(new_keys) > 0 THEN
        INSERT INTO answers (key_id, body_mac, status, position, body, kept_at)
            SELECT k, m, s, p, b, kept FROM unnest(new_keys, macs, statuses, key_positions, bodies) AS new(k, m, s, p, b);
    END IF;
    IF cardinality(neighbours) > 0 THEN
        INSERT INTO tracking SELECT n, p FROM unnest(neighbours, taken) AS new(n, p)
            ON CONFLICT (application_name) DO UPDATE SET notification_id = excluded.notification_id;
    END IF;
END $$;
