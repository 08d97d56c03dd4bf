-- Accounts as `rollbook rows` lists them, in row order. `here`: accounts. `parts`: part_id, source_file,
-- source_sheet. `codes`: part_id, row_no, col_no, code: what is wrong with rows; a learner's problem in a wide sheet
-- stands once in its sheet row, with col_no 0. `cases`: part_id, row_no, col_no, case_id. `sent`: part_id, row_no, col_no,
-- state: what became since of rows that were pending. $repeats: whether a later run
-- with the same files asks, for which all that was loaded is unchanged. $wanted: which lines.
WITH told AS (
    SELECT s.* REPLACE (CASE
               WHEN s.outcome = 'pending' AND d.state IS NOT NULL THEN d.state
               WHEN $repeats AND s.outcome IN ('loaded', 'updated') THEN 'unchanged'
               ELSE s.outcome
           END AS outcome)
    FROM here s LEFT JOIN sent d USING (part_id, row_no, col_no)
), blamed AS (
    SELECT h.part_id, h.row_no, h.col_no, string_agg(DISTINCT c.code, ', ' ORDER BY c.code) AS reason
    FROM told h
        JOIN codes c ON c.part_id = h.part_id AND c.row_no = h.row_no AND (c.col_no = h.col_no OR c.col_no = 0)
    WHERE h.outcome IN ('rejected', 'failed')
    GROUP BY ALL
), winners AS (
    SELECT DISTINCT duplicate_of, split(duplicate_of, ':')[1]::BIGINT AS part_id,
           split(duplicate_of, ':')[2]::BIGINT AS row_no, split(duplicate_of, ':')[3]::BIGINT AS col_no
    FROM told WHERE duplicate_of IS NOT NULL
)
SELECT p.source_file, p.source_sheet, h.row_no AS source_row, letter_of(h.col_no) AS source_column, h.outcome,
       coalesce(b.reason, h.reason) AS reason,
       CASE WHEN w.row_no IS NOT NULL THEN o.source_file || ', sheet ' || o.source_sheet || ', row ' || w.row_no
           || coalesce(', column ' || letter_of(w.col_no), '') END AS duplicate_of,
       h.learner, h.session, c.case_id
FROM told h
    JOIN parts p USING (part_id)
    LEFT JOIN blamed b USING (part_id, row_no, col_no)
    LEFT JOIN cases c USING (part_id, row_no, col_no)
    LEFT JOIN winners w USING (duplicate_of)
    LEFT JOIN parts o ON o.part_id = w.part_id
WHERE $wanted
ORDER BY h.part_id, h.row_no, h.col_no;
