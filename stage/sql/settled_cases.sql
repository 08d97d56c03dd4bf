-- The open cases that the load settles. `own_cases`: case_id, state of the cases for which rows stand that are in the
-- database now. $written: the enrollments that the run writes, with $session and $learner.
CREATE OR REPLACE VIEW settled_cases AS
WITH found AS (
    SELECT p.session_no, p.learner_no, e.outcome
    FROM existing e JOIN placed p USING (part_id, row_no, col_no) ANTI JOIN refused USING (part_id, row_no, col_no)
    WHERE e.outcome IN ('updated', 'unchanged')
)
SELECT case_id FROM own_cases WHERE state = 'open'
UNION
-- Those whose enrollment the run wrote.
SELECT case_id FROM named_cases c
SEMI JOIN (
    SELECT $session AS session_no, $learner AS learner_no FROM $written
    UNION ALL
    SELECT session_no, learner_no FROM found WHERE outcome = 'updated'
) w ON w.session_no = c.session_no AND w.learner_no = c.learner_no
UNION
-- Those whose enrollment a row found as it says, unless they were refused for saying something else.
SELECT case_id FROM named_cases c
SEMI JOIN (FROM found WHERE outcome = 'unchanged') u ON u.session_no = c.session_no AND u.learner_no = c.learner_no
WHERE NOT c.contradicts;
