-- The rows that are to be delivered, as the ledger keeps them, those without a date of enrollment with the one that they
-- are sent with.
CREATE VIEW to_deliver AS
SELECT d.* EXCLUDE (outcome) REPLACE (coalesce(d.enrolled_on, e.enrolled_on) AS enrolled_on), 'pending' AS outcome
FROM decided d LEFT JOIN enrollment_days e USING (part_id, row_no, col_no)
WHERE d.outcome = 'accepted';
