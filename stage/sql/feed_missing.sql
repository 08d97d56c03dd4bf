-- What becomes of enrollments that the files of a feed do not seem to hold: they are there where a row that is not loaded
-- is about them; in doubt where one may be, for it does not say, or not as it is known, who or what it is about. A row
-- that was as it is now when the enrollment was surely there is about something else.
-- `feed_candidates`: enrollment_id, mail, number, session_code, sure_in. `feed_unread`: see feed_unread.sql.
-- `feed_people`: number, mail; `feed_sessions`: session_code: what of feed_unread is known.
-- `feed_old_rows`: sure_in, fingerprint.
CREATE OR REPLACE TABLE feed_there AS
SELECT enrollment_id FROM feed_candidates SEMI JOIN feed_unread u USING (session_code, mail) WHERE mail <> ''
UNION
SELECT enrollment_id FROM feed_candidates SEMI JOIN feed_unread u USING (session_code, number) WHERE number <> '';

CREATE OR REPLACE TABLE feed_unclear AS
SELECT u.*, i.sure_in,
       mail IN (SELECT mail FROM feed_people WHERE mail IS NOT NULL)
           OR number IN (SELECT number FROM feed_people WHERE number IS NOT NULL) AS names_learner,
       session_code IN (SELECT session_code FROM feed_sessions) AS names_session
FROM feed_unread u CROSS JOIN (SELECT DISTINCT sure_in FROM feed_candidates) i
WHERE NOT EXISTS (FROM feed_old_rows o WHERE o.fingerprint = u.fingerprint AND o.sure_in = i.sure_in);

CREATE OR REPLACE TABLE feed_doubtful AS
WITH nameless AS (FROM feed_unclear WHERE NOT names_learner), homeless AS (FROM feed_unclear WHERE NOT names_session)
SELECT enrollment_id FROM feed_candidates SEMI JOIN (FROM nameless WHERE NOT names_session) u USING (sure_in)
UNION
SELECT enrollment_id FROM feed_candidates SEMI JOIN nameless u USING (sure_in, session_code)
UNION
SELECT enrollment_id FROM feed_candidates SEMI JOIN homeless u USING (sure_in, mail) WHERE mail <> ''
UNION
SELECT enrollment_id FROM feed_candidates SEMI JOIN homeless u USING (sure_in, number) WHERE number <> '';

CREATE OR REPLACE TABLE feed_gone AS
FROM feed_candidates ANTI JOIN feed_there USING (enrollment_id) ANTI JOIN feed_doubtful USING (enrollment_id);
