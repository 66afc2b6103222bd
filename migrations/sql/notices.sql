-- An officer's mailbox and choices are the officer's own: nobody else reads the address. The worker
-- sends there.
{secure:officer_mail}
GRANT SELECT, INSERT, UPDATE ON officer_mail TO mrejesho_web;
CREATE POLICY own ON officer_mail TO mrejesho_web
  USING ((SELECT guard.kind()) = 'officer' AND officer_id = (SELECT guard.officer()));
GRANT SELECT, UPDATE, DELETE ON officer_mail TO mrejesho_worker;
CREATE POLICY job_all ON officer_mail TO mrejesho_worker USING ((SELECT guard.kind()) = 'job');

{secure:notice_choice}
GRANT SELECT, INSERT, UPDATE ON notice_choice TO mrejesho_web;
CREATE POLICY own ON notice_choice TO mrejesho_web
  USING ((SELECT guard.kind()) = 'officer' AND officer_id = (SELECT guard.officer()));

-- Old ones are forgotten.
GRANT DELETE ON notice TO mrejesho_worker;

-- The code that shows whose the phone or the mailbox is belongs to no case.
ALTER POLICY outbox_own_code ON outbox WITH CHECK (
  (SELECT guard.kind()) = 'officer' AND case_id IS NULL
  AND template IN ('officer_code', 'officer_mail_code'));

-- Whose way in was reset, and whose account was closed, loses the mailbox with it, as the phone.
CREATE FUNCTION guard.forget_officer_mail() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
  DELETE FROM officer_mail WHERE officer_id = (to_jsonb(OLD) ->> TG_ARGV[0])::integer;
  RETURN NULL;
END
$$;
CREATE TRIGGER forget_mail AFTER DELETE ON credential
  FOR EACH ROW EXECUTE FUNCTION guard.forget_officer_mail('officer_id');
CREATE TRIGGER forget_mail AFTER UPDATE OF active ON officer
  FOR EACH ROW WHEN (OLD.active AND NOT NEW.active)
  EXECUTE FUNCTION guard.forget_officer_mail('id');

-- The officer takes the own mailbox away. Answers whether there was one.
CREATE FUNCTION guard.remove_officer_mail() RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
  DELETE FROM officer_mail WHERE guard.kind() = 'officer' AND officer_id = guard.officer();
  RETURN FOUND;
END
$$;

REVOKE EXECUTE ON FUNCTION guard.forget_officer_mail(), guard.remove_officer_mail() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.remove_officer_mail() TO mrejesho_web;
