-- An officer's phone is the officer's own: nobody else reads number or hash, an administrator
-- neither. The worker compares what comes in with it.
{secure:officer_phone}
GRANT SELECT, INSERT, UPDATE ON officer_phone TO mrejesho_web;
CREATE POLICY own ON officer_phone TO mrejesho_web
  USING ((SELECT guard.kind()) = 'officer' AND officer_id = (SELECT guard.officer()));
GRANT SELECT, UPDATE, DELETE ON officer_phone TO mrejesho_worker;
CREATE POLICY job_all ON officer_phone TO mrejesho_worker USING ((SELECT guard.kind()) = 'job');

-- The worker notes that a PIN was right; the officer in whose name the act is done marks it done.
{secure:officer_command}
GRANT SELECT, UPDATE (done_at) ON officer_command TO mrejesho_web;
CREATE POLICY own ON officer_command TO mrejesho_web
  USING ((SELECT guard.kind()) = 'officer' AND officer_id = (SELECT guard.officer()));
GRANT SELECT, INSERT ON officer_command TO mrejesho_worker;
{job:officer_command}

-- The code that shows whose the number is belongs to no case.
CREATE POLICY outbox_own_code ON outbox FOR INSERT TO mrejesho_web WITH CHECK (
  (SELECT guard.kind()) = 'officer' AND case_id IS NULL AND template = 'officer_code');

-- Since when an officer has a phone: what an administrator may know of it.
CREATE FUNCTION guard.officer_phone_since(p_officer integer) RETURNS timestamptz
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT confirmed_at FROM officer_phone WHERE officer_id = p_officer
     AND guard.kind() = 'officer' AND (p_officer = guard.officer() OR guard.has('admin'))
$$;

-- The officer, or an administrator, takes the phone away. Answers whether there was one.
CREATE FUNCTION guard.remove_officer_phone(p_officer integer) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
  IF guard.kind() <> 'officer'
     OR NOT coalesce(p_officer = guard.officer() OR guard.has('admin'), false) THEN
    RAISE EXCEPTION 'this phone is another''s' USING ERRCODE = '42501';
  END IF;
  DELETE FROM officer_phone WHERE officer_id = p_officer;
  RETURN FOUND;
END
$$;

-- Whose way in was reset, and whose account was closed, loses the phone with it: a stranger may
-- have put it there.
CREATE FUNCTION guard.forget_officer_phone() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
  DELETE FROM officer_phone WHERE officer_id = (to_jsonb(OLD) ->> TG_ARGV[0])::integer;
  RETURN NULL;
END
$$;
CREATE TRIGGER forget_phone AFTER DELETE ON credential
  FOR EACH ROW EXECUTE FUNCTION guard.forget_officer_phone('officer_id');
CREATE TRIGGER forget_phone AFTER UPDATE OF active ON officer
  FOR EACH ROW WHEN (OLD.active AND NOT NEW.active)
  EXECUTE FUNCTION guard.forget_officer_phone('id');

REVOKE EXECUTE ON FUNCTION guard.officer_phone_since(integer),
  guard.remove_officer_phone(integer), guard.forget_officer_phone() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.officer_phone_since(integer), guard.remove_officer_phone(integer)
  TO mrejesho_web;
