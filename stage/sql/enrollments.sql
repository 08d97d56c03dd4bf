-- The IDs of those that the run created, by its working numbers. `created_learners`: id, number, mail ('' what is
-- missing); `created_sessions`: id, session_code.
CREATE TABLE people AS
SELECT DISTINCT l.learner_no, c.id AS employee_id
FROM learners l JOIN created_learners c ON c.number = l.whole_number AND c.mail = l.whole_mail
WHERE l.learner_no < 0;

CREATE TABLE dated AS
SELECT s.session_no, coalesce(c.id, s.session_no) AS training_session_id,
       coalesce(s.session_date, n.session_date) AS session_date
FROM sessions s LEFT JOIN created_sessions c USING (session_code) LEFT JOIN new_sessions n USING (session_code)
WHERE s.session_no > 0 OR c.id IS NOT NULL;

-- The new enrollments. A date that the sheet lacks is a default: the day of the session, else the time of loading; only
-- what was completed has a day of completion. `terms`: run_id, started_at.
CREATE VIEW new_enrollments AS
SELECT d.training_session_id, coalesce(l.employee_id, p.learner_no) AS employee_id, p.status, p.attendance_confirmed,
       p.score, p.grade, p.feedback, p.expires_on, p.certificate_number, p.hours, p.credits, p.extra,
       coalesce(p.enrolled_on::TIMESTAMP, t.started_at) AS enrolled_at,
       CASE WHEN p.status = 'completed'
            THEN coalesce(coalesce(p.completed_on, d.session_date, p.session_date)::TIMESTAMP, t.started_at)
       END AS completed_at,
       p.enrolled_on IS NULL AS enrolled_at_is_default,
       coalesce(p.status = 'completed', false) AND p.completed_on IS NULL AS completed_at_is_default,
       t.run_id, f.source_file, f.source_sheet, p.row_no AS source_row, letter_of(p.col_no) AS source_column
FROM in_play p
    JOIN dated d USING (session_no)
    JOIN parts f USING (part_id)
    LEFT JOIN people l USING (learner_no)
    CROSS JOIN terms t
WHERE coalesce(l.employee_id, p.learner_no) > 0;

-- What rows say that update an enrollment.
CREATE VIEW updates AS
SELECT e.enrollment_id, p.status, p.attendance_confirmed, p.score, p.grade, p.feedback, p.expires_on,
       p.certificate_number, p.hours, p.credits, p.extra, p.enrolled_on, p.completed_on,
       coalesce(d.session_date, p.session_date) AS session_date, f.source_file, f.source_sheet,
       p.row_no AS source_row, letter_of(p.col_no) AS source_column
FROM existing e
    JOIN placed p USING (part_id, row_no, col_no)
    JOIN sessions d USING (session_no)
    JOIN parts f USING (part_id)
    ANTI JOIN refused USING (part_id, row_no, col_no)
WHERE e.outcome = 'updated';

-- Learners who are there and lack a half that the run joined to the other. Every pair that decided about rows counts,
-- also where its own row became a duplicate or was refused: else the next sheet, which names the learner by the other
-- half, would make a second one of the same person.
CREATE VIEW completions AS
SELECT k.id, if(k.number IS NULL, l.number, NULL) AS number, if(k.mail IS NULL, l.mail, NULL) AS mail
FROM learners l JOIN known_learners k ON k.id = l.learner_no
WHERE l.mail <> '' AND l.number <> '' AND (k.number IS NULL OR k.mail IS NULL);
