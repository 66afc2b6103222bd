-- Days of single offices, versions of standards, and how long each institution held a case.

-- The worker notes when it was done with a correction.
GRANT UPDATE (done_at) ON calendar_correction TO mrejesho_worker;

-- A version of a standard says for ever what it said: a change adds the next one.
CREATE FUNCTION guard.keep_version() RETURNS trigger
  LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION 'a version of a standard is never overwritten' USING ERRCODE = '42501';
END
$$;
REVOKE EXECUTE ON FUNCTION guard.keep_version() FROM PUBLIC;
CREATE TRIGGER kept BEFORE UPDATE ON service_standard
  FOR EACH ROW EXECUTE FUNCTION guard.keep_version();

-- Sums over cases that the reader may not see; small groups are suppressed in services.
{secure:figure_held}
GRANT SELECT ON figure_held TO mrejesho_web;
GRANT SELECT, INSERT, DELETE ON figure_held TO mrejesho_worker;
CREATE POLICY figure_held_read ON figure_held FOR SELECT TO mrejesho_web
  USING ((SELECT guard.kind()) = 'officer');
{job:figure_held}
