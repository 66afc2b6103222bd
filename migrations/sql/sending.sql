-- Sending: what is counted by day, what did not reach the citizen, and what an administrator does
-- with what was given up.

-- The worker's own: counts by keyed hash, forgotten after two days.
{secure:sms_day}
GRANT SELECT, INSERT, UPDATE, DELETE ON sms_day TO mrejesho_worker;
{job:sms_day}

-- Whoever sees the case sees that an SMS of it did not arrive; the worker notes it, the functions
-- below settle it.
{secure:delivery_problem}
GRANT SELECT ON delivery_problem TO mrejesho_web;
GRANT UPDATE (settled_at, way, by_officer_id) ON delivery_problem TO mrejesho_web;
GRANT SELECT, INSERT, UPDATE ON delivery_problem TO mrejesho_worker;
CREATE POLICY of_case ON delivery_problem FOR SELECT TO mrejesho_web USING (
  (SELECT guard.kind()) = 'officer' AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id));
CREATE POLICY told ON delivery_problem FOR UPDATE TO mrejesho_web USING (
  settled_at IS NULL AND (SELECT guard.kind()) = 'officer'
  AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id))
  WITH CHECK (by_officer_id = (SELECT guard.officer()) AND way IN ('telephone', 'letter'));
{job:delivery_problem}

-- One more attempt of a row that ended, by decision of a person: one decision, one copy. Where an
-- earlier attempt may have arrived, an unknown outcome of this one is the last. The gateway's id
-- stays until it gives another, so that late reports of the earlier copy are known as such. Not for
-- callers: whoever may not write the outbox gets nowhere with it.
CREATE FUNCTION guard.queue_again(p_row uuid, p_now timestamptz) RETURNS void LANGUAGE sql
AS $$
  UPDATE outbox SET state = 'queued', status_code = NULL, lease_token = NULL, finished_at = NULL,
         held = NULL, next_attempt_at = p_now, priority = 0,
         unknown_attempts = least(unknown_attempts, 1)
   WHERE id = p_row;
  UPDATE delivery_problem SET settled_at = p_now, way = 'sms', by_officer_id = guard.officer()
   WHERE outbox_id = p_row AND settled_at IS NULL;
  UPDATE alarm SET settled_at = p_now WHERE dedupe = 'outbox:' || p_row AND settled_at IS NULL;
$$;

-- The message of a problem goes out once more: for an officer who sees the case, where it can help.
CREATE FUNCTION guard.send_again(p_problem uuid, p_now timestamptz) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
  v_row uuid;
BEGIN
  SELECT d.outbox_id INTO v_row
    FROM delivery_problem d JOIN "case" c ON c.id = d.case_id JOIN outbox o ON o.id = d.outbox_id
   WHERE d.id = p_problem AND d.settled_at IS NULL AND d.again AND c.reachable
     AND o.state IN ('failed', 'expired', 'dead')
     AND guard.kind() = 'officer' AND {officer_sees:c}
     FOR UPDATE OF o, d;
  IF v_row IS NULL THEN
    RETURN false;
  END IF;
  PERFORM guard.queue_again(v_row, p_now);
  RETURN true;
END
$$;

-- Dead letters, for administrators: SMS given up, and SMS that could not be read. Neither number,
-- words nor case.
CREATE FUNCTION guard.dead_letters(p_before timestamptz, p_id uuid, p_limit integer)
  RETURNS TABLE (id uuid, kind text, template text, code text, attempts integer,
                 ambiguous integer, made_at timestamptz, ended_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT * FROM (
    (SELECT o.id, 'sms', o.template::text, o.status_code::text, o.attempts, o.unknown_attempts,
            o.created_at, o.finished_at
       FROM outbox o
      WHERE o.state = 'dead' AND (o.finished_at, o.id) < (p_before, p_id)
      ORDER BY o.finished_at DESC, o.id DESC LIMIT p_limit)
    UNION ALL
    (SELECT i.id, 'inbound', NULL, i.error::text, i.attempts, 0, i.received_at, i.received_at
       FROM inbound_message i
      WHERE i.state = 'dead' AND (i.received_at, i.id) < (p_before, p_id)
      ORDER BY i.received_at DESC, i.id DESC LIMIT p_limit)) AS d (id, kind, template, code,
            attempts, ambiguous, made_at, ended_at)
   WHERE guard.has('admin')
   ORDER BY d.ended_at DESC, d.id DESC LIMIT p_limit
$$;

-- What an administrator does with one: 'again' (SMS), 'drop' (SMS), 'read' (one that came in).
-- Answers what it was: its text, or 'inbound'; NULL where there is none, or where an earlier copy
-- may have arrived and the administrator was not warned of it.
CREATE FUNCTION guard.settle_dead_letter(p_id uuid, p_act text, p_warned boolean, p_now timestamptz)
  RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
  v_template text;
BEGIN
  IF NOT guard.has('admin') THEN
    RETURN NULL;
  END IF;
  IF p_act = 'read' THEN
    UPDATE inbound_message SET state = 'new', attempts = 0, next_attempt_at = p_now
     WHERE id = p_id AND state = 'dead';
    IF NOT FOUND THEN RETURN NULL; END IF;
    -- Under another name, so that the same message may raise an alarm again.
    UPDATE alarm SET settled_at = coalesce(settled_at, p_now), dedupe = dedupe || ':' || alarm.id
     WHERE dedupe = 'inbound:' || p_id;
    RETURN 'inbound';
  END IF;
  SELECT template INTO v_template FROM outbox
   WHERE id = p_id AND state = 'dead'
     AND (p_act = 'drop' OR p_act = 'again' AND (p_warned OR unknown_attempts = 0)) FOR UPDATE;
  IF v_template IS NULL THEN
    RETURN NULL;
  END IF;
  IF p_act = 'again' THEN
    PERFORM guard.queue_again(p_id, p_now);
  ELSE
    UPDATE outbox SET state = 'dropped' WHERE id = p_id;
    UPDATE alarm SET settled_at = p_now WHERE dedupe = 'outbox:' || p_id AND settled_at IS NULL;
  END IF;
  RETURN v_template;
END
$$;

-- How sending stands, for administrators: sums alone.
CREATE FUNCTION guard.sending_state(p_day date)
  RETURNS TABLE (waiting bigint, quiet bigint, over_budget bigint, over_number bigint, sent integer)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT count(*), count(*) FILTER (WHERE held = 'quiet'), count(*) FILTER (WHERE held = 'budget'),
         count(*) FILTER (WHERE held = 'number'),
         coalesce((SELECT d.sent FROM sms_day d WHERE d.day = p_day AND d.number_hash = ''), 0)
    FROM outbox WHERE state IN ('queued', 'sending', 'unknown') AND guard.has('admin')
$$;

REVOKE EXECUTE ON FUNCTION guard.queue_again(uuid, timestamptz),
  guard.send_again(uuid, timestamptz), guard.dead_letters(timestamptz, uuid, integer),
  guard.settle_dead_letter(uuid, text, boolean, timestamptz), guard.sending_state(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.send_again(uuid, timestamptz),
  guard.dead_letters(timestamptz, uuid, integer),
  guard.settle_dead_letter(uuid, text, boolean, timestamptz), guard.sending_state(date)
  TO mrejesho_web;
