-- The ladder by institution and subject, and what drives a case up it beside its two clocks.

GRANT SELECT ON ladder_choice TO mrejesho_web, mrejesho_worker;
{watched:ladder_choice}

-- A case that climbs gets a new highest rung, in which no index has a part: with room in its page it
-- needs no new entry in any of them either.
ALTER TABLE "case" SET (fillfactor = 85);

-- What a change of ladders would have done, worked out by the worker for those who decide.
GRANT UPDATE (preview) ON reference_change TO mrejesho_worker;

-- Of cases in their present cycle: times without an owner, transfers, pauses that came too
-- late, orders. `until`: when somebody was named, or the order was done. `rung`: of an order the one
-- it came from, of a transfer which one it was. `cause`: the row behind it.
CREATE FUNCTION guard.driven(p_cases uuid[])
  RETURNS TABLE (case_id uuid, clock text, at timestamptz, until timestamptz, day date,
                 rung integer, cause uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  WITH mine AS MATERIALIZED (
    SELECT c.id, c.cycle, c.handler_id, c.received_at,
           c.confidentiality = 'restricted' AS restricted,
           coalesce(d.starts_at, c.received_at) AS begun
      FROM "case" c
      LEFT JOIN deadline d ON d.case_id = c.id AND d.cycle = c.cycle AND d.clock = 'answer'
     WHERE c.id = ANY (p_cases)
       AND (guard.is_job() OR guard.kind() = 'public' AND c.id = guard.case_id()
            OR guard.sees(c.id))
  ), owned AS (
    -- A time without an owner goes from where one ended, or from receipt, to where the next began.
    SELECT m.id, m.begun, a.at,
           coalesce(lag(a.ended_at) OVER (PARTITION BY m.id ORDER BY a.at), m.received_at) AS since
      FROM mine m JOIN assignment a ON a.case_id = m.id AND a.handler_id IS NOT NULL
  )
  SELECT o.id, 'unowned', greatest(o.since, o.begun), o.at, NULL::date, NULL::integer, NULL::uuid
    FROM owned o
   WHERE o.at > greatest(o.since, o.begun)
     -- Who enters an older letter for a citizen gives it an owner at once: no such time was there.
     AND EXISTS (SELECT FROM assignment n WHERE n.case_id = o.id AND n.handler_id IS NULL
                    AND n.at >= o.since AND n.at < o.at)
  UNION ALL
  SELECT m.id, 'unowned', greatest(m.begun, coalesce(
           (SELECT max(a.ended_at) FROM assignment a
             WHERE a.case_id = m.id AND a.handler_id IS NOT NULL), m.received_at)),
         NULL, NULL, NULL, NULL
    FROM mine m WHERE m.handler_id IS NULL
  UNION ALL
  SELECT m.id, 'transfer', a.at, NULL, NULL, a.transfer, a.id
    FROM mine m JOIN assignment a ON a.case_id = m.id AND a.transfer IS NOT NULL AND a.at >= m.begun
  UNION ALL
  SELECT m.id, 'pause', p.starts_at, NULL, NULL, NULL, p.id
    FROM mine m JOIN pause p ON p.case_id = m.id AND p.cycle = m.cycle AND p.abused
  UNION ALL
  SELECT m.id, 'directive', r.at, r.done_at, r.due_on, e.rung, r.id
    FROM mine m JOIN directive r ON r.case_id = m.id JOIN escalation e ON e.id = r.escalation_id
   WHERE e.cycle = m.cycle AND e.restricted = m.restricted
$$;

-- Cases with a clock that fell due in a stretch of time and was met late, if at all: what a preview
-- plays through again. The numbers of cases are random, so those that come first are a fair sample.
CREATE FUNCTION guard.late_between(p_first timestamptz, p_last timestamptz, p_begin timestamptz)
  RETURNS TABLE (case_id uuid, cycle integer)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT DISTINCT d.case_id, d.cycle FROM deadline d
   WHERE d.due_at >= p_first AND d.due_at < p_last AND (d.met_at IS NULL OR d.met_at > d.due_at)
     AND (d.met_at IS NULL OR d.met_at > p_begin) AND guard.is_job()
$$;

REVOKE EXECUTE ON FUNCTION guard.driven(uuid[]),
  guard.late_between(timestamptz, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.driven(uuid[]) TO mrejesho_web, mrejesho_worker;
GRANT EXECUTE ON FUNCTION guard.late_between(timestamptz, timestamptz, timestamptz)
  TO mrejesho_worker;
