-- Sessions that the run creates and whose rows differ in course, date or start, a line a session and field with what
-- they say, in order; of a course's name that several courses bear, their IDs. `said_of_sessions`, `named_courses` as for `new_sessions`.
CREATE VIEW disputed AS
WITH said AS (
    SELECT s.session_code, n.course_code, coalesce(n.name, n.course_code) AS course, n.namesakes,
           s.first_date, s.last_date, s.first_start, s.last_start
    FROM said_of_sessions s
        JOIN named_courses n ON n.course_id = coalesce(s.course_id, '') AND n.course_name = coalesce(s.course_name, '')
)
SELECT session_code, 'course_name' AS field, list_sort(list(DISTINCT course)) AS texts
FROM said GROUP BY session_code HAVING min(course_code) <> max(course_code)
UNION ALL
SELECT DISTINCT session_code, 'course_id', string_split(namesakes, chr(10)) FROM said WHERE namesakes IS NOT NULL
UNION ALL
SELECT session_code, 'session_date', [min(first_date)::VARCHAR, max(last_date)::VARCHAR]
FROM said GROUP BY session_code HAVING min(first_date) <> max(last_date)
UNION ALL
SELECT session_code, 'session_start', [min(first_start)::VARCHAR, max(last_start)::VARCHAR]
FROM said GROUP BY session_code HAVING min(first_start) <> max(last_start)
ORDER BY session_code, field;
