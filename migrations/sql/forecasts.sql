-- What will happen to open cases if nobody acts. The worker alone writes it. Read by 0031.

-- By this the forecast of a case tells whether it is still that of the case as it stands: every act
-- of an officer moves `idle_from`, every rung and clock the ladder's timer.
CREATE FUNCTION guard.forecast_stamp(c "case", p_due timestamptz, p_version integer)
  RETURNS bigint LANGUAGE sql STABLE
AS $$
  SELECT hash_record_extended(ROW(
    c.status, c.institution_id, c.unit_id, c.category_id, c.confidentiality, c.handler_id, c.cycle,
    c.due_at, c.paused_until, c.first_response_at, c.first_rung, c.highest_rung, c.max_rung,
    c.transfers, c.idle_from, p_due, p_version), 0)
$$;

-- Of a case: for officers who see the case.
{secure:case_forecast}
GRANT SELECT ON case_forecast TO mrejesho_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON case_forecast TO mrejesho_worker;
CREATE POLICY case_forecast_read ON case_forecast FOR SELECT TO mrejesho_web USING (
  (SELECT guard.kind()) = 'officer' AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id));
{job:case_forecast}

-- Sums over cases that the reader may not see: of whole institutions for oversight, whose pages show
-- no small group (rules/disclosure.py). Those who lead an office ask `guard.forecast_of`; the sums
-- of units are nobody else's.
{secure:forecast_cell}
GRANT SELECT ON forecast_cell TO mrejesho_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON forecast_cell TO mrejesho_worker;
CREATE POLICY forecast_cell_read ON forecast_cell FOR SELECT TO mrejesho_web
  USING ((SELECT guard.kind()) = 'officer' AND unit_id = 0
    AND ((SELECT guard.has('oversight')) OR (SELECT guard.has('head'))));
{job:forecast_cell}

{secure:forecast_state}
GRANT SELECT ON forecast_state TO mrejesho_web;
GRANT SELECT, INSERT, UPDATE ON forecast_state TO mrejesho_worker;
CREATE POLICY forecast_state_read ON forecast_state FOR SELECT TO mrejesho_web
  USING ((SELECT guard.kind()) = 'officer');
{job:forecast_state}

{secure:risk_cell}
GRANT SELECT, INSERT, DELETE ON risk_cell TO mrejesho_worker;
{job:risk_cell}

{secure:warning_day}
GRANT SELECT, INSERT, UPDATE ON warning_day TO mrejesho_worker;
{job:warning_day}

-- The sums of those whom the officer leads: the whole of an institution for its head and its
-- coordinator, of a unit what its head may see of it. Cases that the officer is kept away from are
-- taken off, so that not even their number tells of them.
CREATE FUNCTION guard.forecast_of(p_institutions integer[], p_units integer[])
  RETURNS TABLE (day date, ladder text, rung integer, cases integer)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  WITH led AS (
    SELECT p.unit_id FROM post p
     WHERE p.id = ANY (guard.ids('posts')) AND p.kind = 'unit_head' AND p.unit_id = ANY (p_units)
  ), own AS (
    SELECT i FROM unnest(p_institutions) i
     WHERE i = ANY (guard.ids('heads')) OR i = ANY (guard.ids('coordinates'))
  ), found AS (
    SELECT f.day, f.ladder, f.rung, f.cases FROM forecast_cell f
     WHERE f.unit_id <> 0 AND (f.institution_id IN (SELECT i FROM own)
       OR f.level = 'open' AND f.unit_id IN (SELECT unit_id FROM led))
    UNION ALL
    SELECT greatest((s.at AT TIME ZONE 'Africa/Dar_es_Salaam')::date,
                    (z.computed_at AT TIME ZONE 'Africa/Dar_es_Salaam')::date),
           x.ladder, s.rung, -1
      FROM forecast_state z, case_forecast x, unnest(x.rungs, x.moments) AS s (rung, at)
     WHERE x.case_id = ANY (guard.conflicts()) AND x.level <> 'restricted'
       AND (x.institution_id IN (SELECT i FROM own)
         OR x.level = 'open' AND x.unit_id IN (SELECT unit_id FROM led))
  )
  SELECT f.day, f.ladder, f.rung, sum(f.cases)::integer FROM found f
   WHERE guard.kind() = 'officer' GROUP BY 1, 2, 3 HAVING sum(f.cases) > 0
$$;
REVOKE EXECUTE ON FUNCTION guard.forecast_stamp("case", timestamptz, integer),
  guard.forecast_of(integer[], integer[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.forecast_stamp("case", timestamptz, integer)
  TO mrejesho_web, mrejesho_worker;
GRANT EXECUTE ON FUNCTION guard.forecast_of(integer[], integer[]) TO mrejesho_web;
