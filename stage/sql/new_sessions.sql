-- The rows that are to be loaded as new enrollments.
CREATE VIEW to_load AS FROM accepted ANTI JOIN outcomes USING (part_id, row_no, col_no);

-- What rows, copies among them, say of the sessions that the run creates, a line a session and way of naming its course.
CREATE TABLE said_of_sessions AS
SELECT r.session_id AS session_code, r.course_id, r.course_name,
       min(r.session_date) AS first_date, max(r.session_date) AS last_date,
       min(r.session_start) AS first_start, max(r.session_start) AS last_start
FROM accepted r SEMI JOIN (FROM sessions WHERE session_no < 0) new ON new.session_code = r.session_id
GROUP BY ALL;
