-- Which learners open cases are about, as far as their cells name a known one. `open_cases`: case_id, session_no, mail,
-- number ('' what the cells lack), contradicts; `case_learners`: id, number, mail of the employees whom they touch.
CREATE OR REPLACE TABLE named_cases AS
WITH holders AS (SELECT mail, count(*) AS holders FROM case_learners WHERE mail IS NOT NULL GROUP BY mail)
-- By number: the e-mail must not be another's.
SELECT c.case_id, c.session_no, e.id AS learner_no, c.contradicts
FROM open_cases c
    JOIN case_learners e ON e.number = c.number
    LEFT JOIN holders h ON h.mail = c.mail
WHERE c.number <> '' AND (c.mail = '' OR e.mail = c.mail OR (e.mail IS NULL AND h.holders IS NULL))
UNION
-- By e-mail, of which there must be one holder: two numbers with one e-mail are two learners.
SELECT c.case_id, c.session_no, e.id, c.contradicts
FROM open_cases c
    JOIN case_learners e ON e.mail = c.mail
    JOIN holders h ON h.mail = c.mail
    LEFT JOIN case_learners other ON other.number = c.number
WHERE c.mail <> '' AND h.holders = 1 AND (c.number = '' OR (e.number IS NULL AND other.id IS NULL));
