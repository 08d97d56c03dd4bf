"""What the summary of a run tells, put together from the ledger alone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ledger import drops, runs
from ledger.database import transaction
from ledger.returned import held_back
from reports.run_report import ChangedEnrollment, DropReport, FeedReport, FileReport, RunReport, SheetReport
from rollbook.addresses import is_mailbox
from rollbook.request import Request
from rollbook.text_form import TextForm
from sources.paths import names_beside

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.drops import Drop
    from ledger.runs import Run, RunFile

# The workbook of what a run changed, in the folder of its reports.
CHANGES = "changes.xlsx"


def report_of(connection: Connection, run: Run) -> RunReport:
    """Everything that the summary of a run tells, from the ledger alone."""
    with transaction(connection):
        files = runs.list_files(connection, run.run_id)
        sheets = runs.rows_by_sheet(connection, run.run_id)
        codes = runs.failures_by_code(connection, run.rows_run_id)
        remedies = runs.remedies_by_code(connection, run.rows_run_id)
        first = runs.find(connection, run.repeats_run_id) if run.repeats_run_id else None
        drop = drops.of_run(connection, run.run_id) if run.command == "nightly" else None
        troubled = run.counts.rejected + run.counts.failed
        covered = runs.count_covered(connection, run.rows_run_id) if troubled else 0
        waiting = held_back(connection, run)
    ignored: Counter[str] = Counter()
    for _, reasons in sheets.values():
        ignored.update(reasons)
    summary, request = run.summary, Request.from_json(run.request)
    dropped = _dropped(drop, first or run) if drop else None
    return RunReport(
        run=run.run_id,
        state=run.state,
        destination=run.destination,
        exit=run.exit_code if run.exit_code is not None else 3,
        counts=run.counts,
        files=tuple(_file_report(file, sheets, summary.get("failed_rows", {})) for file in files),
        cases=run.cases,
        created=summary.get("created", {}),
        alike=tuple(map(tuple, summary.get("alike", ()))),
        disputed=tuple(map(tuple, summary.get("disputed", ()))),
        doubtful_people=tuple(map(tuple, summary.get("doubtful_people", ()))),
        not_kept=summary.get("not_kept", {}),
        failures={**codes, **Counter(file.code for file in files if file.code)},
        not_checked=tuple(summary.get("not_checked", ())),
        reports=reports_of(first or run, dropped),
        seconds=float(summary.get("seconds") or 0.0),
        remedies=remedies,
        ignored=dict(ignored),
        repeats=(first.run_id, first.started_at) if first else None,
        stopped_by=summary.get("stopped_by"),
        raised_limits=summary.get(runs.RAISED_LIMITS),
        covered=covered,
        command=run.command,
        by=run.started_by,
        started_at=run.started_at,
        drop=dropped,
        feeds=tuple(_feed_report(told) for told in summary.get(runs.FEEDS, ())),
        examples=tuple(ChangedEnrollment(**each) for each in summary.get(runs.EXAMPLES, ())),
        held_back=tuple(waiting),
        asked=_asked(request),
    )


def _asked(request: Request) -> tuple[str, ...]:
    """The words of a command that ask a database again; none where it was not one."""
    if request.queried is None or request.query is None:
        return ()
    query = Path(request.folder, request.query).expanduser().absolute()
    kind, mark, file = request.queried.partition(":///")
    is_file = mark and kind.partition("+")[0] == "sqlite"
    address = f"{kind}{mark}{Path(request.folder, file).expanduser().absolute()}" if is_file else request.queried
    return (address, "--query", str(query), "--key", ",".join(request.key))


def _feed_report(told: Mapping[str, Any]) -> FeedReport:
    return FeedReport(**{**told, "absences": tuple(ChangedEnrollment(**each) for each in told["absences"])})


def _file_report(
    file: RunFile, sheets: dict[tuple[int, int], tuple[int, dict[str, int]]], failed_rows: dict[str, int]
) -> FileReport:
    plans = json.loads(file.plan or "[]")
    form = next((TextForm(**plan["form"]) for plan in plans if plan.get("form")), None)
    return FileReport(
        path=file.path,
        sha256=file.sha256,
        state=file.state,
        code=file.code,
        message=file.message,
        failed_rows=failed_rows.get(str(file.file_no), 0),
        form=form,
        sheets=tuple(
            SheetReport(
                plan["name"],
                plan["state"],
                plan["header_row"],
                sheets.get((file.file_no, place), (plan["rows"], {}))[0],
                _own_message(plan["message"], file.message) or plan["note"],
                tuple(header for header, _ in plan.get("unused", ())),
                # An older Rollbook kept nothing beside the records, and left no columns out.
                "ignore" in plan and plan["destination"] == "database",
                tuple(header or f"@{x}" for x, header in plan["headers"] if x in _left_out(plan)),
            )
            for place, plan in enumerate(plans)
        ),
    )


def _own_message(of_sheet: str | None, of_file: str | None) -> str | None:
    """What a sheet's message says that its file's does not say."""
    return of_sheet if of_sheet and of_sheet not in (of_file or "") else None


def _left_out(plan: Mapping[str, Any]) -> list[str]:
    return [*plan["never"], *plan.get("ignore", ())]


def failed_rows_workbooks(written: Run) -> list[Path]:
    """The failed-rows workbooks that a run wrote, one a file."""
    return sorted(_folder_of(written).glob("failed-rows*.xlsx"))


def _folder_of(run: Run) -> Path:
    return Path(Request.from_json(run.request).out) / run.run_id


def _dropped(drop: Drop, written: Run) -> DropReport | None:
    """Where the sender finds the failed rows: next to the file that was moved, as long as they are there.

    None of a mailbox, where they come with the answer, and of what is read where it is: nobody can put anything there.
    """
    if is_mailbox(drop.folder) or drop.target == drop.name:
        return None
    is_local = "://" not in drop.folder
    names = names_beside(drop.target or drop.name, [path.name for path in failed_rows_workbooks(written)])
    places = [f"{drop.folder.rstrip('/')}/{name}" for name in names]
    there = not is_local or all(Path(place).exists() for place in places)
    return DropReport(drop.folder, tuple(places) if there else ())


def reports_of(written: Run, dropped: DropReport | None = None) -> dict[str, str]:
    """The failed-rows workbook that a run wrote, the folder where there are several; its batches. Not of a repeat.

    dropped: where its copies are that a sender can open.
    """
    folder = _folder_of(written)
    found = list(dropped.workbooks) if dropped and dropped.workbooks else list(map(str, failed_rows_workbooks(written)))
    told = {"failed_rows": found[0] if len(found) == 1 else found[0].rpartition("/")[0]} if found else {}
    if (folder / CHANGES).exists():
        told["changes"] = str(folder / CHANGES)
    rows = sorted(folder.glob("*.report.csv"))
    if any(folder.glob("smarteru-*.xml")):
        return told | {"batches": str(folder)}
    return told | ({"rows": str(rows[0])} if rows else {})
