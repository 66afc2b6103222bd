-- Changes of reference data and of officers by administrators: asked for by one, where it gives
-- power decided by a second, and written by the worker alone when its day has come.

{secure:reference_change}
GRANT SELECT, INSERT ON reference_change TO mrejesho_web;
GRANT SELECT, UPDATE (state, settled_at, problem, before) ON reference_change TO mrejesho_worker;
CREATE POLICY admin_reads ON reference_change FOR SELECT TO mrejesho_web
  USING ((SELECT guard.has('admin')) OR (SELECT guard.has('auditor')));
CREATE POLICY admin_asks ON reference_change FOR INSERT TO mrejesho_web
  WITH CHECK ((SELECT guard.has('admin')) AND officer_id = (SELECT guard.officer())
              AND decided_by IS NULL AND NOT alone
              AND state = CASE WHEN needs_second THEN 'asked' ELSE 'planned' END);
CREATE POLICY job_applies ON reference_change TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');

-- Whether a place still has work: open cases or answered ones that may come back, and officers.
CREATE FUNCTION guard.occupied(p_institution integer, p_unit integer)
  RETURNS TABLE (cases boolean, officers boolean)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT EXISTS (SELECT FROM "case" c WHERE c.institution_id = p_institution
                   AND (p_unit IS NULL OR c.unit_id = p_unit)
                   AND c.status NOT IN ('closed', 'withdrawn')),
         EXISTS (SELECT FROM officer o WHERE o.institution_id = p_institution
                   AND (p_unit IS NULL OR o.unit_id = p_unit) AND o.active)
   WHERE guard.has('admin') OR guard.is_job()
$$;

-- Decide about a change: approve, refuse, or cancel it before its day. Whoever asked approves
-- nothing of the own, but where there was never another administrator; an alarm tells so.
CREATE FUNCTION guard.decide_change(p_change uuid, p_act text, p_now timestamptz)
  RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
  r reference_change;
  v_alone boolean;
BEGIN
  IF guard.kind() <> 'officer' OR NOT guard.has('admin') THEN
    RAISE EXCEPTION 'this officer does not decide here' USING ERRCODE = '42501';
  END IF;
  SELECT * INTO r FROM reference_change WHERE id = p_change FOR UPDATE;
  IF NOT FOUND OR r.state NOT IN ('asked', 'planned') OR r.state = 'planned' AND p_act <> 'cancel'
  THEN
    RETURN 'gone';
  END IF;
  IF p_act = 'cancel' THEN
    UPDATE reference_change SET state = 'cancelled', settled_at = p_now WHERE id = p_change;
    RETURN 'cancelled';
  END IF;
  v_alone := r.officer_id = guard.officer() AND p_act = 'approve' AND NOT EXISTS (
    SELECT FROM officer o WHERE 'admin' = ANY (o.roles) AND o.id <> r.officer_id) AND NOT EXISTS (
    SELECT FROM grant_request g WHERE g.state = 'approved' AND 'admin' = ANY (g.roles)
       AND g.officer_id <> r.officer_id) AND NOT EXISTS (
    -- Nor one whose role the asker took away.
    SELECT FROM audit_entry a WHERE a.actor_id = r.officer_id AND a.act = 'roles_set'
       AND 'admin' = ANY (string_to_array(a.details ->> 'taken', ',')));
  -- Nor does whom it concerns.
  IF r.subject = 'officer' AND EXISTS (SELECT FROM officer o WHERE o.username = r.key
                                          AND o.id = guard.officer()) AND NOT v_alone
     OR r.officer_id = guard.officer() AND NOT v_alone THEN
    RETURN 'yourself';
  END IF;
  IF p_act = 'refuse' THEN
    UPDATE reference_change SET state = 'refused', settled_at = p_now, decided_by = guard.officer()
     WHERE id = p_change;
    RETURN 'refused';
  END IF;
  UPDATE reference_change SET state = 'planned', decided_by = guard.officer(), alone = v_alone
   WHERE id = p_change;
  IF v_alone THEN
    INSERT INTO alarm (dedupe, kind, institution_id, cycle, at)
      SELECT 'changed_alone:' || p_change, 'changed_alone', institution_id, 0, p_now
        FROM officer WHERE id = r.officer_id;
  END IF;
  RETURN 'planned';
END
$$;

-- Write a row for a change that is due: the only way from the application into these tables.
-- Answers the row's number; without p_id a row is added.
CREATE FUNCTION guard.write_reference(p_change uuid, p_table text, p_id integer, p_row jsonb)
  RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
  v_columns text := (SELECT string_agg(quote_ident(k), ', ') FROM jsonb_object_keys(p_row) k);
  v_keys text[] := ARRAY(SELECT jsonb_object_keys(p_row));
  v_known boolean;
  v_id integer;
BEGIN
  IF NOT guard.is_job() OR NOT EXISTS (
      SELECT FROM reference_change c WHERE c.id = p_change AND c.state = 'planned'
         AND (NOT c.needs_second OR c.decided_by IS NOT NULL)) THEN
    RAISE EXCEPTION 'no change is due' USING ERRCODE = '42501';
  END IF;
  v_known := CASE p_table
    WHEN 'officer' THEN p_id IS NOT NULL AND v_keys <@ ARRAY['name', 'institution_id', 'unit_id']
    WHEN 'post_holding' THEN p_id IS NOT NULL AND v_keys = ARRAY['until_day']
    WHEN 'post' THEN p_id IS NULL
    ELSE p_table IN ('institution', 'unit', 'category', 'service_standard', 'ladder_rung', 'place')
  END;
  IF NOT v_known THEN
    RAISE EXCEPTION 'no such change' USING ERRCODE = '42501';
  END IF;
  IF p_id IS NULL THEN
    EXECUTE 'INSERT INTO ' || quote_ident(p_table) || ' (' || v_columns || ') SELECT ' || v_columns
      || ' FROM jsonb_populate_record(NULL::' || quote_ident(p_table) || ', $1) RETURNING id'
      INTO v_id USING p_row;
  ELSE
    EXECUTE 'UPDATE ' || quote_ident(p_table) || ' t SET (' || v_columns || ') = (SELECT '
      || v_columns || ' FROM jsonb_populate_record(NULL::' || quote_ident(p_table)
      || ', $1)) WHERE t.id = $2 RETURNING t.id'
      INTO v_id USING p_row, p_id;
  END IF;
  RETURN v_id;
END
$$;

REVOKE EXECUTE ON FUNCTION guard.occupied(integer, integer),
  guard.decide_change(uuid, text, timestamptz),
  guard.write_reference(uuid, text, integer, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.occupied(integer, integer) TO mrejesho_web, mrejesho_worker;
GRANT EXECUTE ON FUNCTION guard.decide_change(uuid, text, timestamptz) TO mrejesho_web;
GRANT EXECUTE ON FUNCTION guard.write_reference(uuid, text, integer, jsonb) TO mrejesho_worker;
