"""The view of nights: of each source of a drop folder, what came each night and what became of it."""

NIGHT_COLUMNS = (
    "folder",
    "source",
    "night",
    "came",
    "first_at",
    "files",
    "files_failed",
    "rows_read",
    "rows_loaded",
    "rows_failed",
    "new_cases",
    "rows_changed",
    "rows_missing",
    "told",
    "usual_rows",
    "usual_failed",
    "usual_nights",
    "nights_before",
)

# A night is a day in UTC. Nights of 400 days are told, and nights without a file of the last 60, until 30 days after
# the last file of a source. What is usual are the medians of the last 14 nights with a file, within 60 days.
NIGHT_SELECT = """
    WITH RECURSIVE recent (night) AS (
        SELECT {today} UNION ALL SELECT {night_before} FROM recent WHERE night > {sixty_days_ago}
    ),
    taken AS (
        SELECT d.folder AS folder, date(d.taken_at) AS night, d.taken_at AS taken_at, d.run_id AS run_id,
               CASE WHEN d.state = 'failed' THEN 1 ELSE 0 END AS is_failed,
               coalesce(f.sender, (
                   SELECT max(k.sender) FROM rollbook_drops o
                   JOIN rollbook_files k ON k.run_id = o.run_id AND k.file_no = 1
                   WHERE o.sha256 = d.sha256 AND o.folder = d.folder
               ), d.sender) AS source
        FROM rollbook_drops d
        LEFT JOIN rollbook_files f ON f.run_id = d.run_id AND f.file_no = 1
        WHERE d.state <> 'left' AND date(d.taken_at) > {days_ago_400}
    ),
    of_feeds AS (
        SELECT run_id, sum(changed) AS changed, sum(missing) AS missing FROM rollbook_feed_imports GROUP BY run_id
    ),
    came AS (
        SELECT t.folder AS folder, t.source AS source, t.night AS night, min(t.taken_at) AS first_at,
               count(*) AS files, {sum of t.is_failed} AS files_failed, {sum of r.rows_read} AS rows_read,
               {sum of r.rows_loaded + r.rows_updated} AS rows_loaded,
               {sum of r.rows_rejected + r.rows_failed} AS rows_failed, {sum of r.cases_new} AS new_cases,
               {sum of coalesce(i.changed, r.rows_updated)} AS rows_changed, {sum of i.missing} AS rows_missing
        FROM taken t
        LEFT JOIN rollbook_runs r ON r.run_id = t.run_id
        LEFT JOIN of_feeds i ON i.run_id = t.run_id
        GROUP BY t.folder, t.source, t.night
    ),
    sources AS (
        SELECT folder, source, min(night) AS first_night, max(night) AS last_night FROM came GROUP BY folder, source
    ),
    nights AS (
        SELECT folder, source, night FROM came
        UNION ALL
        SELECT s.folder, s.source, n.night FROM sources s
        JOIN recent n ON n.night > s.first_night AND n.night <= {days_after_last}
        WHERE NOT EXISTS (
            SELECT 1 FROM came c WHERE c.folder = s.folder AND c.source = s.source AND c.night = n.night
        )
    ),
    earlier AS (
        SELECT n.folder AS folder, n.source AS source, n.night AS night, c.rows_read AS rows_read,
               c.rows_failed AS rows_failed, CASE WHEN c.night >= {days_before_14} THEN 1 ELSE 0 END AS is_recent,
               row_number() OVER (PARTITION BY n.folder, n.source, n.night ORDER BY c.night DESC) AS back
        FROM nights n
        JOIN came c ON c.folder = n.folder AND c.source = n.source AND c.night < n.night AND c.night >= {days_before_60}
    ),
    ranked AS (
        SELECT folder, source, night, rows_read, rows_failed, is_recent,
               row_number() OVER (PARTITION BY folder, source, night ORDER BY rows_read) AS place,
               row_number() OVER (PARTITION BY folder, source, night ORDER BY rows_failed) AS place_of_failed,
               count(*) OVER (PARTITION BY folder, source, night) AS of_nights
        FROM earlier WHERE back <= 14
    ),
    usual AS (
        SELECT folder, source, night, max(of_nights) AS of_nights, sum(is_recent) AS recent_nights,
               avg(CASE WHEN place BETWEEN of_nights / 2.0 AND of_nights / 2.0 + 1 THEN rows_read END) AS median_read,
               avg(CASE WHEN place_of_failed BETWEEN of_nights / 2.0 AND of_nights / 2.0 + 1 THEN rows_failed END)
                   AS median_failed
        FROM ranked GROUP BY folder, source, night
    ),
    heard AS (
        SELECT t.folder AS folder, t.source AS source, t.night AS night, m.recipient AS recipient
        FROM taken t JOIN rollbook_messages m ON m.run_id = t.run_id WHERE m.state IN ('sent', 'doubtful')
        UNION
        SELECT s.folder, s.source, date(m.recorded_at), m.recipient
        FROM sources s JOIN rollbook_messages m
          ON m.kind = 'overdue' AND m.state IN ('sent', 'doubtful') AND replace(m.content, s.folder, '') <> m.content
    ),
    recipients AS (
        SELECT folder, source, night, {recipients} AS told FROM heard GROUP BY folder, source, night
    )
    SELECT n.folder AS folder, n.source AS source, n.night AS night, CASE WHEN c.files > 0 THEN 1 ELSE 0 END AS came,
           c.first_at AS first_at, coalesce(c.files, 0) AS files, coalesce(c.files_failed, 0) AS files_failed,
           coalesce(c.rows_read, 0) AS rows_read, coalesce(c.rows_loaded, 0) AS rows_loaded,
           coalesce(c.rows_failed, 0) AS rows_failed, coalesce(c.new_cases, 0) AS new_cases,
           coalesce(c.rows_changed, 0) AS rows_changed, c.rows_missing AS rows_missing, w.told AS told,
           round(u.median_read) AS usual_rows, round(u.median_failed) AS usual_failed,
           coalesce(u.of_nights, 0) AS usual_nights, coalesce(u.recent_nights, 0) AS nights_before
    FROM nights n
    LEFT JOIN came c ON c.folder = n.folder AND c.source = n.source AND c.night = n.night
    LEFT JOIN usual u ON u.folder = n.folder AND u.source = n.source AND u.night = n.night
    LEFT JOIN recipients w ON w.folder = n.folder AND w.source = n.source AND w.night = n.night
"""

_WHOLE = {"sqlite": "integer", "postgresql": "bigint", "mariadb": "signed"}
_TODAY = {"sqlite": "date('now')", "postgresql": "(now() AT TIME ZONE 'UTC')::date", "mariadb": "utc_date()"}
_LATER = {
    "sqlite": "date({day}, '{days} days')",
    "postgresql": "({day} + ({days}))",
    "mariadb": "date_add({day}, INTERVAL {days} DAY)",
}
_JOINED = {
    "sqlite": "group_concat(recipient, ', ')",
    "postgresql": "string_agg(recipient, ', ' ORDER BY recipient)",
    "mariadb": "group_concat(recipient ORDER BY recipient SEPARATOR ', ')",
}


def night_words(kind: str) -> dict[str, str]:
    """What stands for the words in braces of NIGHT_SELECT; kind: sqlite, postgresql or mariadb."""

    def later(day: str, days: int) -> str:
        return _LATER[kind].format(day=day, days=days)

    return {
        "{today}": _TODAY[kind],
        "{night_before}": later("night", -1),
        "{sixty_days_ago}": later(_TODAY[kind], -60),
        "{days_ago_400}": later(_TODAY[kind], -400),
        "{days_after_last}": later("s.last_night", 30),
        "{days_before_14}": later("n.night", -14),
        "{days_before_60}": later("n.night", -60),
        "{recipients}": _JOINED[kind],
    }


def with_sums(statement: str, kind: str) -> str:
    """The statement with each `{sum of …}` as a whole number, which PostgreSQL and MariaDB would make a decimal of."""
    first, *others = statement.split("{sum of ")
    parts = [other.split("}", 1) for other in others]
    return first + "".join(f"CAST(sum({summed}) AS {_WHOLE[kind]}){rest}" for summed, rest in parts)
