-- An officer writes down what he corrected on a case that he sees, in his own name; the worker
-- learns from it. The counts are read by officers, who see them as suggestions.
{secure:correction}
GRANT INSERT ON correction TO mrejesho_web;
GRANT SELECT ON correction TO mrejesho_worker;
CREATE POLICY officer_corrects ON correction FOR INSERT TO mrejesho_web
  WITH CHECK ((SELECT guard.kind()) = 'officer' AND officer_id = (SELECT guard.officer())
    AND EXISTS (SELECT FROM "case" c WHERE c.id = case_id));
{job:correction}
{secure:suggestion_model}
GRANT SELECT ON suggestion_model TO mrejesho_web;
GRANT SELECT, INSERT, DELETE ON suggestion_model TO mrejesho_worker;
CREATE POLICY officers_read ON suggestion_model FOR SELECT TO mrejesho_web
  USING ((SELECT guard.kind()) = 'officer');
{job:suggestion_model}
