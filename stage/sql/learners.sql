-- Which learner each pair of e-mail and employee ID means. An e-mail and an ID are one learner only where that is beyond
-- doubt: existing employees say so, or rows in which the e-mail has one ID and the ID one e-mail. Two existing employees
-- are never merged. `known_learners`: id, number, mail (as it is compared) of the employees whom the pairs touch.
-- Numbers of learners are the IDs of employees, and negative for those whom the run would create.
CREATE TABLE learners AS
WITH holders AS (  -- e-mails may repeat in reference data, so their holders are counted
    SELECT mail, count(*) AS holders, min(id) AS holder_id, max(number) AS holder_number
    FROM known_learners WHERE mail IS NOT NULL GROUP BY mail
), whole AS (  -- what a pair lacks is taken from the one pair of both that holds its other half
    SELECT p.*,
           CASE WHEN p.mail <> '' THEN p.mail WHEN n.partners = 1 THEN n.mail ELSE '' END AS whole_mail,
           CASE WHEN p.number <> '' THEN p.number WHEN m.partners = 1 THEN m.number ELSE '' END AS whole_number
    FROM pairs p
        LEFT JOIN mails m ON m.mail = p.mail AND p.number = ''
        LEFT JOIN numbers n ON n.number = p.number AND p.mail = ''
), known AS (  -- whether rows dispute it, and what employees say of its two halves
    SELECT w.*, w.mail <> '' AND w.number <> '' AS is_both,
           coalesce(m.partners = 1 AND n.partners = 1, false) AS is_undisputed, m.pair_no AS both_no,
           e.id AS numbered_id, e.mail AS numbered_mail, h.holders, h.holder_id, h.holder_number
    FROM whole w
        LEFT JOIN mails m ON m.mail = w.whole_mail
        LEFT JOIN numbers n ON n.number = w.whole_number
        LEFT JOIN known_learners e ON e.number = w.whole_number
        LEFT JOIN holders h ON h.mail = w.whole_mail
), judged AS (
    SELECT *,
           is_undisputed AND (numbered_id IS NULL OR numbered_mail IS NULL) AND holders IS NULL AS is_agreed,
           is_undisputed AND numbered_id IS NULL AND holders = 1 AND holder_number IS NULL AS is_lent
    FROM known
), placed AS (
    SELECT *, CASE
        -- Both: the employee with this number has this e-mail; or what is known of one half is silent on the other.
        WHEN is_both AND numbered_mail = mail THEN numbered_id
        WHEN is_both AND is_agreed THEN coalesce(numbered_id, -both_no)
        WHEN is_both AND is_lent THEN holder_id
        WHEN is_both THEN NULL
        -- The ID alone.
        WHEN number <> '' AND numbered_id IS NOT NULL THEN numbered_id
        WHEN number <> '' AND is_agreed THEN -both_no
        WHEN number <> '' AND is_lent THEN holder_id
        WHEN number <> '' THEN -pair_no
        -- The e-mail alone.
        WHEN holders > 1 THEN NULL
        WHEN holders = 1 THEN holder_id
        WHEN is_agreed THEN coalesce(numbered_id, -both_no)
        ELSE -pair_no
    END AS learner_no
    FROM judged
)
SELECT mail, number, learner_no,
       -- What the run's pairs, taken together, say of the learner.
       CASE WHEN is_both OR is_agreed OR is_lent THEN whole_mail ELSE mail END AS whole_mail,
       CASE WHEN is_both OR is_agreed OR is_lent THEN whole_number ELSE number END AS whole_number,
       name, names,
       CASE WHEN learner_no IS NULL THEN if(is_both, 'row.two_learners', 'learner.ambiguous') END AS code,
       CASE
           WHEN learner_no IS NOT NULL OR NOT is_both THEN NULL
           WHEN numbered_mail IS NOT NULL THEN number || ' has the e-mail ' || numbered_mail
           WHEN holder_number IS NOT NULL THEN mail || ' has the employee ID ' || holder_number
           WHEN numbered_id IS NOT NULL AND holders IS NOT NULL THEN 'they are two existing learners'
           ELSE 'other rows pair them otherwise'
       END AS detail,
       NULL::VARCHAR AS alike  -- of its e-mail and number, that which looks like another one
FROM placed;
