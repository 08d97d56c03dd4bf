-- Sessions that exist and of which rows say something else, as `disputed`: what is stored comes first.
-- `stored_sessions`: session_code, course_code, course_name, session_date, session_start, is_made (the code is made of
-- the name); `named_stored` as `named_courses`, for `said_of_stored`.
WITH met AS (
    SELECT s.*, n.course_code, nullif(n.name, '') AS name, t.course_code AS stored_code, t.course_name AS stored_name,
           t.session_date, t.session_start, t.is_made
    FROM said_of_stored s
        JOIN named_stored n ON n.course_id = coalesce(s.course_id, '') AND n.course_name = coalesce(s.course_name, '')
        JOIN stored_sessions t USING (session_code)
), lines AS (
    SELECT session_code, 'course_name' AS field, coalesce(stored_name, stored_code) AS stored,
           coalesce(name, course_code) AS said
    FROM met
    WHERE course_code <> stored_code AND if(name IS NULL, NOT is_made, lower(name) IS DISTINCT FROM lower(stored_name))
    UNION
    SELECT session_code, 'session_date', session_date::VARCHAR, unnest([first_date, last_date])::VARCHAR FROM met
    UNION
    SELECT session_code, 'session_start', session_start::VARCHAR, unnest([first_start, last_start])::VARCHAR FROM met
)
SELECT session_code, field, list_concat([stored || '$mark'], list_sort(list(DISTINCT said))) AS texts
FROM lines WHERE stored <> said
GROUP BY session_code, field, stored
ORDER BY session_code, field
