-- The accepted rows whose pair means one learner: whom and what they are about, and what the destination keeps of them.
-- $held: what may stand beside a record, as far as a row of the run has it; $absent: the rest of it, as NULL.
CREATE TABLE placed_rows AS
SELECT r.part_id, r.row_no, r.col_no, l.learner_no, s.session_no, r.session_date, r.status, r.score, r.grade,
       r.enrolled_on, r.completed_on, r.attendance_confirmed, r.feedback, $held
FROM accepted r
    JOIN learners l ON l.mail = r.learner_email AND l.number = r.learner_employee_id
    JOIN sessions s ON s.session_code = r.session_id
WHERE l.learner_no IS NOT NULL;

CREATE VIEW placed AS
SELECT *, $absent FROM placed_rows;

-- Those of them that are still to be loaded as new ones.
CREATE VIEW in_play AS
FROM placed
    ANTI JOIN outcomes USING (part_id, row_no, col_no)
    ANTI JOIN refused USING (part_id, row_no, col_no);
