-- A correction of a case that is loaded is no copy of what another row of the run says otherwise: it came too late.
-- `held_cases`: see held.sql; $content: the columns that the destination keeps.
INSERT INTO refused BY NAME
WITH disputed AS (
    SELECT learner_no, session_no FROM placed
    GROUP BY learner_no, session_no HAVING count(DISTINCT ROW($content)) > 1
)
SELECT p.part_id, p.row_no, p.col_no, h.code, NULL AS field, h.value, h.detail, h.source_column, h.header
FROM placed p SEMI JOIN disputed d ON d.learner_no = p.learner_no AND d.session_no = p.session_no
    JOIN rows r ON r.part_id = p.part_id AND r.row_no = p.row_no AND r.col_no = p.col_no
    JOIN held_cases h ON h.fingerprint = r.fingerprint
WHERE h.only_if_new;

DELETE FROM placed_rows
WHERE EXISTS (
    FROM refused r
    WHERE r.part_id = placed_rows.part_id AND r.row_no = placed_rows.row_no AND r.col_no = placed_rows.col_no
);
