-- The enrollments that the run made and that rows of a feed's files are about, whichever row was loaded.
-- `created_enrollments`: enrollment_id, training_session_id, employee_id; `feed_files`: file_no.
CREATE OR REPLACE TABLE feed_created AS
SELECT DISTINCT c.enrollment_id
FROM placed p
    JOIN dated d USING (session_no)
    LEFT JOIN people l USING (learner_no)
    JOIN created_enrollments c ON c.training_session_id = d.training_session_id
        AND c.employee_id = coalesce(l.employee_id, p.learner_no)
WHERE p.part_id // 1000000 IN (FROM feed_files);
