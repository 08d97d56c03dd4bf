-- What became of every row. A row that a decision refused is rejected, whatever was decided of it before; what is still
-- accepted is to be loaded.
CREATE VIEW decided AS
SELECT r.* EXCLUDE (outcome, fingerprint, cells, marks),
       CASE WHEN f.code IS NOT NULL THEN 'rejected' ELSE coalesce(o.outcome, r.outcome) END AS outcome,
       if(f.code IS NULL, o.duplicate_of, NULL) AS duplicate_of,
       coalesce(r.fingerprint, k.fingerprint) AS fingerprint, coalesce(r.cells, k.cells) AS cells,
       coalesce(r.marks, k.marks) AS marks
FROM rows r
    LEFT JOIN refused f USING (part_id, row_no, col_no)
    LEFT JOIN outcomes o USING (part_id, row_no, col_no)
    LEFT JOIN kept_cells k USING (part_id, row_no, col_no);

-- Rows without the raw cells that they need: those that are given back, and those that must tell which case they are.
CREATE VIEW lacking_cells AS
SELECT part_id, row_no, col_no FROM decided
WHERE (outcome = 'rejected' AND fingerprint IS NULL)
UNION
SELECT part_id, row_no, col_no FROM wanted_cells ANTI JOIN kept_cells USING (part_id, row_no, col_no);

-- The failures of deciding as messages are made of them, each at the cell that feeds its field. `sheet_columns`:
-- file_no, sheet_position, field, source_column, header. `own_names`: field, own_name: what the destination calls it.
CREATE VIEW refusals AS
SELECT f.part_id, f.row_no, f.col_no, coalesce(f.source_column, c.source_column) AS source_column,
       coalesce(f.header, c.header) AS header, coalesce(n.own_name, f.field) AS field, f.value, f.code, f.detail
FROM refused f
    JOIN parts p USING (part_id)
    LEFT JOIN own_names n USING (field)
    LEFT JOIN sheet_columns c ON c.file_no = p.file_no AND c.sheet_position = p.sheet_position
        AND c.field = coalesce(n.own_name, f.field);

-- The cases for which rows stand that are, or will be, in the destination.
CREATE VIEW own_fingerprints AS
SELECT DISTINCT fingerprint FROM decided
WHERE fingerprint IS NOT NULL AND outcome IN ('accepted', 'updated', 'unchanged');
