"""Runs: the list, one with its files and what was delivered, and its reports."""

import json
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import FileResponse, Response
from sqlalchemy import Connection

from dashboard.rendering import desk_of, note, show
from dashboard.runs.run_facts import facts_of
from dashboard.wording import count, translated
from ledger import messages, runs
from ledger.activity import DOWNLOAD
from ledger.alive import as_it_stands
from ledger.browse import runs as browsing_runs
from ledger.runs import Run, RunFile
from reports.terminal.messages import message_lines
from rollbook.errors import CannotBegin
from rollbook.rows.outcomes import OUTCOMES

router = APIRouter()
RUN_ID = re.compile(r"^[0-9a-z-]{1,20}$")
RunId = Annotated[str | None, Query(pattern=RUN_ID.pattern)]
# The files of a run that people may download; no other file in its folder.
_REPORTS = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".csv": "text/csv; charset=utf-8",
    ".xml": "application/xml",
}
_PLACE = re.compile(r"[0-9]{1,9}-[0-9]{1,9}")
_MOST_REPORTS = 200
# Files on a page, and columns of all their sheets: a migration has thousands.
_FILES = 25
_MOST_COLUMNS = 1_000
COVERED = "{n} of them are fixed by now: corrected, or loaded by another row or run."


@router.get("/runs")
def list_runs(request: Request, older: RunId = None, newer: RunId = None) -> Response:
    """The runs, the latest first."""
    desk = desk_of(request)
    with desk.reading() as connection:
        page = browsing_runs.run_page(connection, older=older, newer=newer, size=desk.settings.dashboard.page_size)
        page = replace(page, runs=[as_it_stands(connection, run) for run in page.runs])
        files = browsing_runs.named_files(connection, [run.run_id for run in page.runs])
    names = {run_id: _names(paths, number) for run_id, (paths, number) in files.items()}
    return show(request, "runs.html", page=page, names=names)


@router.get("/runs/{run_id}")
def show_run(
    request: Request,
    run_id: str,
    after: Annotated[str, Query()] = "",
    answers: Annotated[str, Query()] = "refused",
    behind_file: Annotated[int, Query(ge=0, le=10**9)] = 0,
    done: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """A run: its files as they were understood, outcomes, what was delivered, its reports."""
    desk = desk_of(request)
    size = desk.settings.dashboard.page_size
    with desk.reading() as connection:
        run = as_it_stands(connection, find_run(connection, run_id))
        files = browsing_runs.some_files(connection, run.run_id, after=behind_file, size=_FILES + 1)
        rows = runs.rows_by_sheet(connection, run.run_id)
        codes = runs.failures_by_code(connection, run.rows_run_id)
        delivered = _delivered(connection, run, after, size, is_refused=answers != "all")
        covered = runs.count_covered(connection, run.rows_run_id) if run.counts.rejected + run.counts.failed else 0
        told = messages.of_run(connection, run.run_id)
        facts = facts_of(request, connection, run)
    return show(
        request,
        "run.html",
        run=run,
        outcomes=asdict(run.counts),
        names=OUTCOMES,
        files=_files(files[:_FILES], rows),
        behind_file=behind_file,
        next_file=files[_FILES - 1].file_no if len(files) > _FILES else None,
        codes=codes,
        reports=[path.name for path in report_files(run)],
        answers=answers,
        covered=count(COVERED, covered) if covered else "",
        messages=[translated(line) for line in message_lines(told)],
        done=done,
        **facts,
        **delivered,
    )


@router.get("/runs/{run_id}/reports/{name}")
def report(request: Request, run_id: str, name: str) -> Response:
    """One of the run's reports, to be kept and not to be shown."""
    with desk_of(request).reading() as connection:
        run = find_run(connection, run_id)
    # Only a name that stands in the folder is known: no path can be asked for.
    found = next((path for path in report_files(run) if path.name == name), None)
    if found is None:
        raise HTTPException(404)
    note(request, DOWNLOAD, run_id=run.run_id, detail=name)
    return FileResponse(found, media_type=_REPORTS[found.suffix], filename=f"{run.run_id}-{name}")


def find_run(connection: Connection, run_id: str) -> Run:
    """The run of just this ID (or `last`); 404 where there is none."""
    if not RUN_ID.fullmatch(run_id):
        raise HTTPException(404)
    try:
        run = runs.find(connection, run_id)
    except CannotBegin:
        raise HTTPException(404) from None
    if run_id not in (run.run_id, "last"):
        raise HTTPException(404)
    return run


def report_files(run: Run) -> list[Path]:
    """The reports in the run's folder, by name; no links that lead out of it."""
    out = json.loads(run.request).get("out")
    if not out:
        return []
    folder = Path(out) / run.run_id
    try:
        found = [path for path in sorted(folder.iterdir()) if path.suffix in _REPORTS and path.is_file()]
    except OSError:
        return []
    return [path for path in found if not path.is_symlink() and not path.name.startswith("~")][:_MOST_REPORTS]


def _names(paths: list[str], number: int) -> str:
    names = ", ".join(Path(path).name for path in paths)
    return str(count("{names} and {n} more", number - len(paths), names=names)) if number > len(paths) else names


def _files(files: list[RunFile], rows: dict[tuple[int, int], tuple[int, dict[str, int]]]) -> list[dict[str, Any]]:
    """Files and their sheets as their recorded plans say they are read; columns only as far as a page holds them."""
    shown, room = [], _MOST_COLUMNS
    for file in files:
        plans = json.loads(file.plan or "[]")
        sheets = [_sheet(plan, *rows.get((file.file_no, place), (0, {}))) for place, plan in enumerate(plans)]
        for sheet in sheets:
            room -= len(sheet["mapping"])
            sheet["is_cut"] = room < 0
            sheet["mapping"] = [] if sheet["is_cut"] else sheet["mapping"]
        shown.append({"file": file, "sheets": sheets})
    return shown


def _sheet(plan: dict[str, Any], read: int, ignored: dict[str, int]) -> dict[str, Any]:
    headers = dict(plan["headers"])
    fed: dict[str, list[str]] = {}
    for column in plan["columns"]:
        for letter in column["letters"]:
            fed.setdefault(letter, []).append(column["field"])
    for session in plan["sessions"]:
        fed[session["letter"]] = ["session"]
    mapping = [
        {
            "letter": letter,
            "header": header,
            "fields": fed.get(letter, []),
            "never": letter in plan["never"],
            "ignored": letter in plan.get("ignore", ()),
            # An older Rollbook kept nothing beside the records.
            "kept": "ignore" in plan and plan["destination"] == "database",
        }
        for letter, header in headers.items()
        if header or letter in fed
    ]
    return {"plan": plan, "read": read, "ignored": ignored, "mapping": mapping}


def _delivered(connection: Connection, run: Run, after: str, size: int, *, is_refused: bool) -> dict[str, Any]:
    """What went to a system outside: the batches, and a page of the rows' answers."""
    batches = browsing_runs.batches(connection, run.rows_run_id, size=size)
    batch, _, block = after.partition("-")
    place = (int(batch), int(block)) if _PLACE.fullmatch(after) else (0, 0)
    if not batches:
        return {"batches": [], "more_batches": False, "blocks": [], "next": None, "behind": False}
    blocks = browsing_runs.blocks(connection, run.rows_run_id, after=place, size=size + 1, is_refused=is_refused)
    last = blocks[size - 1] if len(blocks) > size else None
    return {
        "batches": batches,
        "more_batches": len(batches) == size,
        "blocks": blocks[:size],
        "next": f"{last.batch_no}-{last.block_no}" if last else None,
        "behind": place != (0, 0),
    }
