-- Seats, judged last: enrollments that are there and not cancelled keep theirs, then rows take the rest in row order.
-- An enrollment that this run cancels frees its seat; one that it revives needs one. `known_seats`: session_no, seats
-- that are taken in the destination.
INSERT INTO refused BY NAME
WITH claims AS (
    SELECT part_id, row_no, col_no, session_no,
           row_number() OVER (PARTITION BY session_no ORDER BY part_id, row_no, col_no) AS claim_no
    FROM (
        SELECT part_id, row_no, col_no, session_no, status FROM in_play
        UNION ALL
        SELECT p.part_id, p.row_no, p.col_no, p.session_no, p.status
        FROM placed p JOIN existing e USING (part_id, row_no, col_no)
        WHERE e.outcome = 'updated' AND e.was_cancelled
    )
    WHERE status <> 'cancelled'
), freed AS (
    SELECT p.session_no, count(*) AS seats
    FROM placed p JOIN existing e USING (part_id, row_no, col_no)
    WHERE e.outcome = 'updated' AND p.status = 'cancelled' AND NOT e.was_cancelled
    GROUP BY p.session_no
)
SELECT c.part_id, c.row_no, c.col_no, 'session.full' AS code, 'session_id' AS field, s.session_code AS value,
       'it takes ' || s.max_participants AS detail
FROM claims c
    JOIN sessions s USING (session_no)
    LEFT JOIN known_seats k USING (session_no)
    LEFT JOIN freed f USING (session_no)
WHERE c.claim_no > s.max_participants - coalesce(k.seats, 0) + coalesce(f.seats, 0);
