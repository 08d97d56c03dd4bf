-- The day of enrollment that a row is sent with where it says none: its session's, as the row, the reference data or the
-- system tell it. A row without one is refused. `found_days`: session_code, session_date: what the system told.
CREATE TABLE enrollment_days AS
SELECT p.part_id, p.row_no, p.col_no, coalesce(p.session_date, s.session_date, f.session_date) AS enrolled_on
FROM in_play p JOIN sessions s USING (session_no) LEFT JOIN found_days f USING (session_code)
WHERE p.enrolled_on IS NULL;

INSERT INTO refused BY NAME
SELECT part_id, row_no, col_no, 'date.missing' AS code, 'enrolled_on' AS field,
       'SmarterU needs a date of enrollment, and neither the row''s nor its session''s is known' AS detail
FROM enrollment_days WHERE enrolled_on IS NULL;
