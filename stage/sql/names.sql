-- The names that rows give to learners who have several: of one pair, and of learners whom some rows name by one half
-- and others by both.
CREATE TABLE names_of_learners AS
SELECT DISTINCT l.learner_no, r.learner_name AS name
FROM accepted r JOIN learners l ON l.mail = r.learner_email AND l.number = r.learner_employee_id
WHERE l.names > 1 AND l.learner_no IS NOT NULL AND r.learner_name IS NOT NULL
UNION
SELECT learner_no, name FROM learners
WHERE name IS NOT NULL AND learner_no IN (
    SELECT learner_no FROM learners WHERE learner_no IS NOT NULL GROUP BY learner_no HAVING min(name) <> max(name)
);
