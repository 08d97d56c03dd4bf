-- Copies within the run: rows about the same learner and session, in their order.
CREATE TABLE copies AS
SELECT *, row_number() OVER (PARTITION BY learner_no, session_no ORDER BY part_id, row_no, col_no) AS copy_no
FROM placed SEMI JOIN (
    SELECT learner_no, session_no FROM placed GROUP BY ALL HAVING count(*) > 1
) shared USING (learner_no, session_no);
