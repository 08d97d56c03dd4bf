-- Rows of a session whose new ID, or whose course's, looks like another one are refused. `alike_sessions`: text, detail.
INSERT INTO refused BY NAME
SELECT r.part_id, r.row_no, r.col_no, 'value.lookalike' AS code, a.detail,
       if(contains(a.text, '|'), 'course_id', 'session_id') AS field,
       if(contains(a.text, '|'), r.course_id, a.text) AS value
FROM accepted r JOIN alike_sessions a ON a.text = r.session_id
WHERE NOT contains(a.text, '|') OR r.course_id <> '';
