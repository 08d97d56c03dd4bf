-- What rows are about that the database holds already, whatever became of the row. `feed_files`: file_no: the files of
-- one feed.
CREATE OR REPLACE TABLE feed_present AS
SELECT k.id AS enrollment_id, bool_or(p.part_id // 1000000 IN (FROM feed_files)) AS is_own
FROM placed p JOIN known_enrollments k ON k.session_no = p.session_no AND k.learner_no = p.learner_no
GROUP BY k.id;
