-- Rows of cases of which another run has the say are refused, whatever they say. `held_cases`: fingerprint, code,
-- detail, source_column, header, value, only_if_new; here those whose only_if_new is $only_if_new. A row that a rule
-- refused already is told as well where its case was corrected elsewhere, so that the case does not take over its cells.
INSERT INTO refused BY NAME
SELECT r.part_id, r.row_no, r.col_no, h.code, NULL AS field, h.value, h.detail, h.source_column, h.header
FROM rows r JOIN held_cases h USING (fingerprint)
    ANTI JOIN refused done ON done.part_id = r.part_id AND done.row_no = r.row_no AND done.col_no = r.col_no
    ANTI JOIN outcomes o ON o.part_id = r.part_id AND o.row_no = r.row_no AND o.col_no = r.col_no
WHERE h.only_if_new = $only_if_new
  AND (r.outcome = 'accepted' OR (r.outcome = 'rejected' AND h.code = 'row.corrected_elsewhere'));
