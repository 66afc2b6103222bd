-- Opinions of other units, more time, outcomes, mentions and the second transfer. Read by 0020.

-- What came of a case: for whoever reads its words.
{secure:outcome}
GRANT SELECT, INSERT ON outcome TO mrejesho_web;
GRANT SELECT, UPDATE (sealed) ON outcome TO mrejesho_worker;
CREATE POLICY outcome_web_read ON outcome FOR SELECT TO mrejesho_web USING (
  (SELECT guard.kind()) = 'public' AND case_id = (SELECT guard.case_id())
  OR (SELECT guard.kind()) = 'officer' AND EXISTS (
    SELECT FROM "case" c WHERE c.id = outcome.case_id AND (
      c.confidentiality <> 'confidential'
      OR c.handler_id = (SELECT guard.officer())
      OR c.institution_id = ANY ((SELECT guard.ids('heads'))::integer[])
      OR guard.reached(c.id, false))));
CREATE POLICY outcome_web_state ON outcome FOR INSERT TO mrejesho_web WITH CHECK (
  officer_id = (SELECT guard.officer())
  AND EXISTS (SELECT FROM "case" c WHERE c.id = outcome.case_id));
CREATE POLICY job_reads ON outcome FOR SELECT TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');
CREATE POLICY job_erases ON outcome FOR UPDATE TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');

-- More time: asked for by the owner, decided by the head, of a restricted case by the senior ethics
-- officer, and by nobody for oneself.
CREATE FUNCTION guard.leads_ethics() RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT guard.has('ethics') AND EXISTS (SELECT FROM post p
    WHERE p.id = ANY (guard.ids('posts')) AND p.kind = 'ethics_senior')
$$;
{secure:extension}
GRANT SELECT, INSERT, UPDATE (decided_by, decided_at, granted) ON extension TO mrejesho_web;
CREATE POLICY extension_read ON extension FOR SELECT TO mrejesho_web USING (
  (SELECT guard.kind()) = 'officer' AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id));
CREATE POLICY extension_ask ON extension FOR INSERT TO mrejesho_web WITH CHECK (
  asked_by = (SELECT guard.officer()) AND decided_at IS NULL
  AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id
                 AND c.handler_id = (SELECT guard.officer())));
CREATE POLICY extension_decide ON extension FOR UPDATE TO mrejesho_web USING (
  decided_at IS NULL AND asked_by <> (SELECT guard.officer())
  AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id AND CASE
    WHEN c.confidentiality = 'restricted' THEN (SELECT guard.leads_ethics())
    ELSE c.institution_id = ANY ((SELECT guard.ids('heads'))::integer[]) END))
  WITH CHECK (decided_by = (SELECT guard.officer()));

-- An opinion: of an open case whoever works in the unit asked reads what citizen and office wrote to
-- each other, and no note; of a confidential one the officer asked reads the question. Both until it
-- is given, or the case answered: one that comes back has another cycle, and asks anew. The case
-- itself they do not see: its policies stay as they are.
CREATE FUNCTION guard.may_opine(p_case uuid, p_officer integer, p_asked_at timestamptz)
  RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT p_case <> ALL (guard.conflicts()) AND EXISTS (SELECT FROM "case" c WHERE c.id = p_case
     AND c.status IN ('new', 'assigned', 'in_progress', 'waiting_citizen')
     AND (c.confidentiality = 'open'
          OR c.confidentiality = 'confidential' AND p_officer = guard.officer())
     AND (c.cycle = 1 OR p_asked_at >= (SELECT d.starts_at FROM deadline d
            WHERE d.case_id = c.id AND d.cycle = c.cycle AND d.clock = 'answer')))
$$;
{secure:opinion}
GRANT SELECT, INSERT ON opinion TO mrejesho_web;
GRANT SELECT, UPDATE (told_at) ON opinion TO mrejesho_worker;
CREATE POLICY opinion_of_case ON opinion FOR SELECT TO mrejesho_web USING (
  (SELECT guard.kind()) = 'officer' AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id));
CREATE POLICY opinion_asked ON opinion FOR SELECT TO mrejesho_web USING (
  answered_at IS NULL
  AND (officer_id = (SELECT guard.officer())
       OR officer_id IS NULL
          AND (unit_id = ANY ((SELECT guard.ids('units'))::integer[])
               OR institution_id = ANY ((SELECT guard.ids('heads'))::integer[])
               OR institution_id = ANY ((SELECT guard.ids('coordinates'))::integer[])))
  AND guard.may_opine(case_id, officer_id, asked_at));
CREATE POLICY opinion_ask ON opinion FOR INSERT TO mrejesho_web WITH CHECK (
  by_officer_id = (SELECT guard.officer()) AND answered_at IS NULL
  AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id
                 AND (c.confidentiality = 'open' AND officer_id IS NULL
                      OR c.confidentiality = 'confidential' AND officer_id IS NOT NULL)));
CREATE POLICY job_reads ON opinion FOR SELECT TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');
CREATE POLICY job_tells ON opinion FOR UPDATE TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');

-- Whether an opinion waits for this officer. The policy says the same of a row; this one is for
-- functions that run as the owner.
CREATE FUNCTION guard.is_asked(p_opinion uuid) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT guard.kind() = 'officer' AND EXISTS (SELECT FROM opinion o
    WHERE o.id = p_opinion AND o.answered_at IS NULL
      AND (o.officer_id = guard.officer()
           OR o.officer_id IS NULL
              AND (o.unit_id = ANY (guard.ids('units'))
                   OR o.institution_id = ANY (guard.ids('heads') || guard.ids('coordinates'))))
      AND guard.may_opine(o.case_id, o.officer_id, o.asked_at))
$$;
-- Where opinions on a case are waited for: officers there read what its citizen writes from now on,
-- and are compared with it first.
CREATE FUNCTION guard.opinion_places(p_case uuid)
  RETURNS TABLE (institution_id integer, unit_id integer)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT DISTINCT o.institution_id, o.unit_id FROM opinion o
   WHERE o.case_id = p_case AND o.answered_at IS NULL AND guard.may_compare(p_case)
$$;
-- What a case is about, for those whose opinion on it is asked; of a confidential one its level.
CREATE FUNCTION guard.opinion_cases(p_opinions uuid[])
  RETURNS TABLE (opinion_id uuid, confidentiality text, reference text, kind text,
                 category_id integer, place text, institution_id integer)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT o.id, c.confidentiality::text,
         CASE WHEN c.confidentiality = 'open' THEN c.reference::text END,
         CASE WHEN c.confidentiality = 'open' THEN c.kind::text END,
         CASE WHEN c.confidentiality = 'open' THEN c.category_id END,
         CASE WHEN c.confidentiality = 'open' THEN c.place::text END,
         c.institution_id
    FROM opinion o JOIN "case" c ON c.id = o.case_id
   WHERE o.id = ANY (p_opinions) AND guard.is_asked(o.id)
$$;
-- The question, and of an open case what citizen and office wrote to each other.
CREATE FUNCTION guard.opinion_said(p_opinion uuid) RETURNS SETOF message
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT m.* FROM opinion o JOIN "case" c ON c.id = o.case_id JOIN message m ON m.case_id = c.id
   WHERE o.id = p_opinion AND guard.is_asked(o.id)
     AND (m.id = o.question_id
          OR c.confidentiality = 'open' AND NOT m.internal AND m.kind <> 'final_letter')
   ORDER BY m.seq
$$;
-- The opinion, or why there is none, as a message of the case. False: it waits no more, or the words
-- would stand open in a case that is not. The case is locked first, as in every act.
CREATE FUNCTION guard.give_opinion(p_opinion uuid, p_message uuid, p_body text, p_sealed bytea,
                                   p_declined boolean, p_at timestamptz) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE c record;
BEGIN
  SELECT k.id, k.cycle, k.confidentiality INTO c FROM "case" k
   WHERE k.id = (SELECT o.case_id FROM opinion o WHERE o.id = p_opinion) FOR UPDATE;
  IF NOT FOUND OR (c.confidentiality <> 'open' AND p_sealed IS NULL) THEN
    RETURN false;
  END IF;
  PERFORM 1 FROM opinion WHERE id = p_opinion AND answered_at IS NULL FOR UPDATE;
  IF NOT FOUND OR NOT guard.is_asked(p_opinion) THEN
    RETURN false;
  END IF;
  INSERT INTO message (id, case_id, cycle, kind, officer_id, internal, body, sealed, at)
  VALUES (p_message, c.id, c.cycle, 'opinion', guard.officer(), true, p_body, p_sealed, p_at);
  UPDATE opinion SET answer_id = p_message, answered_by = guard.officer(), answered_at = p_at,
         declined = p_declined WHERE id = p_opinion;
  RETURN true;
END
$$;

-- Whether another officer may read the words of a case that this one sees: asked by standing in that
-- officer's place for one query, so that there is no second rule.
CREATE FUNCTION guard.reads(p_case uuid, p_officer integer) RETURNS boolean
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
  v_reads boolean;
  v_officer integer := guard.officer();
BEGIN
  IF guard.kind() <> 'officer'
     OR NOT EXISTS (SELECT FROM "case" c WHERE c.id = p_case AND {officer_sees:c}) THEN
    RETURN false;
  END IF;
  PERFORM guard.become('officer', p_officer, NULL);
  v_reads := guard.kind() = 'officer' AND EXISTS (
    SELECT FROM "case" c WHERE c.id = p_case AND {officer_sees:c} AND (
      c.confidentiality <> 'confidential'
      OR c.handler_id = (SELECT guard.officer())
      OR c.institution_id = ANY ((SELECT guard.ids('heads'))::integer[])
      OR guard.reached(c.id, false)));
  PERFORM guard.become('officer', v_officer, NULL);
  RETURN v_reads;
END
$$;

-- The second transfer: an alarm for both institutions, whoever makes it.
CREATE FUNCTION guard.second_transfer(p_case uuid, p_to integer, p_at timestamptz) RETURNS void
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  INSERT INTO alarm (dedupe, kind, institution_id, case_id, cycle, at)
  SELECT DISTINCT 'second_transfer:' || c.id || ':' || i, 'second_transfer', i, c.id, c.cycle, p_at
    FROM "case" c, unnest(ARRAY[c.institution_id, p_to]) AS i
   WHERE c.id = p_case AND c.transfers = 1 AND (
     guard.is_job()
     OR guard.kind() = 'public' AND c.id = guard.case_id()
     OR guard.kind() = 'officer' AND {officer_sees:c})
  ON CONFLICT DO NOTHING
$$;
-- Those who answer for the institution that gave the case away see no more of it than its number.
CREATE FUNCTION guard.passed_on(p_case uuid, p_institution integer) RETURNS text
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT c.reference::text FROM "case" c
   WHERE c.id = p_case AND c.confidentiality <> 'restricted'
     AND p_case <> ALL (guard.conflicts())
     AND p_institution = ANY (guard.ids('heads') || guard.ids('coordinates'))
     AND EXISTS (SELECT FROM assignment a
                  WHERE a.case_id = p_case AND a.institution_id = p_institution)
$$;
CREATE POLICY alarm_passed_on ON alarm FOR SELECT TO mrejesho_web USING (
  kind = 'second_transfer'
  AND (institution_id = ANY ((SELECT guard.ids('heads'))::integer[])
       OR institution_id = ANY ((SELECT guard.ids('coordinates'))::integer[]))
  AND guard.passed_on(case_id, institution_id) IS NOT NULL);

REVOKE EXECUTE ON FUNCTION guard.leads_ethics(), guard.may_opine(uuid, integer, timestamptz),
  guard.is_asked(uuid), guard.opinion_cases(uuid[]), guard.opinion_said(uuid),
  guard.give_opinion(uuid, uuid, text, bytea, boolean, timestamptz), guard.reads(uuid, integer),
  guard.second_transfer(uuid, integer, timestamptz), guard.passed_on(uuid, integer),
  guard.opinion_places(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.leads_ethics(), guard.may_opine(uuid, integer, timestamptz),
  guard.opinion_cases(uuid[]), guard.opinion_said(uuid),
  guard.give_opinion(uuid, uuid, text, bytea, boolean, timestamptz), guard.reads(uuid, integer),
  guard.passed_on(uuid, integer) TO mrejesho_web;
GRANT EXECUTE ON FUNCTION guard.second_transfer(uuid, integer, timestamptz),
  guard.opinion_places(uuid) TO mrejesho_web, mrejesho_worker;
