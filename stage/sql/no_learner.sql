-- Rows whose pair cannot mean one learner are refused.
INSERT INTO refused BY NAME
SELECT r.part_id, r.row_no, r.col_no, l.code, l.detail,
       if(l.code = 'row.two_learners' OR l.mail = '', 'learner_employee_id', 'learner_email') AS field,
       if(l.code = 'row.two_learners' OR l.mail = '', l.number, l.mail) AS value
FROM accepted r JOIN learners l ON l.mail = r.learner_email AND l.number = r.learner_employee_id
WHERE l.code IS NOT NULL;
