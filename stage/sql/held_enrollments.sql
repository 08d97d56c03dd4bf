-- Rows whose enrollment a system outside is known to hold already. `held_there`: session_id, learner_email,
-- learner_employee_id ('' what is not known), status, grade, enrolled_on, completed_on, run_id (NULL where it was read)
-- of the run's sessions. `compared`: field, rank: what must be the same; a blank says nothing, on either side.
CREATE TABLE matches AS
WITH who AS (  -- every learner with the e-mail and the number that employees or the run's pairs tell
    SELECT l.learner_no, coalesce(max(k.mail), max(l.whole_mail)) AS mail,
           coalesce(max(k.number), max(l.whole_number)) AS number
    FROM learners l LEFT JOIN known_learners k ON k.id = l.learner_no
    WHERE l.learner_no IS NOT NULL GROUP BY l.learner_no
), named AS (
    SELECT p.*, s.session_code, w.mail, w.number
    FROM in_play p JOIN sessions s USING (session_no) JOIN who w USING (learner_no)
), held AS (
    SELECT * RENAME (status AS there_status, grade AS there_grade, enrolled_on AS there_enrolled_on,
                     completed_on AS there_completed_on)
    FROM held_there
), met AS (
    SELECT n.*, h.* FROM named n JOIN held h ON h.session_id = n.session_code AND h.learner_email = n.mail
    WHERE n.mail <> ''
    UNION
    SELECT n.*, h.* FROM named n JOIN held h ON h.session_id = n.session_code AND h.learner_employee_id = n.number
    WHERE n.number <> ''
)
SELECT part_id, row_no, col_no, status, grade, enrolled_on, completed_on, there_status, there_grade,
       there_enrolled_on, there_completed_on, run_id,
       row_number() OVER (ORDER BY part_id, row_no, col_no, learner_email, learner_employee_id) AS match_no
FROM met;

CREATE TABLE differing AS
SELECT d.*, c.rank
FROM (
    SELECT match_no, 'status' AS field, status AS here, there_status AS there FROM matches
    UNION ALL
    SELECT match_no, 'grade', grade, there_grade FROM matches WHERE lower(grade) <> lower(there_grade)
    UNION ALL
    SELECT match_no, 'enrolled_on', enrolled_on::VARCHAR, there_enrolled_on::VARCHAR FROM matches
    UNION ALL
    SELECT match_no, 'completed_on', completed_on::VARCHAR, there_completed_on::VARCHAR FROM matches
) d JOIN compared c USING (field)
WHERE d.here <> d.there;

-- Unchanged where one of what is held of it is the same.
INSERT INTO outcomes BY NAME
SELECT DISTINCT part_id, row_no, col_no, 'unchanged' AS outcome
FROM matches WHERE match_no NOT IN (SELECT match_no FROM differing);

-- Else updated, where the system can change what it holds ($changes) and the file's rule lets it.
INSERT INTO outcomes BY NAME
SELECT DISTINCT m.part_id, m.row_no, m.col_no, 'updated' AS outcome
FROM matches m JOIN policies p ON p.file_no = m.part_id // 1000000
    ANTI JOIN outcomes o ON o.part_id = m.part_id AND o.row_no = m.row_no AND o.col_no = m.col_no
WHERE $changes AND p.on_existing <> 'reject';

-- Else refused: told are all fields that differ, the first of them blamed, and how it is known.
INSERT INTO refused BY NAME
SELECT m.part_id, m.row_no, m.col_no, 'enrollment.exists' AS code,
       min_by(d.field, d.rank) AS field, min_by(d.here, d.rank) AS value,
       string_agg(coalesce(n.own_name, d.field) || ' is ' || d.there || ' there, ' || d.here || ' here', '; '
           ORDER BY d.rank)
           || '; ' || coalesce('run ' || any_value(m.run_id) || ' delivered it', 'it was read from $holder') AS detail
FROM (FROM matches QUALIFY row_number() OVER (PARTITION BY part_id, row_no, col_no ORDER BY match_no) = 1) m
    JOIN differing d USING (match_no)
    LEFT JOIN own_names n USING (field)
    ANTI JOIN outcomes o ON o.part_id = m.part_id AND o.row_no = m.row_no AND o.col_no = m.col_no
GROUP BY m.part_id, m.row_no, m.col_no;
