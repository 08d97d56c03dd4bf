-- Sessions that are loaded no more, but hold what sheets brought by course and date: such a sheet still means them.
-- `forgotten_sessions`: session_code, id, session_date.
UPDATE sessions SET session_no = f.id, session_date = f.session_date
FROM forgotten_sessions f WHERE sessions.session_code = f.session_code;
