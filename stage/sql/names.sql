-- The names of learners who have several: that the rows of one pair give, or of pairs that name the learner by one half
-- and by both, and the name that an existing learner has.
CREATE TABLE names_of_learners AS
SELECT DISTINCT l.learner_no, r.learner_name AS name, false AS is_known
FROM accepted r JOIN learners l ON l.mail = r.learner_email AND l.number = r.learner_employee_id
WHERE l.names > 1 AND l.learner_no IS NOT NULL AND r.learner_name IS NOT NULL
UNION
SELECT learner_no, name, false FROM learners
WHERE name IS NOT NULL AND learner_no IN (
    SELECT learner_no FROM learners WHERE learner_no IS NOT NULL GROUP BY learner_no HAVING min(name) <> max(name)
)
UNION
SELECT l.learner_no, l.name, false
FROM learners l JOIN known_learners k ON k.id = l.learner_no
WHERE l.name IS NOT NULL AND lower(k.name) <> lower(l.name)
UNION
SELECT l.learner_no, k.name, true
FROM learners l JOIN known_learners k ON k.id = l.learner_no
WHERE l.name IS NOT NULL AND lower(k.name) <> lower(l.name);
