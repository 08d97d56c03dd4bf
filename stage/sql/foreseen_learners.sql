-- The learners of `known_case_learners` (id, number, mail) as they will be after the load, with those that it creates.
SELECT id, coalesce(k.number, r.number) AS number, coalesce(k.mail, r.mail) AS mail
FROM known_case_learners k
    FULL JOIN (
        SELECT learner_no AS id, nullif(max(whole_number), '') AS number, nullif(max(whole_mail), '') AS mail
        FROM learners SEMI JOIN placed USING (learner_no)
        GROUP BY learner_no
    ) r USING (id);
