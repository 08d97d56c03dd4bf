-- What becomes of the run's `copies`. Of the same content: the first is kept, the others are duplicates of it. Of
-- different content: the files' rule chooses one (first, last, best), or all are in conflict; files that disagree about
-- the rule choose none. $content: the columns that the destination keeps. $blamed: the field at which a conflict is
-- told. `policies`: file_no, on_conflict, on_existing.
CREATE TABLE settled AS
SELECT learner_no, session_no, CASE
           WHEN count(DISTINCT ROW($content)) = 1 THEN 'same'
           WHEN min(p.on_conflict) = max(p.on_conflict) AND min(p.on_conflict) <> 'reject' THEN min(p.on_conflict)
           ELSE 'conflict'
       END AS verdict
FROM copies c JOIN policies p ON p.file_no = c.part_id // 1000000
GROUP BY learner_no, session_no;

-- `best` is the furthest status, then the latest completion, then the latest enrollment, then the first in row order.
CREATE TABLE winners AS
SELECT c.* FROM copies c JOIN settled s USING (learner_no, session_no)
WHERE s.verdict <> 'conflict'
QUALIFY row_number() OVER (
    PARTITION BY c.learner_no, c.session_no
    ORDER BY if(s.verdict = 'best', progress_of(c.status), 0) DESC,
             if(s.verdict = 'best', c.completed_on, NULL) DESC NULLS LAST,
             if(s.verdict = 'best', c.enrolled_on, NULL) DESC NULLS LAST,
             if(s.verdict = 'last', -c.copy_no, c.copy_no)
) = 1;

INSERT INTO outcomes BY NAME
SELECT c.part_id, c.row_no, c.col_no, 'duplicate' AS outcome,
       w.part_id || ':' || w.row_no || ':' || w.col_no AS duplicate_of
FROM copies c JOIN winners w USING (learner_no, session_no)
WHERE c.copy_no <> w.copy_no;

-- Of the first four copies in a conflict at least three are others: these a failure names.
INSERT INTO refused BY NAME
WITH firsts AS (
    SELECT c.learner_no, c.session_no, c.copy_no,
           p.source_file || ', sheet ' || p.source_sheet || ', row ' || c.row_no AS told
    FROM copies c JOIN settled s USING (learner_no, session_no) JOIN parts p USING (part_id)
    WHERE s.verdict = 'conflict' AND c.copy_no <= 4
)
SELECT c.part_id, c.row_no, c.col_no, 'enrollment.conflict' AS code, '$blamed' AS field,
       any_value(c.$blamed)::VARCHAR AS value, string_agg(o.told, '; ' ORDER BY o.copy_no) AS detail
FROM copies c
    JOIN firsts o ON o.learner_no = c.learner_no AND o.session_no = c.session_no AND o.copy_no <> c.copy_no
        AND (o.copy_no <= 3 OR c.copy_no <= 3)
GROUP BY c.part_id, c.row_no, c.col_no;
