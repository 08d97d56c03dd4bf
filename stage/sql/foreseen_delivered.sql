-- The open cases that the run will close once the system has taken its rows ($outcomes), as the ledger closes them then.
-- `own_cases`: case_id, state of the cases for which rows stand; `open_cases`: case_id, session_id, mail, number ('' what
-- the cells lack) about the run's sessions; `case_learners`: number, mail of the employees with one of their e-mails.
WITH sent AS (
    SELECT DISTINCT session_id, learner_email AS mail, learner_employee_id AS number
    FROM decided WHERE outcome IN ($outcomes)
), named AS (
    SELECT c.*, s.number AS sent_number
    FROM open_cases c JOIN sent s ON s.session_id = c.session_id AND s.mail = c.mail
    WHERE c.mail <> '' AND (c.number = s.number OR c.number = '' OR s.number = '')
    UNION
    SELECT c.*, s.number
    FROM open_cases c JOIN sent s ON s.session_id = c.session_id AND s.number = c.number
    WHERE c.number <> '' AND (c.mail = s.mail OR c.mail = '' OR s.mail = '')
)
SELECT case_id FROM own_cases WHERE state = 'open'
UNION
-- Two numbers with one e-mail are two learners.
SELECT case_id FROM named n
WHERE number <> '' OR sent_number = '' OR NOT EXISTS (
    FROM case_learners e WHERE e.mail = n.mail AND e.number <> n.sent_number
)
