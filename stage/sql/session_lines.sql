-- The new sessions as the database takes them, with the IDs of their courses. `created_courses`: as `known_courses`.
CREATE VIEW lines_of_sessions AS
SELECT n.session_code, c.id AS course_id, n.session_date, n.session_start, 'import' AS origin, t.run_id
FROM new_sessions n
    LEFT JOIN (FROM known_courses UNION ALL FROM created_courses) c ON c.code = n.course_code
    CROSS JOIN terms t
ORDER BY n.session_code;
