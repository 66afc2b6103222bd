-- Texts as administrators saved them: everybody who sends reads, administrators add in their own
-- name, nobody changes or deletes. Processes keep them in memory by the version of reference data.
{secure:text_version}
GRANT SELECT, INSERT ON text_version TO mrejesho_web;
GRANT SELECT ON text_version TO mrejesho_worker;
CREATE POLICY everyone_reads ON text_version FOR SELECT TO mrejesho_web, mrejesho_worker
  USING (true);
CREATE POLICY admin_adds ON text_version FOR INSERT TO mrejesho_web
  WITH CHECK ((SELECT guard.has('admin')) AND officer_id = (SELECT guard.officer()));
{watched:text_version}
