-- The handler of a unit who has waited longest for a case; where it has none, a handler of the
-- institution's default unit; then its coordinator. Excluded, absent and inactive officers are
-- passed over. NULL: the case stays unowned, with clock and ladder running. An officer whom
-- another intake is choosing at this moment is passed over rather than waited for.
CREATE FUNCTION guard.pick_handler(p_institution integer, p_unit integer, p_excluded integer[],
                                   p_now timestamptz) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
  v_ids integer[];
  v_id integer;
  v_day date := (p_now AT TIME ZONE 'Africa/Dar_es_Salaam')::date;
BEGIN
  SELECT array_agg(id ORDER BY last_assigned_at NULLS FIRST, id) INTO v_ids FROM (
    SELECT o.id, o.last_assigned_at,
           rank() OVER (ORDER BY ('handler' = ANY (o.roles) AND o.unit_id = p_unit) DESC,
                                 ('handler' = ANY (o.roles)) DESC) AS standing
      FROM officer o JOIN unit u ON u.id = o.unit_id
     WHERE o.institution_id = p_institution AND o.active AND o.id <> ALL (p_excluded)
       AND (('handler' = ANY (o.roles) AND (o.unit_id = p_unit OR u.is_default))
            OR 'coordinator' = ANY (o.roles))
       AND NOT EXISTS (SELECT FROM leave l WHERE l.officer_id = o.id
                          AND v_day BETWEEN l.first_day AND l.last_day)) ranked
   WHERE standing = 1;
  SELECT id INTO v_id FROM officer WHERE id = ANY (v_ids)
   ORDER BY last_assigned_at NULLS FIRST, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
  IF v_id IS NULL THEN
    RETURN v_ids[1];
  END IF;
  UPDATE officer SET last_assigned_at = p_now WHERE id = v_id;
  RETURN v_id;
END
$$;
REVOKE EXECUTE ON FUNCTION guard.pick_handler(integer, integer, integer[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guard.pick_handler(integer, integer, integer[], timestamptz)
  TO mrejesho_web, mrejesho_worker;
