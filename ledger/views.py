"""The three views that dashboards read: documented, stable, the same columns on all three databases."""

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
}

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
}


# Each database subtracts moments in its own way.
_REPAIR_DAYS = {
    "sqlite": "julianday(c.fixed_at) - julianday(c.first_seen)",
    "postgresql": "(extract(epoch FROM c.fixed_at - c.first_seen) / 86400)::double precision",
    "mariadb": "timestampdiff(second, c.first_seen, c.fixed_at) / 86400",
}


def create_statements(dialect: str) -> list[str]:
    """The CREATE VIEW statements for a database (sqlite, postgresql, mariadb), in an order that works."""
    days = _REPAIR_DAYS["mariadb" if dialect == "mysql" else dialect]
    selects = {name: " ".join(_SELECTS[name].split()).replace("{repair_days}", days) for name in VIEWS}
    return [f"CREATE VIEW {name} AS {select}" for name, select in selects.items()]
