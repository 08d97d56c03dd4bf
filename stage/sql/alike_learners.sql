-- A learner whose new e-mail or employee ID looks like another one is not known. `alike_learners`: text, detail.
UPDATE learners SET learner_no = NULL, code = 'learner.lookalike', detail = a.detail, alike = a.text
FROM alike_learners a
WHERE learners.code IS NULL AND a.text IN (learners.whole_mail, learners.whole_number);
