-- Who rows say they are about: every pair of e-mail and employee ID that accepted rows have ('' what a row lacks), with
-- a name that they give and how many different ones.
CREATE TABLE pairs AS
SELECT *, row_number() OVER (ORDER BY mail, number) AS pair_no
FROM (
    SELECT learner_email AS mail, learner_employee_id AS number, min(learner_name) AS name,
           count(DISTINCT learner_name) AS names
    FROM accepted GROUP BY ALL
);

-- Every e-mail that rows pair with an ID: with how many, and with which when it is one; and the other way round.
CREATE TABLE mails AS
SELECT mail, count(*) AS partners, max(number) AS number, max(pair_no) AS pair_no
FROM pairs WHERE mail <> '' AND number <> '' GROUP BY mail;

CREATE TABLE numbers AS
SELECT number, count(*) AS partners, max(mail) AS mail, max(pair_no) AS pair_no
FROM pairs WHERE mail <> '' AND number <> '' GROUP BY number;
