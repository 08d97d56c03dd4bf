-- Which session each code means. `known_sessions`: session_code, id, session_date, max_participants (of reference data
-- alone: only their seats count). Numbers of sessions are their IDs, and negative for those that the run would create.
CREATE TABLE sessions AS
SELECT c.session_code, coalesce(k.id, -row_number() OVER (ORDER BY c.session_code)) AS session_no,
       k.session_date, k.max_participants
FROM (SELECT DISTINCT session_id AS session_code FROM accepted) c LEFT JOIN known_sessions k USING (session_code);
