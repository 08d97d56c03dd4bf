-- Rows whose enrollment exists in the database: unchanged, updated or refused, by the file's rule. A blank cell says
-- nothing, and neither does a date that was a default. A day of completion counts with the status `completed` alone: no
-- other keeps one. Grades are compared as numbers where both are. `known_enrollments`: see begin.sql.
CREATE TABLE met AS
SELECT p.* EXCLUDE (session_date), k.* EXCLUDE (learner_no, session_no) RENAME (
           id AS enrollment_id, status AS there_status, score AS there_score, grade AS there_grade,
           enrolled_on AS there_enrolled_on, completed_on AS there_completed_on,
           attendance_confirmed AS there_attendance_confirmed, feedback AS there_feedback,
           expires_on AS there_expires_on, certificate_number AS there_certificate_number, hours AS there_hours,
           credits AS there_credits
       ),
       l.enrollment_id IS NOT NULL AS is_back, if(is_back, 'update', rule.on_existing) AS on_existing,
       p.status IS NOT NULL AND p.status IS DISTINCT FROM k.status AS other_status,
       p.grade IS NOT NULL AND if(p.score IS NOT NULL AND k.score IS NOT NULL, p.score <> k.score,
                                  lower(p.grade) IS DISTINCT FROM lower(k.grade)) AS other_grade,
       NOT k.enrolled_at_is_default AND p.enrolled_on IS NOT NULL
           AND p.enrolled_on IS DISTINCT FROM k.enrolled_on AS other_enrolled_on,
       coalesce(p.status = 'completed', false) AND NOT k.completed_at_is_default AND p.completed_on IS NOT NULL
           AND p.completed_on IS DISTINCT FROM k.completed_on AS other_completed_on,
       p.attendance_confirmed IS NOT NULL
           AND p.attendance_confirmed IS DISTINCT FROM k.attendance_confirmed AS other_attendance_confirmed,
       p.feedback IS NOT NULL AND p.feedback IS DISTINCT FROM k.feedback AS other_feedback,
       p.expires_on IS NOT NULL AND p.expires_on IS DISTINCT FROM k.expires_on AS other_expires_on,
       p.certificate_number IS NOT NULL
           AND p.certificate_number IS DISTINCT FROM k.certificate_number AS other_certificate_number,
       p.hours IS NOT NULL AND p.hours IS DISTINCT FROM k.hours AS other_hours,
       p.credits IS NOT NULL AND p.credits IS DISTINCT FROM k.credits AS other_credits,
       other_status OR other_grade OR other_enrolled_on OR other_completed_on OR other_attendance_confirmed
           OR other_feedback OR other_expires_on OR other_certificate_number OR other_hours OR other_credits AS differs,
       -- The row has a day for which the enrollment has a default only.
       coalesce((p.status = 'completed' AND p.completed_on IS NOT NULL AND k.completed_at_is_default)
           OR (p.enrolled_on IS NOT NULL AND k.enrolled_at_is_default), false) AS dates_a_default,
       -- Further along, or as far and later; any day that a sheet gives is better than a default.
       progress_of(p.status) > progress_of(k.status) OR (progress_of(p.status) = progress_of(k.status) AND CASE
           WHEN p.status = 'completed' AND p.completed_on IS NOT NULL
               THEN coalesce(p.completed_on > if(k.completed_at_is_default, NULL, k.completed_on), true)
           WHEN p.enrolled_on IS NOT NULL
               THEN coalesce(p.enrolled_on > if(k.enrolled_at_is_default, NULL, k.enrolled_on), true)
           ELSE false
       END) AS is_better
FROM in_play p
    JOIN known_enrollments k ON k.session_no = p.session_no AND k.learner_no = p.learner_no
    JOIN policies rule ON rule.file_no = p.part_id // 1000000
    LEFT JOIN files_of_feeds f ON f.file_no = p.part_id // 1000000
    LEFT JOIN let_go l ON l.feed_id = f.feed_id AND l.enrollment_id = k.id;

INSERT INTO existing BY NAME
SELECT part_id, row_no, col_no, enrollment_id, there_status = 'cancelled' AS was_cancelled, CASE
           WHEN NOT differs AND (on_existing = 'reject' OR NOT dates_a_default) THEN 'unchanged'
           WHEN on_existing = 'update' THEN 'updated'
           WHEN on_existing = 'best' AND is_better THEN 'updated'
           WHEN on_existing = 'best' THEN 'unchanged'
           ELSE 'rejected'
       END AS outcome
FROM met;

INSERT INTO outcomes BY NAME
SELECT part_id, row_no, col_no, outcome FROM existing WHERE outcome <> 'rejected';

-- Told are all fields that differ, the first of them blamed, and where the enrollment came from.
INSERT INTO refused BY NAME
SELECT part_id, row_no, col_no, 'enrollment.exists' AS code,
       CASE WHEN other_status THEN 'status' WHEN other_grade THEN 'grade' WHEN other_enrolled_on THEN 'enrolled_on'
            WHEN other_completed_on THEN 'completed_on' WHEN other_attendance_confirmed THEN 'attendance_confirmed'
            WHEN other_feedback THEN 'feedback' WHEN other_expires_on THEN 'expires_on'
            WHEN other_certificate_number THEN 'certificate_number' WHEN other_hours THEN 'hours'
            ELSE 'credits' END AS field,
       CASE WHEN other_status THEN status WHEN other_grade THEN grade WHEN other_enrolled_on THEN enrolled_on::VARCHAR
            WHEN other_completed_on THEN completed_on::VARCHAR
            WHEN other_attendance_confirmed THEN if(attendance_confirmed, 'yes', 'no')
            WHEN other_feedback THEN left(feedback, 80) WHEN other_expires_on THEN expires_on::VARCHAR
            WHEN other_certificate_number THEN certificate_number WHEN other_hours THEN shown_number(hours)
            ELSE shown_number(credits) END AS value,
       concat_ws('; ',
           if(other_status, 'status is ' || coalesce(there_status, 'blank') || ' there, ' || status || ' here', NULL),
           if(other_grade, 'grade is ' || coalesce(there_grade, 'blank') || ' there, ' || grade || ' here', NULL),
           if(other_enrolled_on, 'enrolled_on is ' || coalesce(there_enrolled_on::VARCHAR, 'blank') || ' there, '
               || enrolled_on || ' here', NULL),
           if(other_completed_on, 'completed_on is ' || coalesce(there_completed_on::VARCHAR, 'blank') || ' there, '
               || completed_on || ' here', NULL),
           if(other_attendance_confirmed, 'attendance_confirmed is '
               || CASE there_attendance_confirmed WHEN true THEN 'yes' WHEN false THEN 'no' ELSE 'blank' END
               || ' there, ' || if(attendance_confirmed, 'yes', 'no') || ' here', NULL),
           if(other_feedback, 'feedback is ' || coalesce(left(there_feedback, 80), 'blank') || ' there, '
               || left(feedback, 80) || ' here', NULL),
           if(other_expires_on, 'expires_on is ' || coalesce(there_expires_on::VARCHAR, 'blank') || ' there, '
               || expires_on || ' here', NULL),
           if(other_certificate_number, 'certificate_number is ' || coalesce(there_certificate_number, 'blank')
               || ' there, ' || certificate_number || ' here', NULL),
           if(other_hours, 'hours is ' || coalesce(shown_number(there_hours), 'blank') || ' there, '
               || shown_number(hours) || ' here', NULL),
           if(other_credits, 'credits is ' || coalesce(shown_number(there_credits), 'blank') || ' there, '
               || shown_number(credits) || ' here', NULL),
           coalesce('it came from ' || source_file || ', sheet ' || source_sheet || ', row ' || source_row,
                    'it was loaded') || ' in run ' || run_id
       ) AS detail
FROM met SEMI JOIN (FROM existing WHERE outcome = 'rejected') USING (part_id, row_no, col_no);
