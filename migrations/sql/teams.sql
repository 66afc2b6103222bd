-- Rosters, working days, deputies, and cases that change hands in one act.

-- Whether the asker answers for an officer: as head or coordinator of the officer's institution, as
-- head of the officer's unit.
CREATE FUNCTION guard.leads(p_officer integer) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT EXISTS (
    SELECT FROM officer o
     WHERE o.id = p_officer
       AND (o.institution_id = ANY (guard.ids('heads'))
            OR o.institution_id = ANY (guard.ids('coordinates'))
            OR EXISTS (SELECT FROM post p WHERE p.id = ANY (guard.ids('posts'))
                          AND p.kind = 'unit_head' AND p.unit_id = o.unit_id)))
$$;

-- Whether the asker enters an officer's leave. Of one who holds a post only the institution's head
-- does: leave hands the post to its deputy, who may be the coordinator.
CREATE FUNCTION guard.sends_away(p_officer integer) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT guard.leads(p_officer) AND (
    EXISTS (SELECT FROM officer o WHERE o.id = p_officer
               AND o.institution_id = ANY (guard.ids('heads')))
    OR NOT EXISTS (SELECT FROM post_holding h WHERE h.officer_id = p_officer
                      AND h.capacity = 'holder'
                      AND (h.until_day IS NULL OR h.until_day >= current_date)))
$$;

-- How many open cases an officer owns, at most 999: a number for the administrator, who opens no
-- case, and for those who answer for the officer. Of an ethics officer it tells administrators
-- nothing about any institution. Cases from which the asker is kept away are not counted: beside
-- the board's number, which leaves them out as well, one more would tell of them.
CREATE FUNCTION guard.open_cases_of(p_officer integer) RETURNS bigint
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT count(*) FROM (
    SELECT FROM "case" c
     WHERE c.handler_id = p_officer AND (guard.has('admin') OR guard.leads(p_officer))
       AND c.id <> ALL (guard.conflicts())
       AND c.status IN ('new', 'assigned', 'in_progress', 'waiting_citizen')
       AND c.merged_into IS NULL
     LIMIT 999) counted
$$;

{secure:roster}
GRANT SELECT, INSERT, UPDATE (share, ended_at) ON roster TO mrejesho_web;
GRANT SELECT, UPDATE (ended_at) ON roster TO mrejesho_worker;
CREATE POLICY everyone_reads ON roster FOR SELECT TO mrejesho_web, mrejesho_worker USING (true);
-- Who shares out what may not be read puts nobody's name on it but others': a roster and a deputy
-- bring confidential cases. Administrators neither. The institution's head reads them anyway.
CREATE POLICY leader_adds ON roster FOR INSERT TO mrejesho_web
  WITH CHECK (((SELECT guard.has('admin')) OR guard.leads(officer_id))
    AND (officer_id <> (SELECT guard.officer()) OR (SELECT guard.ids('heads')) <> '{}'));
CREATE POLICY leader_changes ON roster FOR UPDATE TO mrejesho_web
  USING ((SELECT guard.has('admin')) OR guard.leads(officer_id))
  WITH CHECK (((SELECT guard.has('admin')) OR guard.leads(officer_id))
    AND (ended_at IS NOT NULL OR officer_id <> (SELECT guard.officer())
         OR (SELECT guard.ids('heads')) <> '{}'));
CREATE POLICY job_ends ON roster FOR UPDATE TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');

{secure:duty}
GRANT SELECT, INSERT, UPDATE (days, half_days, deputy_id) ON duty TO mrejesho_web;
GRANT SELECT, UPDATE (deputy_id) ON duty TO mrejesho_worker;
CREATE POLICY everyone_reads ON duty FOR SELECT TO mrejesho_web, mrejesho_worker USING (true);
CREATE POLICY leader_adds ON duty FOR INSERT TO mrejesho_web
  WITH CHECK (((SELECT guard.has('admin')) OR guard.leads(officer_id))
    AND (deputy_id IS DISTINCT FROM (SELECT guard.officer())
         OR (SELECT guard.ids('heads')) <> '{}'));
CREATE POLICY leader_changes ON duty FOR UPDATE TO mrejesho_web
  USING ((SELECT guard.has('admin')) OR guard.leads(officer_id))
  WITH CHECK (((SELECT guard.has('admin')) OR guard.leads(officer_id))
    AND (deputy_id IS DISTINCT FROM (SELECT guard.officer())
         OR (SELECT guard.ids('heads')) <> '{}'));
CREATE POLICY job_ends ON duty FOR UPDATE TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');

-- Leave: the officer's own, and what those who answer for the officer enter.
CREATE POLICY team_adds ON leave FOR INSERT TO mrejesho_web
  WITH CHECK (officer_id = (SELECT guard.officer()) OR guard.sends_away(officer_id));
CREATE POLICY team_changes ON leave FOR UPDATE TO mrejesho_web
  USING (officer_id = (SELECT guard.officer()) OR guard.sends_away(officer_id));
-- Of officers who left: nothing stays.
GRANT UPDATE (last_day) ON leave TO mrejesho_worker;
CREATE POLICY job_ends ON leave FOR UPDATE TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');
GRANT UPDATE (until_day) ON post_holding TO mrejesho_worker;
CREATE POLICY job_ends ON post_holding FOR UPDATE TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');

-- Cases moved in one act: those who answer for the institution, and whoever moved them, under no
-- other name. A case that one may not see is not on the list either.
{secure:bulk_move}
GRANT SELECT, INSERT, UPDATE (undone_at, undone_by) ON bulk_move TO mrejesho_web;
CREATE POLICY leader_reads ON bulk_move FOR SELECT TO mrejesho_web USING (
  by_officer_id = (SELECT guard.officer())
  OR institution_id = ANY ((SELECT guard.ids('heads'))::integer[])
  OR institution_id = ANY ((SELECT guard.ids('coordinates'))::integer[]));
CREATE POLICY own_name ON bulk_move FOR INSERT TO mrejesho_web
  WITH CHECK (by_officer_id = (SELECT guard.officer()) AND undone_at IS NULL);
CREATE POLICY leader_undoes ON bulk_move FOR UPDATE TO mrejesho_web
  USING (undone_at IS NULL) WITH CHECK (undone_by = (SELECT guard.officer()));

{secure:bulk_move_item}
GRANT SELECT, INSERT, UPDATE (undone) ON bulk_move_item TO mrejesho_web;
CREATE POLICY of_case ON bulk_move_item TO mrejesho_web
  USING (EXISTS (SELECT FROM bulk_move b WHERE b.id = move_id)
         AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id))
  WITH CHECK (EXISTS (SELECT FROM bulk_move b WHERE b.id = move_id)
              AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id));

-- What can be undone no more is forgotten.
GRANT SELECT, DELETE ON bulk_move, bulk_move_item TO mrejesho_worker;
{job:bulk_move}
{job:bulk_move_item}

-- From when on nobody did anything: each act of an officer on a case, looks apart.
CREATE FUNCTION guard.worked_on() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
  UPDATE "case" SET idle_from = NEW.at
   WHERE id = NEW.case_id AND (idle_from IS NULL OR idle_from < NEW.at);
  RETURN NULL;
END
$$;
CREATE TRIGGER worked_on AFTER INSERT ON audit_entry FOR EACH ROW
  WHEN (NEW.actor_kind = 'officer' AND NEW.case_id IS NOT NULL AND NEW.act !~ 'looked'
        AND NEW.act NOT IN ('file_read', 'file_printed', 'found_by_words', 'hold_set', 'hold_ended'))
  EXECUTE FUNCTION guard.worked_on();

-- Who gets a case: the first of these groups in which somebody is there, and in it whoever has the
-- fewest open cases for the own share, or waited longest among those who are even.
--   0 on the roster of the unit for the subject, at work on this day
--   1 the own deputy of somebody on the roster who is away
--   2 handlers of the unit, at work
--   3 the own deputy of a handler of the unit who is away
--   4 on the roster or a handler of the unit, but not on this day of the week
--   5 handlers of the institution's default unit, at work; 6 not on this day
--   7 coordinators
-- Excluded, absent and inactive officers are passed over. NULL: the case stays unowned, with clock
-- and ladder running. An officer whom another intake is choosing at this moment is passed over
-- rather than waited for. Cases are counted for the twelve who waited longest, up to 200 of each:
-- what this costs does not grow with offices or backlogs, and in a larger group everybody comes
-- among the twelve in turn.
DROP FUNCTION guard.pick_handler(integer, integer, integer[], timestamptz);
CREATE FUNCTION guard.pick_handler(p_institution integer, p_unit integer, p_category integer,
                                   p_excluded integer[], p_now timestamptz) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
  v_ids integer[];
  v_id integer;
  v_day date := (p_now AT TIME ZONE 'Africa/Dar_es_Salaam')::date;
  -- What comes at a weekend is worked on from Monday on.
  v_weekday integer := CASE WHEN extract(isodow FROM v_day) > 5 THEN 1
                            ELSE extract(isodow FROM v_day) END;
BEGIN
  WITH listed AS (  -- the share for the subject itself goes before the one for every subject
    SELECT DISTINCT ON (r.officer_id) r.officer_id, r.share FROM roster r
     WHERE r.unit_id = p_unit AND r.ended_at IS NULL
       AND (r.category_id IS NULL OR r.category_id = p_category)
     ORDER BY r.officer_id, r.category_id NULLS LAST
  ), here AS (
    SELECT o.id, o.last_assigned_at, 'handler' = ANY (o.roles) AS handles,
           'coordinator' = ANY (o.roles) AS coordinates, o.unit_id = p_unit AS in_unit,
           u.is_default, l.share, l.officer_id IS NOT NULL AS is_listed, d.deputy_id,
           d.officer_id IS NULL OR v_weekday = ANY (d.days) AS at_work,
           coalesce(v_weekday = ANY (d.half_days), false) AS half,
           o.active AND NOT EXISTS (SELECT FROM leave x WHERE x.officer_id = o.id
                                       AND v_day BETWEEN x.first_day AND x.last_day) AS present
      FROM officer o JOIN unit u ON u.id = o.unit_id
      LEFT JOIN listed l ON l.officer_id = o.id
      LEFT JOIN duty d ON d.officer_id = o.id
     WHERE o.institution_id = p_institution AND o.active
       AND o.roles && ARRAY['handler', 'coordinator', 'head']
  ), covering AS (
    SELECT h.deputy_id, bool_or(h.is_listed) AS for_listed, max(h.share) AS share FROM here h
     WHERE h.deputy_id IS NOT NULL AND NOT (h.present AND h.at_work)
       AND (h.is_listed OR h.handles AND h.in_unit)
     GROUP BY h.deputy_id
  ), ranked AS (
    SELECT id, last_assigned_at, standing,
           rank() OVER (ORDER BY standing) AS place,
           row_number() OVER (ORDER BY standing, last_assigned_at NULLS FIRST, id) AS turn,
           coalesce(share, covered, 100) * CASE WHEN half THEN 0.5 ELSE 1 END AS share
      FROM (
        SELECT h.*, c.share AS covered,
               CASE WHEN h.is_listed AND h.at_work THEN 0
                    WHEN c.for_listed AND h.at_work THEN 1
                    WHEN h.handles AND h.in_unit AND h.at_work THEN 2
                    WHEN NOT c.for_listed AND h.at_work THEN 3
                    WHEN h.is_listed OR h.handles AND h.in_unit THEN 4
                    WHEN h.handles AND h.is_default THEN CASE WHEN h.at_work THEN 5 ELSE 6 END
                    WHEN h.coordinates THEN 7 END AS standing
          FROM here h LEFT JOIN covering c ON c.deputy_id = h.id
         WHERE h.present AND h.id <> ALL (p_excluded)) stood
     WHERE standing IS NOT NULL
  ), loaded AS (
    SELECT r.id, r.last_assigned_at,
           (1 + (SELECT count(*) FROM (
              SELECT FROM "case" c WHERE c.handler_id = r.id
                 AND c.status IN ('new', 'assigned', 'in_progress', 'waiting_citizen')
                 AND c.merged_into IS NULL  -- a group is one piece of work
               LIMIT 200) counted)) / r.share AS load
      FROM ranked r WHERE r.place = 1 AND r.turn <= 12
  )
  SELECT array_agg(id ORDER BY load, last_assigned_at NULLS FIRST, id) INTO v_ids FROM loaded;
  SELECT o.id INTO v_id FROM unnest(v_ids) WITH ORDINALITY AS k (id, turn)
    JOIN officer o ON o.id = k.id
   ORDER BY k.turn LIMIT 1 FOR NO KEY UPDATE OF o SKIP LOCKED;
  IF v_id IS NULL THEN
    RETURN v_ids[1];
  END IF;
  UPDATE officer SET last_assigned_at = p_now WHERE id = v_id;
  RETURN v_id;
END
$$;

REVOKE EXECUTE ON FUNCTION guard.leads(integer), guard.sends_away(integer),
  guard.open_cases_of(integer), guard.worked_on(),
  guard.pick_handler(integer, integer, integer, integer[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.leads(integer), guard.sends_away(integer),
  guard.open_cases_of(integer) TO mrejesho_web;
GRANT EXECUTE ON FUNCTION guard.pick_handler(integer, integer, integer, integer[], timestamptz)
  TO mrejesho_web, mrejesho_worker;
