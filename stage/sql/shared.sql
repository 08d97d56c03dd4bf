-- An e-mail or employee ID that rows give to clearly different people names none of them. `shared_learners`: learner_no,
-- people (their names).
UPDATE learners SET learner_no = NULL, code = 'learner.shared', detail = s.people
FROM shared_learners s WHERE learners.learner_no = s.learner_no;
