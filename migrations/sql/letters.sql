-- Letters that an office issued. Whoever sees the case sees them; the citizen the own final one.
-- They are never changed: a letter on somebody's table says what it said.
{secure:letter}
GRANT SELECT, INSERT ON letter TO mrejesho_web;
CREATE POLICY letter_read ON letter FOR SELECT TO mrejesho_web USING (
  (SELECT guard.kind()) = 'officer' AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id)
  OR (SELECT guard.kind()) = 'public' AND case_id = (SELECT guard.case_id()) AND kind = 'final');
CREATE POLICY letter_issue ON letter FOR INSERT TO mrejesho_web WITH CHECK (
  (SELECT guard.kind()) = 'officer' AND officer_id = (SELECT guard.officer())
    AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id)
  OR (SELECT guard.kind()) = 'public' AND case_id = (SELECT guard.case_id()) AND kind = 'final'
    AND officer_id IS NULL);

-- The next number of an institution's year. Whoever asks waits for whoever asked before to end, so
-- that numbers follow each other: one that was asked for and not used is asked for again.
CREATE FUNCTION guard.next_letter(p_institution integer, p_year integer) RETURNS integer
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('letter:' || p_institution || ':' || p_year, 0));
  RETURN (SELECT coalesce(max(l.number), 0) + 1 FROM letter l
           WHERE l.institution_id = p_institution AND l.year = p_year);
END
$$;

-- What whoever holds a letter may know of it: that it is genuine, and to whom it went. Nothing of
-- the case.
CREATE FUNCTION guard.genuine_letter(p_hash bytea)
  RETURNS TABLE (id uuid, institution_id integer, year integer, number integer, kind text,
                 addressee_sw text, addressee_en text, digest bytea, at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT l.id, l.institution_id, l.year, l.number, l.kind::text, l.addressee_sw::text,
         l.addressee_en::text, l.digest, l.at
    FROM letter l WHERE l.token_hash = p_hash AND guard.kind() = 'letter-check'
$$;

-- Citizens' letters as a high office logged them: the officer's own ones, and those of a case for
-- whoever sees it. Which case it is, the worker finds out.
{secure:paper_letter}
{secure:paper_letter_case}
GRANT SELECT, INSERT ON paper_letter TO mrejesho_web;
GRANT SELECT, UPDATE ON paper_letter TO mrejesho_worker;
GRANT SELECT ON paper_letter_case TO mrejesho_web;
GRANT SELECT, INSERT ON paper_letter_case TO mrejesho_worker;
CREATE POLICY paper_letter_read ON paper_letter FOR SELECT TO mrejesho_web USING (
  (SELECT guard.kind()) = 'officer' AND (
    officer_id = (SELECT guard.officer())
    OR EXISTS (SELECT FROM paper_letter_case l WHERE l.letter_id = paper_letter.id)));
CREATE POLICY paper_letter_log ON paper_letter FOR INSERT TO mrejesho_web WITH CHECK (
  (SELECT guard.kind()) = 'officer' AND officer_id = (SELECT guard.officer())
  AND institution_id = (SELECT guard.institution())
  AND ((SELECT guard.serves()) OR (SELECT guard.has('registry'))
    OR (SELECT guard.has('oversight'))));
CREATE POLICY job_all ON paper_letter TO mrejesho_worker USING ((SELECT guard.kind()) = 'job');
CREATE POLICY paper_letter_case_read ON paper_letter_case FOR SELECT TO mrejesho_web USING (
  (SELECT guard.kind()) = 'officer' AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id));
CREATE POLICY job_all ON paper_letter_case TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job') WITH CHECK ((SELECT guard.kind()) = 'job');

REVOKE EXECUTE ON FUNCTION guard.next_letter(integer, integer), guard.genuine_letter(bytea)
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.next_letter(integer, integer), guard.genuine_letter(bytea)
  TO mrejesho_web;
