-- The open cases that the run's refused rows will make, numbered below zero. `met_cases`: the cases of their fingerprints
-- that are known already. contradicts: it is refused because something else is there.
SELECT -row_number() OVER (ORDER BY d.fingerprint) AS case_id, d.session_id, s.session_no,
       coalesce(d.learner_email, '') AS mail, coalesce(d.learner_employee_id, '') AS number,
       coalesce(f.code IN ('$exists', '$conflict'), false) AS contradicts
FROM (
    SELECT DISTINCT ON (fingerprint) * FROM decided
    WHERE outcome = 'rejected' AND fingerprint IS NOT NULL ORDER BY fingerprint, part_id, row_no, col_no
) d
    JOIN sessions s ON s.session_code = d.session_id
    LEFT JOIN refused f USING (part_id, row_no, col_no)
    ANTI JOIN met_cases m ON m.fingerprint = d.fingerprint;
