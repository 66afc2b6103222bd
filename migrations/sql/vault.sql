-- Openings of the vault, receipts issued again, and what lets an unknown citizen's times be cut to
-- the day. Read by 0002 alone. The shorthands in braces are those of 0001.

-- Whether the present officer sees the case: the one place among these functions that says so.
CREATE FUNCTION guard.sees(p_case uuid) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT guard.kind() = 'officer'
     AND EXISTS (SELECT FROM "case" c WHERE c.id = p_case AND {officer_sees:c})
$$;

-- In which capacity the present officer may ask to open the identity of a case; NULL: in none.
CREATE FUNCTION guard.may_open(p_case uuid) RETURNS text
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT CASE
    WHEN c.confidentiality = 'restricted' THEN
      CASE WHEN guard.has('ethics') AND c.institution_id <> guard.institution() THEN 'ethics' END
    WHEN c.institution_id = ANY (guard.ids('heads')) THEN 'head'
    WHEN c.handler_id = guard.officer() AND c.institution_id = guard.institution()
         AND guard.serves() THEN 'handler'
  END FROM "case" c WHERE c.id = p_case AND guard.sees(p_case)
$$;

-- Whether the present officer may be the second person for what another one asked: the head of the
-- institution, or an ethics officer outside it; of a restricted case only the latter.
CREATE FUNCTION guard.may_decide(p_case uuid, p_asker integer) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT coalesce(guard.kind() = 'officer' AND p_asker <> guard.officer()
    AND p_case <> ALL (guard.conflicts())
    AND EXISTS (SELECT FROM "case" c WHERE c.id = p_case AND (
      guard.has('ethics') AND c.institution_id <> guard.institution()
      OR c.confidentiality <> 'restricted' AND c.institution_id = ANY (guard.ids('heads')))), false)
$$;

{secure:identity_opening}
GRANT SELECT ON identity_opening TO mrejesho_web;
CREATE POLICY identity_opening_read ON identity_opening FOR SELECT TO mrejesho_web USING (
  (SELECT guard.kind()) = 'public' AND case_id = (SELECT guard.case_id()) AND opened_at IS NOT NULL
  OR (SELECT guard.kind()) = 'officer'
     AND (guard.may_open(case_id) IS NOT NULL OR guard.may_decide(case_id, officer_id)));

-- Which values the vault holds of a case, for one who may ask to see them.
CREATE FUNCTION guard.vault_fields(p_case uuid) RETURNS SETOF text
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT field FROM sealed_identity
   WHERE case_id = p_case AND (guard.may_open(p_case) IS NOT NULL
     OR guard.kind() = 'public' AND p_case = guard.case_id())
$$;

CREATE FUNCTION guard.refuse_opening() RETURNS void LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the identity stays closed' USING ERRCODE = '42501'; END $$;

-- Ask. An ordinary case opens at once; any other waits for the second person.
CREATE FUNCTION guard.ask_opening(p_id uuid, p_case uuid, p_fields text[], p_reason bytea,
                                  p_now timestamptz) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
  v_role text := guard.may_open(p_case);
  v_at timestamptz;
BEGIN
  IF v_role IS NULL THEN PERFORM guard.refuse_opening(); END IF;
  SELECT CASE WHEN confidentiality = 'open' THEN p_now END INTO v_at FROM "case" WHERE id = p_case;
  INSERT INTO identity_opening (id, case_id, officer_id, role, fields, reason, asked_at, opened_at,
                                expires_at, looks)
  VALUES (p_id, p_case, guard.officer(), v_role, p_fields, p_reason, p_now, v_at,
          v_at + interval '1 hour', 0);
  RETURN v_at IS NOT NULL;
END
$$;

-- The second person's yes or no, within three days of the asking.
CREATE FUNCTION guard.decide_opening(p_id uuid, p_allow boolean, p_now timestamptz) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE o identity_opening;
BEGIN
  SELECT * INTO o FROM identity_opening WHERE id = p_id FOR UPDATE;
  IF o.id IS NULL OR o.opened_at IS NOT NULL OR o.ended_at IS NOT NULL
     OR p_now >= o.asked_at + interval '3 days'
     OR NOT guard.may_decide(o.case_id, o.officer_id) THEN
    PERFORM guard.refuse_opening();
  END IF;
  UPDATE identity_opening SET decided_by = guard.officer(), decided_at = p_now,
         opened_at = CASE WHEN p_allow THEN p_now END,
         expires_at = CASE WHEN p_allow THEN p_now + interval '1 hour' END,
         ended_at = CASE WHEN NOT p_allow THEN p_now END
   WHERE id = p_id;
END
$$;

-- Ended before its time, or taken back, by who asked or by one who may decide.
CREATE FUNCTION guard.end_opening(p_id uuid, p_now timestamptz) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
  UPDATE identity_opening o SET ended_at = p_now
   WHERE id = p_id AND ended_at IS NULL AND guard.kind() = 'officer'
     AND (officer_id = guard.officer() OR guard.may_decide(case_id, officer_id));
  IF NOT FOUND THEN PERFORM guard.refuse_opening(); END IF;
END
$$;

-- The only way from the web role to a sealed value. It asks for an opening of this officer that
-- runs now and had its second person where the case asks for one, and for an entry of the record
-- about this very look, committed before: an entry of the present transaction could still be
-- undone after the value was read. Each entry serves one look.
CREATE FUNCTION guard.read_identity(p_id uuid, p_entry uuid, p_now timestamptz)
  RETURNS TABLE (field text, sealed bytea)
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
  o identity_opening;
  v_level text;
  v_xid bigint;
  v_now bigint := pg_current_xact_id()::text::bigint;
BEGIN
  SELECT * INTO o FROM identity_opening WHERE id = p_id FOR UPDATE;
  SELECT confidentiality INTO v_level FROM "case" WHERE id = o.case_id;
  SELECT e.xmin::text::bigint INTO v_xid FROM audit_entry e
   WHERE e.id = p_entry AND e.act = 'identity_looked' AND e.actor_kind = 'officer'
     AND e.actor_id = guard.officer() AND e.case_id = o.case_id AND e.at = p_now
     AND e.details->>'opening' = p_id::text;
  -- A row holds 32 bits of its transaction's number; the rest is the present epoch or the last one.
  -- A savepoint of this transaction has a number a little above the transaction's own.
  v_xid := (v_now >> 32 << 32) | v_xid;
  IF v_xid - v_now > 1::bigint << 31 THEN v_xid := v_xid - (1::bigint << 32); END IF;
  IF o.id IS NULL OR v_xid IS NULL OR o.officer_id IS DISTINCT FROM guard.officer()
     OR guard.kind() <> 'officer'
     OR o.opened_at IS NULL OR p_now < o.opened_at OR p_now >= o.expires_at
     OR o.ended_at IS NOT NULL
     OR v_level <> 'open' AND o.decided_by IS NULL
     OR guard.may_open(o.case_id) IS NULL
     OR o.last_entry_id IS NOT DISTINCT FROM p_entry
     OR pg_xact_status(v_xid::text::xid8) IS DISTINCT FROM 'committed' THEN
    PERFORM guard.refuse_opening();
  END IF;
  UPDATE identity_opening SET looks = looks + 1, last_entry_id = p_entry WHERE id = p_id;
  RETURN QUERY SELECT s.field::text, s.sealed FROM sealed_identity s
    WHERE s.case_id = o.case_id AND s.field = ANY (o.fields);
END
$$;

-- What waits for a second person, for one who can be it: of a case that this officer may not see,
-- the reference, the institution and what was asked, and nothing else.
CREATE FUNCTION guard.openings_to_decide(p_now timestamptz)
  RETURNS TABLE (id uuid, reference text, institution_id integer, confidentiality text,
                 officer_name text, role text, fields text[], reason bytea, asked_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT o.id, c.reference::text, c.institution_id, c.confidentiality::text, f.name::text,
         o.role::text, o.fields, o.reason, o.asked_at
    FROM identity_opening o JOIN "case" c ON c.id = o.case_id JOIN officer f ON f.id = o.officer_id
   WHERE o.opened_at IS NULL AND o.ended_at IS NULL AND o.asked_at > p_now - interval '3 days'
     AND guard.may_decide(o.case_id, o.officer_id)
   ORDER BY o.asked_at, o.id LIMIT 100
$$;

-- "Forget me": name, number and address go, wherever they stand with the case; the case stays.
CREATE FUNCTION guard.forget_identity(p_now timestamptz) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
  v_case uuid := guard.case_id();
  -- Of who is forgotten the day alone is kept.
  v_day timestamptz := date_trunc('day', p_now, 'Africa/Dar_es_Salaam');
BEGIN
  IF guard.kind() <> 'public' OR v_case IS NULL THEN PERFORM guard.refuse_opening(); END IF;
  DELETE FROM sealed_identity WHERE case_id = v_case AND field IN ('name', 'phone', 'email');
  UPDATE "case" SET anonymous = true, reachable = false WHERE id = v_case;
  UPDATE inbound_message SET sender = '', number_hash = '' WHERE case_id = v_case;
  -- What was not sent yet is sent no more. One that a worker is sending at this moment ends by itself.
  UPDATE outbox SET recipient = NULL WHERE case_id = v_case;
  UPDATE outbox SET state = 'failed', status_code = 'forgotten', finished_at = v_day
   WHERE case_id = v_case AND state IN ('queued', 'unknown');
  UPDATE identity_opening SET ended_at = greatest(v_day, asked_at, opened_at)
   WHERE case_id = v_case AND ended_at IS NULL;
END
$$;

-- Receipts. A code issued again derives from a random number too. Until it is used the old one
-- stays good: who only knows a reference must not be able to shut its citizen out.
CREATE FUNCTION guard.receipt(p_reference text)
  RETURNS TABLE (case_id uuid, submission_id uuid, receipt_nonce bytea, issued_nonce bytea)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT c.id, s.id, s.receipt_nonce, s.issued_nonce FROM "case" c JOIN submission s ON s.case_id = c.id
   WHERE c.reference = p_reference AND guard.kind() = 'receipt-check'
$$;
CREATE FUNCTION guard.adopt_receipt(p_reference text) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  UPDATE submission s SET receipt_nonce = s.issued_nonce, issued_nonce = NULL FROM "case" c
   WHERE c.id = s.case_id AND c.reference = p_reference AND s.issued_nonce IS NOT NULL
     AND guard.kind() = 'receipt-check'
$$;
-- With which number the code of the citizen's own case was issued: a browser in which it was opened
-- by an older code is shut out.
CREATE FUNCTION guard.receipt_nonce() RETURNS bytea
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT receipt_nonce FROM submission WHERE case_id = guard.case_id() AND guard.kind() = 'public'
$$;
CREATE FUNCTION guard.repeated(p_submission uuid)
  RETURNS TABLE (case_id uuid, reference text, content_hash bytea, at timestamptz, reissued boolean)
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(p_submission::text, 0));
  RETURN QUERY
    SELECT c.id, c.reference::text, s.content_hash, s.at,
           coalesce(s.receipt_nonce, s.issued_nonce) IS NOT NULL
      FROM submission s JOIN "case" c ON c.id = s.case_id
     WHERE s.id = p_submission AND (guard.kind() = 'lodging' OR guard.is_job());
END
$$;
GRANT UPDATE (issued_nonce) ON submission TO mrejesho_worker;

{secure:receipt_request}
GRANT SELECT, INSERT, UPDATE ON receipt_request TO mrejesho_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON receipt_request TO mrejesho_worker;
CREATE POLICY receipt_request_ask ON receipt_request TO mrejesho_web
  USING ((SELECT guard.kind()) = 'receipt-check')
  WITH CHECK ((SELECT guard.kind()) = 'receipt-check');
{job:receipt_request}

-- Messages are numbered within their case: an unknown citizen's carry a day and no hour.
CREATE FUNCTION guard.number_message() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
  NEW.seq := (SELECT coalesce(max(seq), 0) + 1 FROM message WHERE case_id = NEW.case_id);
  RETURN NEW;
END
$$;
CREATE TRIGGER number_message BEFORE INSERT ON message FOR EACH ROW WHEN (NEW.seq IS NULL)
  EXECUTE FUNCTION guard.number_message();

-- A case of an unknown citizen is given out under the beginning of its day, which would make its
-- handler the next in turn again and again. The turn goes on behind the institution's last one.
CREATE FUNCTION guard.keep_turn() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE v_last timestamptz := (SELECT max(last_assigned_at) FROM officer
                                WHERE institution_id = NEW.institution_id);
BEGIN
  IF v_last >= NEW.last_assigned_at THEN
    NEW.last_assigned_at := v_last + interval '1 microsecond';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER keep_turn BEFORE UPDATE OF last_assigned_at ON officer FOR EACH ROW
  WHEN (NEW.last_assigned_at = date_trunc('day', NEW.last_assigned_at, 'Africa/Dar_es_Salaam'))
  EXECUTE FUNCTION guard.keep_turn();

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA guard FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.sees(uuid), guard.may_open(uuid), guard.may_decide(uuid, integer),
  guard.vault_fields(uuid), guard.refuse_opening(),
  guard.ask_opening(uuid, uuid, text[], bytea, timestamptz),
  guard.decide_opening(uuid, boolean, timestamptz), guard.end_opening(uuid, timestamptz),
  guard.read_identity(uuid, uuid, timestamptz), guard.openings_to_decide(timestamptz),
  guard.forget_identity(timestamptz), guard.receipt(text), guard.receipt_nonce(), guard.adopt_receipt(text),
  guard.repeated(uuid) TO mrejesho_web, mrejesho_worker;
