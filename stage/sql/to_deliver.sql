-- The rows that are to be delivered, as the ledger keeps them until the system has answered.
CREATE VIEW to_deliver AS
SELECT * EXCLUDE (outcome), 'pending' AS outcome FROM decided WHERE outcome = 'accepted';
