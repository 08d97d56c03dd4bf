-- The sessions that the run creates, with course, date and start where the rows agree on one; what they dispute stays
-- blank. `named_courses`: course_id, course_name ('' what rows lack), course_code (NULL where the name is that of two
-- courses), name.
CREATE TABLE new_sessions AS
SELECT s.session_code,
       if(min(n.course_code) = max(n.course_code), min(n.course_code), NULL) AS course_code,
       if(min(s.first_date) = max(s.last_date), min(s.first_date), NULL) AS session_date,
       if(min(s.first_start) = max(s.last_start), min(s.first_start), NULL) AS session_start
FROM said_of_sessions s
    JOIN named_courses n ON n.course_id = coalesce(s.course_id, '') AND n.course_name = coalesce(s.course_name, '')
GROUP BY s.session_code;

-- The courses of these sessions that do not exist, with the name that the rows agree on. `known_courses`: id, code.
CREATE TABLE new_courses AS
SELECT course_code, if(min(name) = max(name), min(name), NULL) AS name
FROM named_courses
WHERE course_code IN (SELECT course_code FROM new_sessions) AND course_code NOT IN (SELECT code FROM known_courses)
GROUP BY course_code;

-- The learners that the run creates: what its pairs, taken together, say of each.
CREATE TABLE new_learners AS
SELECT l.whole_number AS number, l.whole_mail AS mail, min(l.name) AS name
FROM learners l SEMI JOIN (FROM in_play WHERE learner_no < 0) p ON p.learner_no = l.learner_no
GROUP BY ALL;

-- They as the database takes them. `terms`: run_id, started_at.
CREATE VIEW lines_of_learners AS
SELECT nullif(n.number, '') AS employee_number, nullif(n.mail, '') AS email, n.name, 'import' AS origin, t.run_id
FROM new_learners n CROSS JOIN terms t
ORDER BY n.number, n.mail;

CREATE VIEW lines_of_courses AS
SELECT n.course_code, n.name, 'import' AS origin, t.run_id
FROM new_courses n CROSS JOIN terms t
ORDER BY n.course_code;
