-- What became of every row that was read or ignored, as it is kept for `rollbook rows`. $accepted and $updated: what is
-- told of rows that the run decided to load, and to update. `ignored_ranges`: part_id, reason, first_row, last_row.
CREATE VIEW accounts AS
SELECT part_id, row_no, col_no,
       CASE outcome WHEN 'accepted' THEN '$accepted' WHEN 'updated' THEN '$updated' ELSE outcome END AS outcome,
       NULL::VARCHAR AS reason, duplicate_of,
       coalesce(nullif(learner_email, ''), nullif(learner_employee_id, ''), learner_name) AS learner,
       nullif(session_id, '') AS session
FROM decided
UNION ALL BY NAME
SELECT part_id, unnest(range(first_row, last_row + 1)) AS row_no, 0 AS col_no, 'ignored' AS outcome, reason
FROM ignored_ranges;
