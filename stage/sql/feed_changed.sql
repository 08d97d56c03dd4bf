-- Enrollments that the files of a feed change, but for those that come back: each with the first field that it changes.
-- `feed_files`: file_no.
CREATE OR REPLACE VIEW feed_changed AS
FROM met
    SEMI JOIN (FROM existing WHERE outcome = 'updated') USING (part_id, row_no, col_no)
    ANTI JOIN refused USING (part_id, row_no, col_no)
WHERE NOT is_back AND part_id // 1000000 IN (FROM feed_files);

CREATE OR REPLACE TABLE feed_changes AS
WITH chosen AS (FROM feed_changed ORDER BY part_id, row_no, col_no LIMIT $shown), told AS (
    SELECT part_id, row_no, col_no, list_filter([
        {'field': 'status', 'was': there_status, 'now': status, 'differs': other_status},
        {'field': 'grade', 'was': there_grade, 'now': grade, 'differs': other_grade},
        {'field': 'enrolled_on', 'was': there_enrolled_on::VARCHAR, 'now': enrolled_on::VARCHAR,
         'differs': other_enrolled_on},
        {'field': 'completed_on', 'was': there_completed_on::VARCHAR, 'now': completed_on::VARCHAR,
         'differs': other_completed_on},
        {'field': 'attendance_confirmed', 'was': if(there_attendance_confirmed, 'yes', 'no'),
         'now': if(attendance_confirmed, 'yes', 'no'), 'differs': other_attendance_confirmed},
        {'field': 'feedback', 'was': left(there_feedback, 80), 'now': left(feedback, 80), 'differs': other_feedback},
        {'field': 'expires_on', 'was': there_expires_on::VARCHAR, 'now': expires_on::VARCHAR,
         'differs': other_expires_on},
        {'field': 'certificate_number', 'was': there_certificate_number, 'now': certificate_number,
         'differs': other_certificate_number},
        {'field': 'hours', 'was': shown_number(there_hours), 'now': shown_number(hours), 'differs': other_hours},
        {'field': 'credits', 'was': shown_number(there_credits), 'now': shown_number(credits),
         'differs': other_credits},
        -- What is left: a day in the place of a default.
        {'field': if(completed_on IS NULL, 'enrolled_on', 'completed_on'), 'was': NULL,
         'now': coalesce(completed_on, enrolled_on)::VARCHAR, 'differs': true}
    ], lambda change: change.differs)[1] AS change
    FROM chosen
)
SELECT coalesce(nullif(r.learner_email, ''), nullif(r.learner_employee_id, ''), r.learner_name) AS learner,
       r.session_id AS session, t.change.field AS field, t.change.was AS was, t.change.now AS now,
       part_id, row_no, col_no
FROM told t JOIN rows r USING (part_id, row_no, col_no);
