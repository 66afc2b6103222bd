-- Who is asking, and what that principal's scope is.
--
-- `guard.become` is called at each transaction's begin. It writes the scope into settings that
-- vanish with the transaction; policies read them through `(SELECT guard.…())`, which the planner
-- evaluates once for a query. The boundary this draws is between principals of the application:
-- a query of ours that forgets its WHERE or a page that asks for another's case sees only
-- what the present principal may see. Who can run SQL of his own as the web role can also name
-- another principal here: values are therefore bound, never written into SQL.
CREATE SCHEMA guard;
GRANT USAGE ON SCHEMA guard TO mrejesho_web, mrejesho_worker;

CREATE FUNCTION guard.kind() RETURNS text LANGUAGE sql STABLE
  AS $$ SELECT coalesce(nullif(current_setting('app.kind', true), ''), 'nobody') $$;
CREATE FUNCTION guard.officer() RETURNS integer LANGUAGE sql STABLE
  AS $$ SELECT nullif(current_setting('app.officer', true), '')::integer $$;
CREATE FUNCTION guard.case_id() RETURNS uuid LANGUAGE sql STABLE
  AS $$ SELECT nullif(current_setting('app.case', true), '')::uuid $$;
CREATE FUNCTION guard.institution() RETURNS integer LANGUAGE sql STABLE
  AS $$ SELECT nullif(current_setting('app.institution', true), '')::integer $$;
-- units, heads, coordinates, posts: integers; roles: texts; conflicts: case ids
CREATE FUNCTION guard.ids(p_name text) RETURNS integer[] LANGUAGE sql STABLE
  AS $$ SELECT coalesce(nullif(current_setting('app.' || p_name, true), ''), '{}')::integer[] $$;
CREATE FUNCTION guard.has(p_role text) RETURNS boolean LANGUAGE sql STABLE
  AS $$ SELECT p_role = ANY (coalesce(nullif(current_setting('app.roles', true), ''), '{}')::text[]) $$;
-- Whether the officer has a role in which one can own a case.
CREATE FUNCTION guard.serves() RETURNS boolean LANGUAGE sql STABLE
  AS $$ SELECT guard.has('handler') OR guard.has('coordinator') OR guard.has('head') $$;
CREATE FUNCTION guard.conflicts() RETURNS uuid[] LANGUAGE sql STABLE
  AS $$ SELECT coalesce(nullif(current_setting('app.conflicts', true), ''), '{}')::uuid[] $$;
-- The worker's own principal. Policies are bound to its role; functions that run as the owner ask
-- here, so that the web role gains nothing by calling itself a job. Within such a function the
-- present user is the owner; the setting still names the role that was taken, if one was.
CREATE FUNCTION guard.is_job() RETURNS boolean LANGUAGE sql STABLE
  AS $$ SELECT guard.kind() = 'job' AND pg_has_role(
    coalesce(nullif(current_setting('role'), 'none'), session_user::text)::name,
    'mrejesho_worker', 'MEMBER') $$;

-- A post is held by its holder; the deputy stands in while there is no holder, or the holder is
-- away or no longer active.
CREATE FUNCTION guard.posts_of(p_officer integer, p_day date)
  RETURNS TABLE (post_id integer, institution_id integer, unit_id integer, kind text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT p.id, p.institution_id, p.unit_id, p.kind
    FROM post_holding h JOIN post p ON p.id = h.post_id
   WHERE h.officer_id = p_officer
     AND h.since_day <= p_day AND (h.until_day IS NULL OR h.until_day >= p_day)
     AND (h.capacity = 'holder' OR NOT EXISTS (
       SELECT FROM post_holding o JOIN officer f ON f.id = o.officer_id AND f.active
        WHERE o.post_id = h.post_id AND o.capacity = 'holder'
          AND o.since_day <= p_day AND (o.until_day IS NULL OR o.until_day >= p_day)
          AND NOT EXISTS (SELECT FROM leave l WHERE l.officer_id = o.officer_id
                             AND p_day BETWEEN l.first_day AND l.last_day)))
$$;

-- Returns the version of the reference data, so that a process notices a change without asking.
CREATE FUNCTION guard.become(p_kind text, p_officer integer, p_case uuid) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
  o record;
  today date := (now() AT TIME ZONE 'Africa/Dar_es_Salaam')::date;
  v_posts integer[]; v_heads integer[]; v_units integer[];
  v_version integer := (SELECT version FROM reference_state);
BEGIN
  -- Whoever was there before leaves nothing behind.
  PERFORM set_config('app.' || name, '', true)
     FROM unnest(ARRAY['officer', 'case', 'institution', 'roles', 'units', 'posts', 'heads',
                       'coordinates', 'conflicts']) AS name;
  IF p_kind <> 'officer' THEN
    PERFORM set_config('app.kind', p_kind, true),
            set_config('app.case', coalesce(p_case::text, ''), true);
    RETURN v_version;
  END IF;
  SELECT institution_id, unit_id, roles INTO o FROM officer WHERE id = p_officer AND active;
  IF NOT FOUND THEN
    PERFORM set_config('app.kind', 'nobody', true);
    RETURN v_version;
  END IF;
  SELECT coalesce(array_agg(post_id), '{}'),
         coalesce(array_agg(institution_id) FILTER (WHERE kind = 'institution_head'), '{}'),
         coalesce(array_agg(unit_id) FILTER (WHERE kind = 'unit_head'), '{}')
    INTO v_posts, v_heads, v_units FROM guard.posts_of(p_officer, today);
  IF 'handler' = ANY (o.roles) THEN v_units := v_units || o.unit_id; END IF;
  PERFORM set_config('app.kind', 'officer', true),
          set_config('app.officer', p_officer::text, true),
          set_config('app.institution', o.institution_id::text, true),
          set_config('app.roles', o.roles::text, true),
          set_config('app.units', v_units::text, true),
          set_config('app.posts', v_posts::text, true),
          set_config('app.heads', v_heads::text, true),
          set_config('app.coordinates', CASE WHEN 'coordinator' = ANY (o.roles)
                                             THEN ARRAY[o.institution_id]::text ELSE '{}' END, true),
          set_config('app.conflicts', (SELECT coalesce(array_agg(case_id), '{}')::text
                                         FROM conflict WHERE officer_id = p_officer), true);
  RETURN v_version;
END
$$;

-- Has the case reached a rung of this officer's posts? A skipped rung gives nothing.
CREATE FUNCTION guard.reached(p_case uuid, p_restricted boolean) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT EXISTS (
    SELECT FROM escalation e
     WHERE e.case_id = p_case AND e.restricted = p_restricted AND e.way <> 'skipped'
       AND (e.post_id = ANY (guard.ids('posts')) OR e.copy_post_id = ANY (guard.ids('posts'))
            -- The deputy of a holder who is excluded stands in for this case alone.
            OR e.way = 'deputy' AND e.officer_id = guard.officer()))
$$;

-- The handler of a unit who has waited longest for a case; where it has none, a handler of the
-- institution's default unit; then its coordinator. Excluded, absent and inactive officers are
-- passed over. NULL: the case stays unowned, with clock and ladder running. An officer whom
-- another intake is choosing at this moment is passed over rather than waited for.
CREATE FUNCTION guard.pick_handler(p_institution integer, p_unit integer, p_excluded integer[],
                                   p_now timestamptz) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
  v_ids integer[];
  v_id integer;
  v_day date := (p_now AT TIME ZONE 'Africa/Dar_es_Salaam')::date;
BEGIN
  SELECT array_agg(id ORDER BY last_assigned_at NULLS FIRST, id) INTO v_ids FROM (
    SELECT o.id, o.last_assigned_at,
           rank() OVER (ORDER BY ('handler' = ANY (o.roles) AND o.unit_id = p_unit) DESC,
                                 ('handler' = ANY (o.roles)) DESC) AS standing
      FROM officer o JOIN unit u ON u.id = o.unit_id
     WHERE o.institution_id = p_institution AND o.active AND o.id <> ALL (p_excluded)
       AND (('handler' = ANY (o.roles) AND (o.unit_id = p_unit OR u.is_default))
            OR 'coordinator' = ANY (o.roles))
       AND NOT EXISTS (SELECT FROM leave l WHERE l.officer_id = o.id
                          AND v_day BETWEEN l.first_day AND l.last_day)) ranked
   WHERE standing = 1;
  SELECT id INTO v_id FROM officer WHERE id = ANY (v_ids)
   ORDER BY last_assigned_at NULLS FIRST, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
  IF v_id IS NULL THEN
    RETURN v_ids[1];
  END IF;
  UPDATE officer SET last_assigned_at = p_now WHERE id = v_id;
  RETURN v_id;
END
$$;

-- The owner of a restricted case: an ethics officer of another institution than the one
-- complained about.
CREATE FUNCTION guard.pick_ethics(p_institution integer, p_excluded integer[], p_now timestamptz)
  RETURNS integer LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  UPDATE officer SET last_assigned_at = p_now WHERE id = (SELECT o.id FROM officer o
    JOIN institution i ON i.id = o.institution_id
   WHERE 'ethics' = ANY (o.roles) AND o.active AND o.institution_id <> p_institution
     AND o.id <> ALL (p_excluded)
     AND NOT EXISTS (SELECT FROM leave l WHERE l.officer_id = o.id
                        AND (p_now AT TIME ZONE 'Africa/Dar_es_Salaam')::date
                            BETWEEN l.first_day AND l.last_day)
   -- Those of the Ethics Secretariat first; of a case about the Secretariat itself, the others.
   ORDER BY (i.code = 'ETHICS') DESC, o.last_assigned_at NULLS FIRST, o.id LIMIT 1)
  RETURNING id
$$;

-- Everyone who may not see the case: routing and reassignment go round them. Whoever does not see
-- the case, an excluded officer among them, learns nothing here.
CREATE FUNCTION guard.excluded(p_case uuid) RETURNS integer[]
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT coalesce(array_agg(x.officer_id), '{}') FROM conflict x
   WHERE x.case_id = p_case AND (
     guard.is_job()
     OR guard.kind() IN ('public', 'lodging') AND p_case = guard.case_id()
     OR guard.kind() = 'officer'
        AND EXISTS (SELECT FROM "case" c WHERE c.id = p_case AND {officer_sees:c}))
$$;

-- What the check of a receipt code needs; answers only that purpose. With the reference alone
-- nobody reads a case: the caller compares the code before it becomes the case's principal.
CREATE FUNCTION guard.receipt(p_reference text)
  RETURNS TABLE (case_id uuid, submission_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT c.id, s.id FROM "case" c JOIN submission s ON s.case_id = c.id
   WHERE c.reference = p_reference AND guard.kind() = 'receipt-check'
$$;

-- A repeated post: the case that this random submission id already made. The lock makes a double
-- click wait for the first one's commit; the second query then sees it.
CREATE FUNCTION guard.repeated(p_submission uuid)
  RETURNS TABLE (case_id uuid, reference text, content_hash bytea, at timestamptz)
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(p_submission::text, 0));
  RETURN QUERY
    SELECT c.id, c.reference::text, s.content_hash, s.at
      FROM submission s JOIN "case" c ON c.id = s.case_id
     WHERE s.id = p_submission AND (guard.kind() = 'lodging' OR guard.is_job());
END
$$;

-- When the clocks of a case that was just found by its submission fall due.
CREATE FUNCTION guard.due_times(p_case uuid, p_submission uuid)
  RETURNS TABLE (clock text, due_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT d.clock::text, d.due_at FROM deadline d JOIN submission s ON s.case_id = d.case_id
   WHERE d.case_id = p_case AND s.id = p_submission AND d.cycle = 1
$$;

-- Move a case to another unit, institution, owner or level. The caller must see the case now,
-- and may not see it afterwards: under policies alone such an update could not be made.
CREATE FUNCTION guard.move_case(p_case uuid, p_institution integer, p_unit integer,
                                p_handler integer, p_confidentiality text, p_status text,
                                p_triage boolean, p_transfers integer) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM "case" c WHERE c.id = p_case AND (
      guard.is_job()
      OR (guard.kind() = 'public' AND c.id = guard.case_id())
      OR (guard.kind() = 'officer' AND {officer_sees:c}))) THEN
    RAISE EXCEPTION 'the case cannot be moved by this principal' USING ERRCODE = '42501';
  END IF;
  UPDATE "case" SET institution_id = p_institution, unit_id = p_unit, handler_id = p_handler,
         confidentiality = p_confidentiality, status = p_status, triage = p_triage,
         transfers = p_transfers
   WHERE id = p_case;
END
$$;

-- All rows of one lodging in one round trip, under the caller's own policies: the arrival of
-- complaints is what must never be slow. False: the reference is taken, nothing was written.
CREATE FUNCTION guard.insert_rows(p jsonb) RETURNS boolean
  LANGUAGE plpgsql SECURITY INVOKER SET search_path = public, pg_temp
AS $$
DECLARE v_count integer;
BEGIN
  -- No conflict target: naming one would ask for the right to read the other case.
  INSERT INTO "case" SELECT * FROM jsonb_populate_recordset(NULL::"case", p->'case')
    ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS v_count = ROW_COUNT;
  IF v_count = 0 THEN RETURN false; END IF;
  INSERT INTO submission SELECT * FROM jsonb_populate_recordset(NULL::submission, p->'submission');
  INSERT INTO message SELECT * FROM jsonb_populate_recordset(NULL::message, p->'message');
  INSERT INTO deadline SELECT * FROM jsonb_populate_recordset(NULL::deadline, p->'deadline');
  INSERT INTO timer SELECT * FROM jsonb_populate_recordset(NULL::timer, p->'timer');
  INSERT INTO audit_entry
    SELECT * FROM jsonb_populate_recordset(NULL::audit_entry, p->'audit_entry');
  INSERT INTO figure_dirty
    SELECT * FROM jsonb_populate_recordset(NULL::figure_dirty, p->'figure_dirty');
  IF p ? 'assignment' THEN
    INSERT INTO assignment
      SELECT * FROM jsonb_populate_recordset(NULL::assignment, p->'assignment');
  END IF;
  IF p ? 'notice' THEN
    INSERT INTO notice SELECT * FROM jsonb_populate_recordset(NULL::notice, p->'notice');
  END IF;
  IF p ? 'conflict' THEN
    INSERT INTO conflict SELECT * FROM jsonb_populate_recordset(NULL::conflict, p->'conflict');
  END IF;
  IF p ? 'sealed_identity' THEN
    INSERT INTO sealed_identity
      SELECT * FROM jsonb_populate_recordset(NULL::sealed_identity, p->'sealed_identity');
  END IF;
  IF p ? 'outbox' THEN
    INSERT INTO outbox SELECT * FROM jsonb_populate_recordset(NULL::outbox, p->'outbox')
      ON CONFLICT DO NOTHING;
  END IF;
  RETURN true;
END
$$;

-- Processes keep the reference data in memory; its version tells them when to read it again.
INSERT INTO reference_state (id, version) VALUES (1, 1);
CREATE FUNCTION guard.reference_changed() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$ BEGIN UPDATE reference_state SET version = version + 1; RETURN NULL; END $$;
{watched:calendar,holiday,institution,unit,service_standard,category,ladder_rung,place}

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA guard FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA guard TO mrejesho_web, mrejesho_worker;
