-- The receipt of what a browser sent, in one question: unless the visit in which it was sent was
-- left since. Nothing is waited for, since nothing is made here.
CREATE FUNCTION guard.receipt_again(p_submission uuid, p_visit text)
  RETURNS TABLE (case_id uuid, reference text, at timestamptz, reissued boolean,
                 acknowledge_due timestamptz, answer_due timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
  SELECT c.id, c.reference::text, s.at, coalesce(s.receipt_nonce, s.issued_nonce) IS NOT NULL,
         a.due_at, r.due_at
    FROM submission s JOIN "case" c ON c.id = s.case_id
    JOIN deadline a ON a.case_id = c.id AND a.cycle = 1 AND a.clock = 'acknowledge'
    JOIN deadline r ON r.case_id = c.id AND r.cycle = 1 AND r.clock = 'answer'
   WHERE s.id = p_submission AND guard.kind() = 'receipt-check'
     AND NOT EXISTS (SELECT FROM receipt_attempt t WHERE t.reference = p_visit)
$$;
REVOKE EXECUTE ON FUNCTION guard.receipt_again(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.receipt_again(uuid, text) TO mrejesho_web;
