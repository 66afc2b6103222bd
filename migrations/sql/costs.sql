-- Sums of what SMS cost. An administrator sees every institution's; its head and its coordinator see
-- their own, and the service shows them no small number (rules/disclosure.py).
{secure:sms_cost}
GRANT SELECT ON sms_cost TO mrejesho_web;
GRANT SELECT, INSERT, UPDATE ON sms_cost TO mrejesho_worker;
CREATE POLICY sms_cost_read ON sms_cost FOR SELECT TO mrejesho_web
  USING ((SELECT guard.kind()) = 'officer'
    AND ((SELECT guard.has('admin'))
      OR institution_id = ANY ((SELECT guard.ids('heads'))::integer[])
      OR institution_id = ANY ((SELECT guard.ids('coordinates'))::integer[])));
{job:sms_cost}

-- The gateway's tag of a message leads to a phone as its number does, and goes with it.
CREATE FUNCTION guard.forget_link() RETURNS trigger
  LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$ BEGIN NEW.link_id := NULL; RETURN NEW; END $$;
REVOKE EXECUTE ON FUNCTION guard.forget_link() FROM PUBLIC;
CREATE TRIGGER forget_link BEFORE UPDATE ON inbound_message
  FOR EACH ROW WHEN (NEW.number_hash = '' AND NEW.link_id IS NOT NULL)
  EXECUTE FUNCTION guard.forget_link();
