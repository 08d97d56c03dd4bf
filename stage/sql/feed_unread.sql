-- Enrollments that a feed's files do not seem to hold, and the rows of these files that are not loaded and may be about
-- them ('' what a row does not say). $compared: the last import of which it is known what was missing.
-- `feed_files`: file_no; `feed_seen`: enrollment_id, brought_in, sure_in; `feed_described`: enrollment_id, mail, number,
-- name, session_code, status.
CREATE OR REPLACE TABLE feed_candidates AS
SELECT enrollment_id, coalesce(mail, '') AS mail, coalesce(number, '') AS number, name, session_code, status,
       coalesce(sure_in, greatest(brought_in, $compared)) AS sure_in
FROM feed_seen JOIN feed_described USING (enrollment_id);

CREATE OR REPLACE TABLE feed_unread AS
SELECT DISTINCT coalesce(learner_email, '') AS mail, coalesce(learner_employee_id, '') AS number,
       coalesce(session_id, '') AS session_code, fingerprint
FROM decided
WHERE outcome = 'rejected' AND part_id // 1000000 IN (FROM feed_files);
