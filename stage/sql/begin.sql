-- What deciding begins with: nothing decided yet. Rows are known by their place: part, row and, in wide sheets, column.

-- Rows that are not to be loaded as new ones: unchanged, updated, duplicate.
CREATE TABLE outcomes (part_id BIGINT, row_no BIGINT, col_no BIGINT, outcome VARCHAR, duplicate_of VARCHAR);

-- Rows that a decision refused, with what the rule's message needs; a row is refused once.
CREATE TABLE refused (
    part_id BIGINT, row_no BIGINT, col_no BIGINT,
    code VARCHAR, field VARCHAR, value VARCHAR, detail VARCHAR, source_column VARCHAR, header VARCHAR
);

-- Raw cells of refused rows, and of others whose cells must tell which case they are.
CREATE TABLE kept_cells (
    part_id BIGINT, row_no BIGINT, col_no BIGINT, fingerprint VARCHAR, cells VARCHAR, marks VARCHAR
);
CREATE TABLE wanted_cells (part_id BIGINT, row_no BIGINT, col_no BIGINT);

-- What the database holds of the run's learners and sessions. Filled before the file that compares with it.
CREATE TABLE known_enrollments (
    id BIGINT, session_no BIGINT, learner_no BIGINT, status VARCHAR, attendance_confirmed BOOLEAN, score DOUBLE,
    grade VARCHAR, feedback VARCHAR, expires_on DATE, certificate_number VARCHAR, hours DOUBLE, credits DOUBLE,
    enrolled_on DATE, completed_on DATE, enrolled_at_is_default BOOLEAN,
    completed_at_is_default BOOLEAN, run_id VARCHAR, source_file VARCHAR, source_sheet VARCHAR, source_row BIGINT
);
CREATE TABLE existing (
    part_id BIGINT, row_no BIGINT, col_no BIGINT, enrollment_id BIGINT, outcome VARCHAR, was_cancelled BOOLEAN
);

-- Learners whose names may be of several people.
CREATE TABLE doubtful_people (learner_no BIGINT, people VARCHAR[]);

-- Enrollments that a feed let go and nobody touched since, and the files of feeds: rows that bring them back may, whatever
-- the file's rule is.
CREATE TABLE let_go (feed_id BIGINT, enrollment_id BIGINT);
CREATE TABLE files_of_feeds (file_no BIGINT, feed_id BIGINT);

-- The rows that judging accepted and no decision has refused so far.
CREATE VIEW accepted AS
FROM rows ANTI JOIN refused USING (part_id, row_no, col_no)
WHERE outcome = 'accepted';

-- A number as a person writes it: 8 and not 8.0.
CREATE MACRO shown_number(number) AS if(number = floor(number), number::BIGINT::VARCHAR, number::VARCHAR);
