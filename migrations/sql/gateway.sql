-- What the gateway's reports and the operators' page need beyond the tables' own policies.

-- Delivery reports as they came in, until the worker has compared them with the outbox, which the
-- web role cannot read. A report may come before the send's own answer, twice, or out of order.
-- It stands here and not among the tables: nothing but the two policies below ever touches it.
CREATE TABLE guard.delivery_report (
  provider_id text NOT NULL,
  status text NOT NULL,
  -- Keyed hash of the handset's number: after a send whose answer was lost, the gateway's id is
  -- unknown and the number is what remains.
  number_hash bytea,
  reason text,
  at timestamptz NOT NULL,
  CONSTRAINT pk_delivery_report PRIMARY KEY (provider_id, status)
);
CREATE INDEX ix_delivery_report_at ON guard.delivery_report (at);
{secure:guard.delivery_report}
GRANT INSERT ON guard.delivery_report TO mrejesho_web;
GRANT SELECT, DELETE ON guard.delivery_report TO mrejesho_worker;
CREATE POLICY delivery_report_hook ON guard.delivery_report FOR INSERT TO mrejesho_web
  WITH CHECK ((SELECT guard.kind()) = 'hook');
CREATE POLICY delivery_report_job ON guard.delivery_report TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');

-- The migration that the database stands at, for the readiness check.
CREATE FUNCTION guard.revision() RETURNS text
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT version_num FROM alembic_version $$;

-- Sums for the operators: counts and ages, nothing of any case. Ages in seconds.
CREATE FUNCTION guard.metrics(p_now timestamptz) RETURNS TABLE (name text, value double precision)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
  IF guard.kind() <> 'operations' THEN
    RAISE EXCEPTION 'metrics are for the operators' USING ERRCODE = '42501';
  END IF;
  RETURN QUERY
  WITH waiting AS (
    SELECT state, created_at FROM outbox WHERE state IN ('queued', 'sending', 'unknown')
  ), ended AS (
    SELECT state, count(*) AS n FROM outbox WHERE state IN ('failed', 'dead') GROUP BY state
  ), inbound AS (
    SELECT received_at FROM inbound_message WHERE state = 'new'
  ), late AS (
    SELECT due_at FROM timer WHERE NOT done AND due_at <= p_now
  ), chain AS (
    SELECT coalesce(max(position), 0) AS sealed FROM audit_link
  )
  SELECT 'outbox_waiting', count(*)::double precision FROM waiting
  UNION ALL SELECT 'outbox_unknown', count(*) FILTER (WHERE state = 'unknown') FROM waiting
  UNION ALL SELECT 'outbox_oldest_seconds',
    coalesce(greatest(extract(epoch FROM p_now - min(created_at)), 0), 0) FROM waiting
  UNION ALL SELECT 'outbox_dead', coalesce((SELECT n FROM ended WHERE state = 'dead'), 0)
  UNION ALL SELECT 'outbox_failed', coalesce((SELECT n FROM ended WHERE state = 'failed'), 0)
  UNION ALL SELECT 'inbound_waiting', count(*) FROM inbound
  UNION ALL SELECT 'inbound_oldest_seconds',
    coalesce(greatest(extract(epoch FROM p_now - min(received_at)), 0), 0) FROM inbound
  UNION ALL SELECT 'inbound_dead',
    (SELECT count(*) FROM inbound_message WHERE state = 'dead')
  UNION ALL SELECT 'reports_waiting', (SELECT count(*) FROM guard.delivery_report)
  UNION ALL SELECT 'timers_overdue', count(*) FROM late
  UNION ALL SELECT 'sweep_lag_seconds',
    coalesce(extract(epoch FROM p_now - min(due_at)), 0) FROM late
  UNION ALL SELECT 'audit_unsealed', (SELECT count(*) FROM audit_entry) - sealed FROM chain;
END
$$;

REVOKE EXECUTE ON FUNCTION guard.revision(), guard.metrics(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.revision(), guard.metrics(timestamptz)
  TO mrejesho_web, mrejesho_worker;
