-- What rows say of sessions that exist, a line a session and way of naming its course; also rows that change nothing.
CREATE TABLE said_of_stored AS
SELECT r.session_id AS session_code, r.course_id, r.course_name,
       min(r.session_date) AS first_date, max(r.session_date) AS last_date,
       min(r.session_start) AS first_start, max(r.session_start) AS last_start
FROM accepted r SEMI JOIN (FROM sessions WHERE session_no > 0) there ON there.session_code = r.session_id
WHERE r.course_id IS NOT NULL OR r.course_name IS NOT NULL OR r.session_date IS NOT NULL OR r.session_start IS NOT NULL
GROUP BY ALL;
