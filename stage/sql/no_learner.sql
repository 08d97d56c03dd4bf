-- Rows whose pair cannot mean one learner are refused.
INSERT INTO refused BY NAME
SELECT r.part_id, r.row_no, r.col_no, l.code, l.detail,
       if(l.by_number, 'learner_employee_id', 'learner_email') AS field,
       if(l.by_number, l.number, l.mail) AS value
FROM accepted r JOIN (
    SELECT *, mail = '' OR code = 'row.two_learners' OR coalesce(number <> '' AND number = alike, false) AS by_number
    FROM learners
) l ON l.mail = r.learner_email AND l.number = r.learner_employee_id
WHERE l.code IS NOT NULL;
