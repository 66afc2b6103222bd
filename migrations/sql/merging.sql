-- Cases that belong together. Read by 0021, which also lets guard.become, guard.reached and
-- guard.excluded look at the whole group, and guard.words_said at what was covered.

-- The cases of a group: the leading one and those joined to it; of any other case itself. For other
-- functions alone: it asks nobody who they are.
CREATE FUNCTION guard.group_of(p_case uuid) RETURNS uuid[]
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  WITH chief AS (SELECT coalesce(c.merged_into, c.id) AS id FROM "case" c WHERE c.id = p_case)
  SELECT coalesce(array_agg(x.id), ARRAY[p_case]) FROM (
    SELECT id FROM chief
    UNION ALL SELECT c.id FROM "case" c JOIN chief l ON c.merged_into = l.id) x
$$;

-- Lock a case with its group, the leading one first, so that whoever acts on one of them and
-- whoever acts on another take turns and never wait in a circle. True, to stand in a WHERE, where
-- the policies have decided before whether the case is seen.
CREATE FUNCTION guard.lock_group(p_case uuid) RETURNS boolean
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE v_leading uuid := (SELECT coalesce(merged_into, id) FROM "case" WHERE id = p_case);
BEGIN
  PERFORM FROM "case" WHERE id = v_leading FOR UPDATE;
  PERFORM FROM "case" WHERE merged_into = v_leading ORDER BY id FOR UPDATE;
  RETURN true;
END
$$;

-- The earliest due times of the clocks that run of cases joined to these, for who sees these.
CREATE FUNCTION guard.joined_due(p_cases uuid[])
  RETURNS TABLE (case_id uuid, clock text, due_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT f.merged_into, d.clock::text, min(d.due_at)
    FROM "case" f
    JOIN deadline d ON d.case_id = f.id AND d.cycle = f.cycle AND d.met_at IS NULL
   WHERE f.merged_into = ANY (p_cases)
     AND f.status IN ('new', 'assigned', 'in_progress', 'waiting_citizen')
     AND (guard.is_job() OR guard.sees(f.merged_into)
          OR guard.kind() = 'public' AND f.merged_into = guard.case_id())
   GROUP BY 1, 2
$$;

-- Take a case out of its group; a leading one loses all that were joined to it. Answers those that
-- stand alone from now on: their timers run again, and the next sweep derives what is due.
CREATE FUNCTION guard.part(p_case uuid, p_at timestamptz) RETURNS SETOF uuid
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
  r record;
BEGIN
  IF NOT (guard.is_job() OR guard.sees(p_case)
          OR guard.kind() = 'public' AND p_case = guard.case_id()) THEN
    RAISE EXCEPTION 'this principal takes no case out of its group' USING ERRCODE = '42501';
  END IF;
  RETURN QUERY SELECT * FROM guard.parted(p_case, p_at);
END
$$;
CREATE FUNCTION guard.parted(p_case uuid, p_at timestamptz) RETURNS SETOF uuid
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
  r record;
BEGIN
  FOR r IN
    SELECT c.id, c.merged_into, c.received_at, c.status FROM "case" c
     WHERE c.id = p_case AND c.merged_into IS NOT NULL OR c.merged_into = p_case
     ORDER BY c.id FOR UPDATE
  LOOP
    UPDATE "case" SET merged_into = NULL WHERE id = r.id;
    UPDATE case_merge SET ended_at = p_at, ended_by = guard.officer()
     WHERE case_id = r.id AND ended_at IS NULL;
    -- Due at once, whatever the hour is for who asks: the sweep then finds the true moments.
    IF r.status IN ('new', 'assigned', 'in_progress', 'waiting_citizen') THEN
      INSERT INTO timer (case_id, purpose, due_at, done)
      SELECT each, purpose, r.received_at, false
        FROM (VALUES (r.id, 'ladder'), (r.id, 'reminder'), (r.id, 'pause'),
                     (r.merged_into, 'ladder')) AS wanted (each, purpose)
      ON CONFLICT (case_id, purpose) DO UPDATE SET due_at = excluded.due_at, done = false;
    END IF;
    RETURN NEXT r.id;
  END LOOP;
END
$$;

-- What a group has in common follows of itself, whoever changes it: place, owner and status from
-- the leading case; from a joined one that something new was said, and that it is due earlier. A
-- group has one level: a case whose level changes leaves it, and so does one that is withdrawn.
CREATE FUNCTION guard.keep_group() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE v_open text[] := ARRAY['new', 'assigned', 'in_progress', 'waiting_citizen'];
BEGIN
  IF NEW.merged_into IS NULL AND NOT EXISTS (SELECT FROM "case" WHERE merged_into = NEW.id) THEN
    RETURN NULL;
  END IF;
  IF NEW.confidentiality <> OLD.confidentiality
     OR NEW.status = 'withdrawn' AND OLD.status <> 'withdrawn' THEN
    PERFORM guard.parted(NEW.id, coalesce(NEW.closed_at, now()));
  ELSIF NEW.merged_into IS NULL THEN
    UPDATE "case" f
       SET institution_id = NEW.institution_id, unit_id = NEW.unit_id,
           handler_id = NEW.handler_id, triage = NEW.triage, unread = f.unread AND NEW.unread,
           status = CASE WHEN NEW.status <> OLD.status AND NEW.status = ANY (v_open)
                         THEN NEW.status ELSE f.status END
     WHERE f.merged_into = NEW.id AND f.status = ANY (v_open);
    IF NEW.status <> ALL (v_open) THEN
      -- Whoever answers it answers those too; what was left over is found by the next sweep.
      INSERT INTO timer (case_id, purpose, due_at, done)
      SELECT f.id, 'ladder', f.received_at, false FROM "case" f
       WHERE f.merged_into = NEW.id AND f.status = ANY (v_open)
      ON CONFLICT (case_id, purpose) DO UPDATE SET due_at = excluded.due_at, done = false;
    END IF;
  ELSIF NEW.status = ANY (v_open) AND OLD.merged_into = NEW.merged_into THEN
    UPDATE "case" l
       SET unread = l.unread OR NEW.unread,
           due_at = CASE WHEN NEW.due_at < OLD.due_at THEN least(l.due_at, NEW.due_at)
                         ELSE l.due_at END,
           status = CASE WHEN l.status = 'waiting_citizen' AND NEW.unread AND NOT OLD.unread
                         THEN 'in_progress' ELSE l.status END
     WHERE l.id = NEW.merged_into AND l.status = ANY (v_open)
       AND (NEW.unread AND NOT OLD.unread OR NEW.due_at < OLD.due_at);
    IF NEW.due_at <> OLD.due_at THEN
      INSERT INTO timer (case_id, purpose, due_at, done)
      VALUES (NEW.merged_into, 'ladder', NEW.received_at, false)
      ON CONFLICT (case_id, purpose) DO UPDATE SET due_at = excluded.due_at, done = false;
    END IF;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER keep_group
  AFTER UPDATE OF status, institution_id, unit_id, handler_id, triage, unread, confidentiality,
                  due_at
  ON "case" FOR EACH ROW
  WHEN ((OLD.status, OLD.institution_id, OLD.unit_id, OLD.handler_id, OLD.triage, OLD.unread,
         OLD.confidentiality, OLD.due_at) IS DISTINCT FROM
        (NEW.status, NEW.institution_id, NEW.unit_id, NEW.handler_id, NEW.triage, NEW.unread,
         NEW.confidentiality, NEW.due_at))
  EXECUTE FUNCTION guard.keep_group();

-- A case is joined to one of the same institution and level that leads, by an officer who sees
-- both, and to nothing else; restricted ones never are.
CREATE FUNCTION guard.may_join() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (
      SELECT FROM "case" l WHERE l.id = NEW.merged_into AND l.id <> NEW.id
         AND l.merged_into IS NULL AND l.institution_id = NEW.institution_id
         AND l.confidentiality = NEW.confidentiality AND l.confidentiality <> 'restricted'
         AND guard.sees(l.id) AND guard.sees(NEW.id))
     OR EXISTS (SELECT FROM "case" f WHERE f.merged_into = NEW.id) THEN
    RAISE EXCEPTION 'these cases cannot be joined' USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER may_join BEFORE UPDATE OF merged_into ON "case" FOR EACH ROW
  WHEN (NEW.merged_into IS NOT NULL AND NEW.merged_into IS DISTINCT FROM OLD.merged_into)
  EXECUTE FUNCTION guard.may_join();

-- Related cases: for who reads the words of both, since the note speaks of them.
{secure:case_link}
GRANT SELECT, INSERT, UPDATE (removed_at, removed_by) ON case_link TO mrejesho_web;
GRANT SELECT, INSERT, UPDATE (note) ON case_link TO mrejesho_worker;
CREATE POLICY case_link_read ON case_link FOR SELECT TO mrejesho_web USING (
  (SELECT guard.kind()) = 'officer'
  AND EXISTS (SELECT FROM message w WHERE w.case_id = case_link.case_id AND w.kind = 'citizen')
  AND EXISTS (SELECT FROM message w WHERE w.case_id = case_link.other_id AND w.kind = 'citizen'));
CREATE POLICY case_link_make ON case_link FOR INSERT TO mrejesho_web WITH CHECK (
  by_officer_id = (SELECT guard.officer()) AND kind = 'see'
  AND EXISTS (SELECT FROM message w WHERE w.case_id = case_link.case_id AND w.kind = 'citizen')
  AND EXISTS (SELECT FROM message w WHERE w.case_id = case_link.other_id AND w.kind = 'citizen'));
CREATE POLICY case_link_remove ON case_link FOR UPDATE TO mrejesho_web
  USING (kind = 'see' AND removed_at IS NULL AND (SELECT guard.kind()) = 'officer'
    AND EXISTS (SELECT FROM message w WHERE w.case_id = case_link.case_id AND w.kind = 'citizen')
    AND EXISTS (SELECT FROM message w WHERE w.case_id = case_link.other_id AND w.kind = 'citizen'))
  WITH CHECK (removed_by = (SELECT guard.officer()));
{job:case_link}

-- Joined cases: who sees both knows of it. guard.part ends it.
{secure:case_merge}
GRANT SELECT, INSERT ON case_merge TO mrejesho_web;
GRANT SELECT ON case_merge TO mrejesho_worker;
CREATE POLICY case_merge_read ON case_merge FOR SELECT TO mrejesho_web USING (
  (SELECT guard.kind()) = 'officer'
  AND EXISTS (SELECT FROM "case" c WHERE c.id = case_merge.case_id)
  AND EXISTS (SELECT FROM "case" c WHERE c.id = case_merge.leading_id));
CREATE POLICY case_merge_make ON case_merge FOR INSERT TO mrejesho_web WITH CHECK (
  by_officer_id = (SELECT guard.officer()) AND ended_at IS NULL
  AND EXISTS (SELECT FROM "case" c WHERE c.id = case_merge.case_id)
  AND EXISTS (SELECT FROM "case" c WHERE c.id = case_merge.leading_id));
CREATE POLICY job_reads ON case_merge FOR SELECT TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');

-- Divided cases: asked for by who reads the words, made by the worker.
{secure:case_split}
GRANT SELECT, INSERT ON case_split TO mrejesho_web;
GRANT SELECT, UPDATE ON case_split TO mrejesho_worker;
CREATE POLICY case_split_read ON case_split FOR SELECT TO mrejesho_web USING (
  (SELECT guard.kind()) = 'officer'
  AND EXISTS (SELECT FROM message w WHERE w.case_id = case_split.case_id AND w.kind = 'citizen'));
CREATE POLICY case_split_ask ON case_split FOR INSERT TO mrejesho_web WITH CHECK (
  by_officer_id = (SELECT guard.officer()) AND made_id IS NULL
  AND EXISTS (SELECT FROM message w WHERE w.case_id = case_split.case_id AND w.kind = 'citizen'));
CREATE POLICY job_reads ON case_split FOR SELECT TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');
CREATE POLICY job_makes ON case_split FOR UPDATE TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');
-- What the citizen's own case was divided into: the reference, and what the receipt code derives
-- from, unless that code was issued again since.
CREATE FUNCTION guard.divided() RETURNS TABLE (reference text, submission_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT c.reference::text,
         CASE WHEN coalesce(s.receipt_nonce, s.issued_nonce) IS NULL THEN s.id END
    FROM case_split x JOIN "case" c ON c.id = x.made_id JOIN submission s ON s.case_id = c.id
   WHERE x.case_id = guard.case_id() AND guard.kind() = 'public'
   ORDER BY x.at, x.id
$$;

-- Covered words. The original is for the citizen, and for an ethics officer of another institution
-- whom the case does not concern.
CREATE FUNCTION guard.may_uncover(p_case uuid) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT guard.kind() = 'officer' AND guard.has('ethics')
     AND p_case <> ALL (guard.conflicts())
     AND EXISTS (SELECT FROM "case" c WHERE c.id = p_case
                    AND c.institution_id <> guard.institution())
$$;
{secure:redaction}
GRANT SELECT ON redaction TO mrejesho_web;
GRANT SELECT, UPDATE (original) ON redaction TO mrejesho_worker;
CREATE POLICY redaction_read ON redaction FOR SELECT TO mrejesho_web USING (
  (SELECT guard.kind()) = 'public' AND case_id = (SELECT guard.case_id())
  OR guard.may_uncover(case_id));
CREATE POLICY job_reads ON redaction FOR SELECT TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');
CREATE POLICY job_empties ON redaction FOR UPDATE TO mrejesho_worker
  USING ((SELECT guard.kind()) = 'job');

-- Cover passages of a citizen's message. The first original stays, however often it is covered.
CREATE FUNCTION guard.cover(p_id uuid, p_message uuid, p_body text, p_sealed bytea,
                            p_original bytea, p_at timestamptz) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
  m message;
  v_open boolean;
BEGIN
  SELECT * INTO m FROM message WHERE id = p_message FOR UPDATE;
  SELECT c.confidentiality = 'open' INTO v_open FROM "case" c WHERE c.id = m.case_id
     AND (c.confidentiality <> 'confidential' OR c.handler_id = guard.officer()
          OR c.institution_id = ANY (guard.ids('heads')) OR guard.reached(c.id, false));
  IF v_open IS NULL OR NOT guard.sees(m.case_id) OR m.kind <> 'citizen' OR m.internal
     OR p_body IS NOT NULL AND NOT v_open THEN
    RAISE EXCEPTION 'this principal covers no words here' USING ERRCODE = '42501';
  END IF;
  INSERT INTO redaction (id, case_id, message_id, original, by_officer_id, at)
  VALUES (p_id, m.case_id, m.id, p_original, guard.officer(), p_at)
  ON CONFLICT (message_id) WHERE undone_at IS NULL DO NOTHING;
  UPDATE message SET body = p_body, sealed = p_sealed WHERE id = m.id;
END
$$;
-- The words stand again as the citizen wrote them, in clear in an open case and sealed in any other.
-- False: somebody did it already, or may not.
CREATE FUNCTION guard.uncover(p_id uuid, p_body text, p_sealed bytea, p_at timestamptz)
  RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
  r redaction;
  v_open boolean;
BEGIN
  SELECT * INTO r FROM redaction WHERE id = p_id AND undone_at IS NULL FOR UPDATE;
  IF NOT FOUND OR NOT guard.may_uncover(r.case_id) THEN
    RETURN false;
  END IF;
  SELECT confidentiality = 'open' INTO v_open FROM "case" WHERE id = r.case_id;
  UPDATE message SET body = CASE WHEN v_open THEN p_body END,
         sealed = CASE WHEN NOT v_open THEN p_sealed END
   WHERE id = r.message_id;
  UPDATE redaction SET undone_at = p_at, undone_by = guard.officer() WHERE id = p_id;
  RETURN true;
END
$$;
-- What is covered now, the latest first, before a moment and a row: for ethics officers.
CREATE FUNCTION guard.covered(p_at timestamptz, p_id uuid, p_limit integer)
  RETURNS TABLE (id uuid, case_id uuid, reference text, institution_id integer,
                 confidentiality text, officer_name text, at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT r.id, c.id, c.reference::text, c.institution_id, c.confidentiality::text, o.name::text,
         r.at
    FROM redaction r JOIN "case" c ON c.id = r.case_id JOIN officer o ON o.id = r.by_officer_id
   WHERE r.undone_at IS NULL AND guard.may_uncover(r.case_id)
     AND (p_at IS NULL OR (r.at, r.id) < (p_at, p_id))
   ORDER BY r.at DESC, r.id DESC LIMIT p_limit
$$;

-- What a citizen said is compared with officers' names as it was written, covered or not: else
-- whoever covers a name would let its bearer in.
CREATE FUNCTION guard.as_written(p_message message) RETURNS message
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE v_original bytea := (SELECT r.original FROM redaction r
                              WHERE r.message_id = p_message.id AND r.undone_at IS NULL);
BEGIN
  IF length(v_original) > 1 THEN
    p_message.body := NULL;
    p_message.sealed := v_original;
  END IF;
  RETURN p_message;
END
$$;

REVOKE EXECUTE ON FUNCTION guard.group_of(uuid), guard.lock_group(uuid), guard.joined_due(uuid[]),
  guard.part(uuid, timestamptz), guard.parted(uuid, timestamptz), guard.keep_group(),
  guard.may_join(), guard.divided(), guard.may_uncover(uuid),
  guard.cover(uuid, uuid, text, bytea, bytea, timestamptz),
  guard.uncover(uuid, text, bytea, timestamptz), guard.covered(timestamptz, uuid, integer),
  guard.as_written(message) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.lock_group(uuid), guard.joined_due(uuid[]),
  guard.part(uuid, timestamptz) TO mrejesho_web, mrejesho_worker;
GRANT EXECUTE ON FUNCTION guard.divided(), guard.may_uncover(uuid),
  guard.cover(uuid, uuid, text, bytea, bytea, timestamptz),
  guard.uncover(uuid, text, bytea, timestamptz), guard.covered(timestamptz, uuid, integer)
  TO mrejesho_web;
