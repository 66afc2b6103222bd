-- Both tables hold a few rows that are written all day: room in each page for the next version, so
-- that none of them needs a new entry in an index.
ALTER TABLE job_run SET (fillfactor = 25);
ALTER TABLE machine_clock SET (fillfactor = 25);

-- When a job ran is no secret of the office: every officer's page may say that one does not run.
{secure:job_run}
GRANT SELECT ON job_run TO mrejesho_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON job_run TO mrejesho_worker;
CREATE POLICY job_run_read ON job_run FOR SELECT TO mrejesho_web
  USING ((SELECT guard.kind()) IN ('officer', 'operations'));
{job:job_run}

{secure:machine_clock}
GRANT SELECT ON machine_clock TO mrejesho_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON machine_clock TO mrejesho_worker;
CREATE POLICY machine_clock_read ON machine_clock FOR SELECT TO mrejesho_web
  USING ((SELECT guard.kind()) = 'operations' OR (SELECT guard.has('admin')));
{job:machine_clock}

-- From now on the sweep is expected: an installation whose worker never began is found out.
INSERT INTO job_run (name, period, known_at, counts, runs, failures)
VALUES ('sweep', 15, now(), '{}', 0, 0);
