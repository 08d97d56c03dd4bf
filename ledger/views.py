"""The views that dashboards read: documented, stable, the same columns on all three databases."""

from collections.abc import Iterable

from ledger.night_view import NIGHT_COLUMNS, NIGHT_SELECT, night_words, with_sums

_LEARNER = ("learner_email", "learner_employee_id", "learner_name")
_COURSE = ("course_id", "course_name")
_SOURCE = ("source_file", "source_sheet", "source_row", "source_column", "run_id")

VIEWS: dict[str, tuple[str, ...]] = {
    "v_failed_rows": (
        "run_id",
        "failed_at",
        "source_file",
        "source_sheet",
        "source_row",
        "source_column",
        "header",
        "value",
        "code",
        "message",
        "remedy",
        "case_id",
        "state",
        "first_seen",
        "last_seen",
        "times",
        "fixed_at",
        "fixed_by",
        "fixed_run_id",
        "run_state",
        "repair_days",
    ),
    "v_run_summary": (
        "run_id",
        "started_at",
        "finished_at",
        "state",
        "destination",
        "command",
        "rows_read",
        "rows_loaded",
        "rows_updated",
        "rows_unchanged",
        "rows_duplicate",
        "rows_rejected",
        "rows_failed",
        "rows_pending",
        "rows_ignored",
    ),
    "v_failure_trend": ("failed_on", "code", "failures"),
    "v_enrollments": (
        "enrollment_id",
        *_LEARNER,
        *_COURSE,
        "session_id",
        "session_title",
        "session_date",
        "session_start",
        "status",
        "grade",
        "score",
        "attendance_confirmed",
        "feedback",
        "enrolled_on",
        "completed_on",
        "expires_on",
        "certificate_number",
        "hours",
        "credits",
        "extra",
        *_SOURCE,
    ),
    "v_expiring": (
        "enrollment_id",
        *_LEARNER,
        *_COURSE,
        "session_id",
        "completed_on",
        "expires_on",
        "days_left",
        "certificate_number",
        *_SOURCE,
    ),
    "v_nights": NIGHT_COLUMNS,
}
# The views of the first schema; the others need columns that came later.
FIRST_VIEWS = ("v_failed_rows", "v_run_summary", "v_failure_trend")
# Those of the whole record's schema, which came second.
SECOND_VIEWS = (*FIRST_VIEWS, "v_enrollments", "v_expiring")

# "Now" of a run is its recorded start: a failure bears that moment. date(x) reads the same on all three databases.
_SELECTS = {
    "v_failed_rows": """
        SELECT f.run_id AS run_id, r.started_at AS failed_at, p.source_file AS source_file,
               p.source_sheet AS source_sheet, f.row_no AS source_row, f.source_column AS source_column,
               f.header AS header, f.value AS value, f.code AS code, f.message AS message, f.remedy AS remedy,
               c.case_id AS case_id, coalesce(c.state, 'open') AS state,
               coalesce(c.first_seen, r.started_at) AS first_seen, coalesce(c.last_seen, r.started_at) AS last_seen,
               coalesce(c.times, 1) AS times, c.fixed_at AS fixed_at, c.fixed_by AS fixed_by,
               c.fixed_run_id AS fixed_run_id, r.state AS run_state, {repair_days} AS repair_days
        FROM rollbook_failures f
        JOIN rollbook_runs r ON r.run_id = f.run_id
        JOIN rollbook_parts p ON p.run_id = f.run_id AND p.part_id = f.part_id
        JOIN rollbook_rows s
          ON s.run_id = f.run_id AND s.part_id = f.part_id AND s.row_no = f.row_no AND s.col_no = f.col_no
        LEFT JOIN rollbook_cases c ON c.fingerprint = s.fingerprint
    """,
    "v_run_summary": f"""
        SELECT {", ".join(VIEWS["v_run_summary"])} FROM rollbook_runs
    """,
    "v_failure_trend": """
        SELECT date(r.started_at) AS failed_on, f.code AS code, count(*) AS failures
        FROM rollbook_failures f
        JOIN rollbook_runs r ON r.run_id = f.run_id
        WHERE r.state <> 'undone'
        GROUP BY date(r.started_at), f.code
    """,
    "v_enrollments": """
        SELECT e.id AS enrollment_id, p.email AS learner_email, p.employee_number AS learner_employee_id,
               p.name AS learner_name, c.course_code AS course_id, c.name AS course_name,
               s.session_code AS session_id, s.title AS session_title, s.session_date AS session_date,
               s.session_start AS session_start, e.status AS status, e.grade AS grade, e.score AS score,
               e.attendance_confirmed AS attendance_confirmed, e.feedback AS feedback,
               date(e.enrolled_at) AS enrolled_on, date(e.completed_at) AS completed_on, e.expires_on AS expires_on,
               e.certificate_number AS certificate_number, e.hours AS hours, e.credits AS credits, e.extra AS extra,
               e.source_file AS source_file, e.source_sheet AS source_sheet, e.source_row AS source_row,
               e.source_column AS source_column, e.run_id AS run_id
        FROM training_enrollments e
        JOIN employees p ON p.id = e.employee_id
        JOIN training_sessions s ON s.id = e.training_session_id
        LEFT JOIN courses c ON c.id = s.course_id
    """,
    # Of a learner's certificates of one course only the last counts: the earlier ones were renewed.
    "v_expiring": f"""
        SELECT {", ".join(f"v.{name} AS {name}" for name in VIEWS["v_expiring"]).replace("v.days_left", "{days_left}")}
        FROM v_enrollments v
        JOIN (
            SELECT e.id AS id, row_number() OVER (
                       PARTITION BY e.employee_id, coalesce(s.course_id, -s.id) ORDER BY e.expires_on DESC, e.id DESC
                   ) AS place
            FROM training_enrollments e
            JOIN training_sessions s ON s.id = e.training_session_id
            WHERE e.expires_on IS NOT NULL AND e.status IN ('attended', 'completed')
        ) latest ON latest.id = v.enrollment_id AND latest.place = 1
    """,
    "v_nights": NIGHT_SELECT,
}


# Each database subtracts moments in its own way.
_REPAIR_DAYS = {
    "sqlite": "julianday(c.fixed_at) - julianday(c.first_seen)",
    "postgresql": "(extract(epoch FROM c.fixed_at - c.first_seen) / 86400)::double precision",
    "mariadb": "timestampdiff(second, c.first_seen, c.fixed_at) / 86400",
}


# Days are counted from today, in UTC as all moments are.
_DAYS_LEFT = {
    "sqlite": "CAST(julianday(v.expires_on) - julianday(date('now')) AS INTEGER)",
    "postgresql": "v.expires_on - (now() AT TIME ZONE 'UTC')::date",
    "mariadb": "datediff(v.expires_on, utc_date())",
}


def create_statements(dialect: str, names: Iterable[str] = SECOND_VIEWS) -> list[str]:
    """The CREATE VIEW statements for a database (sqlite, postgresql, mariadb), in an order that works."""
    kind = "mariadb" if dialect == "mysql" else dialect
    words = {"{repair_days}": _REPAIR_DAYS[kind], "{days_left}": _DAYS_LEFT[kind]} | night_words(kind)
    statements = [with_sums(f"CREATE VIEW {name} AS {' '.join(_SELECTS[name].split())}", kind) for name in names]
    for word, said in words.items():
        statements = [statement.replace(word, said) for statement in statements]
    return statements


def drop_statements() -> list[str]:
    """The DROP VIEW statements, those that read others first."""
    return [f"DROP VIEW IF EXISTS {name}" for name in reversed(VIEWS)]
