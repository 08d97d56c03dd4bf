-- Enrollments that are missing: gone from the feed's files, and held by no other feed and no other file of the run.
-- `feed_held`, `feed_alive`: enrollment_id: those that another feed holds; those that somebody else keeps alive.
CREATE OR REPLACE TABLE feed_lost AS
SELECT enrollment_id, coalesce(nullif(mail, ''), nullif(number, ''), name, '') AS learner, session_code, status,
       enrollment_id IN (FROM feed_alive) AS is_alive
FROM feed_gone
    ANTI JOIN feed_held USING (enrollment_id)
    ANTI JOIN (FROM feed_present WHERE NOT is_own) USING (enrollment_id);
