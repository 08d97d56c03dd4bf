-- The open cases that the load settles. `own_cases`: case_id, state of the cases for which rows stand that are in the
-- database now; `named_enrollments`: id, session_no, learner_no, run_id of the enrollments that open cases are about.
CREATE OR REPLACE VIEW settled_cases AS
SELECT case_id FROM own_cases WHERE state = 'open'
UNION
SELECT c.case_id
FROM named_cases c
    JOIN named_enrollments e USING (session_no, learner_no)
    LEFT JOIN (SELECT DISTINCT enrollment_id FROM existing WHERE outcome = 'unchanged') u ON u.enrollment_id = e.id
    CROSS JOIN terms t
-- Those whose enrollment the run wrote; and those that a row found as it says, unless they say something else.
WHERE e.run_id = t.run_id OR (u.enrollment_id IS NOT NULL AND NOT c.contradicts);
