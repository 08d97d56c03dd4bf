-- Unchanged rows about the enrollment of an open case that contradicts what is there: only their cells tell whether they
-- are that case.
INSERT INTO wanted_cells
SELECT e.part_id, e.row_no, e.col_no
FROM existing e
    JOIN placed p USING (part_id, row_no, col_no)
    JOIN rows r USING (part_id, row_no, col_no)
    SEMI JOIN (FROM named_cases WHERE contradicts) c ON c.session_no = p.session_no AND c.learner_no = p.learner_no
WHERE e.outcome = 'unchanged' AND r.fingerprint IS NULL;
