"""Runs, their rows and changes, and cases, as the command line's `--json` tells them; and a run undone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from dashboard.api.document import only_known
from dashboard.forms import DEFAULT_SORT, SORTED, STATES, look_of
from dashboard.receiving import TooMany
from dashboard.rendering import Desk, desk_of, note, who
from dashboard.roles import require_own
from dashboard.runs.run_pages import RUN_ID, find_run
from ledger.activity import DOWNLOAD
from ledger.alive import as_it_stands
from ledger.browse.cases import CaseLine, page
from ledger.browse.runs import run_page
from ledger.database import reading, spare_memory
from pipeline.uploads.importing import Standing
from pipeline.uploads.store import OUT, Upload
from reports.text import iso_moment
from rollbook.rows.outcomes import OUTCOMES, Counts
from rollbook.text.letters import column_letter

if TYPE_CHECKING:
    import pyarrow as pa

    from ledger.runs import Run

router = APIRouter(dependencies=[Depends(only_known)])
_SIZE, _MOST = 100, 500
# Listing rows takes memory: so many do it at the same time.
_LISTING = BoundedSemaphore(2)
_STATES = {"checking": "running", "importing": "running"}


@router.get("/api/v1/runs")
def list_runs(
    request: Request,
    older: Annotated[str | None, Query(pattern=RUN_ID.pattern)] = None,
    limit: Annotated[int, Query(ge=1, le=_MOST)] = _SIZE,
) -> Response:
    """Runs, the latest first."""
    from pipeline.commands.runs import run_lines
    from reports.terminal.runs import runs_object

    with desk_of(request).reading() as connection:
        if older is not None:
            find_run(connection, older)
        found = run_page(connection, older=older, size=limit)
        told = runs_object(run_lines(connection, found.runs))
    following = found.runs[-1].run_id if found.has_older and found.runs else None
    return JSONResponse({"runs": told["runs"], "next": following})


@router.get("/api/v1/runs/{run_id}")
def show_run(request: Request, run_id: str) -> Response:
    """A run, or a check, as it stands."""
    from reports.ledger_report import report_of
    from reports.terminal.runs import show_object

    desk = desk_of(request)
    with desk.reading() as connection:
        run = _recorded(connection, run_id)
        if run is not None:
            return JSONResponse(show_object(report_of(connection, as_it_stands(connection, run))))
    upload = _upload(desk, run_id)
    standing = desk.acting.importing.standing(upload)
    findings = desk.acting.importing.findings(upload)
    if findings and not standing.job.running:
        return JSONResponse(findings["summary"])
    return JSONResponse(_not_begun(upload, standing))


def _not_begun(upload: Upload, standing: Standing) -> dict[str, Any]:
    """What is said of a run that the ledger does not have: it is about to begin, or could not."""
    from reports.run_report import RunReport
    from reports.terminal.runs import show_object

    state = _STATES.get(standing.stage, "stopped")
    report = RunReport(upload.run_id or "", state, upload.destination, 3 if state == "running" else 2, Counts())
    reason = standing.job.error or ("Its process was killed, or the machine went down." if standing.job.died else None)
    return show_object(report) | ({"error": reason} if reason else {})


def _recorded(connection: Any, run_id: str) -> Run | None:
    try:
        return find_run(connection, run_id)
    except HTTPException:
        return None


def _upload(desk: Desk, run_id: str) -> Upload:
    """The upload that a program sent under this run's ID; 404 where there is none."""
    upload = desk.acting.importing.uploads.of_run(run_id) if desk.actions and RUN_ID.fullmatch(run_id) else None
    if upload is None:
        raise HTTPException(404, f"There is no run {run_id}.")
    return upload


@router.get("/api/v1/runs/{run_id}/rows")
def list_rows(request: Request, run_id: str, outcome: Annotated[list[str] | None, Query()] = None) -> Response:
    """Every row of a run, with what became of it."""
    wanted = outcome or []
    if unknown := set(wanted) - {*OUTCOMES, "ignored"}:
        raise HTTPException(422, f"There is no outcome {min(unknown)}. There are: {', '.join(OUTCOMES)}, ignored.")
    return _listed(request, run_id, "rows", wanted)


@router.get("/api/v1/runs/{run_id}/changes")
def list_changes(request: Request, run_id: str) -> Response:
    """Every field that a run changed."""
    return _listed(request, run_id, "changes", [])


def _listed(request: Request, run_id: str, name: str, outcomes: list[str]) -> Response:
    """A list of any length, sent as it is read."""
    from reports.json_pieces import json_pieces
    from reports.terminal.row_tables import plain_lines

    desk, stack = desk_of(request), ExitStack()
    if not _LISTING.acquire(blocking=False):
        raise TooMany("Other programs are reading lists of rows. Try again in a moment.")
    stack.callback(_LISTING.release)
    try:
        found, lines = _lines(desk, run_id, name, outcomes, stack)
    except BaseException:
        stack.close()
        raise
    note(request, DOWNLOAD, run_id=found, detail=name)
    pieces = _closing(stack, json_pieces({"run": found}, name, plain_lines(lines)))
    next(pieces)  # it is begun, so that it is ended whatever becomes of the connection
    return StreamingResponse(pieces, media_type="application/json")


def _closing(stack: ExitStack, pieces: Iterator[str]) -> Iterator[str]:
    with stack:
        yield ""
        yield from pieces


def _lines(desk: Desk, run_id: str, name: str, outcomes: list[str], stack: ExitStack) -> tuple[str, Iterator[pa.Table]]:
    """The ID of a run, or a check, and its lines, as long as the stack is open."""
    from ledger.accounts.change_lines import change_lines
    from ledger.accounts.row_lines import row_lines
    from pipeline.commands.accounts import refuse_unaccounted
    from pipeline.output.checked_lines import checked_lines

    connection = stack.enter_context(reading(desk.engine))
    stack.enter_context(connection.begin())
    spare_memory(connection)
    run = _recorded(connection, run_id)
    if run is None:
        upload = _upload(desk, run_id)
        return run_id, checked_lines(desk.acting.importing.uploads.place(upload) / OUT / run_id, name, outcomes)
    if name == "changes":
        return run.run_id, change_lines(connection, run.run_id)
    refuse_unaccounted(connection, run)
    folder = stack.enter_context(TemporaryDirectory(prefix="rollbook-"))
    return run.run_id, row_lines(connection, run, Path(folder), outcomes)


@router.get("/api/v1/cases")
def list_cases(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=_MOST)] = _SIZE,
    state: Annotated[str, Query()] = "open",
    sort: Annotated[str, Query()] = DEFAULT_SORT,
) -> Response:
    """Failed rows, filtered as on the page; what the page passes over is refused."""
    for name, value, known in (("state", state, STATES), ("sort", sort, SORTED)):
        if value not in known:
            raise HTTPException(422, f"{name}: there is no {value}. There are: {', '.join(known)}.")
    look = look_of(request.query_params)
    with desk_of(request).reading() as connection:
        found = page(connection, look.filter, look.order, after=look.after, size=limit)
    return JSONResponse({"cases": [case_object(line) for line in found.lines], "next": found.after})


def case_object(line: CaseLine) -> dict[str, Any]:
    """A case as programs read it; its names are those of `rollbook failures --json`."""
    return {
        "case_id": line.case_id,
        "state": line.state,
        "source_file": line.source_file,
        "source_sheet": line.source_sheet,
        "source_row": line.row_no,
        "source_column": column_letter(line.col_no) if line.col_no else None,
        "first_seen": iso_moment(line.first_seen),
        "last_seen": iso_moment(line.last_seen),
        "times": line.times,
        "cells": dict(line.texts),
        "problems": [
            {
                "code": each.code,
                "source_column": each.source_column,
                "header": each.header,
                "value": each.value,
                "message": each.message,
                "remedy": each.remedy,
            }
            for each in line.problems
        ],
    }


@router.post("/api/v1/runs/{run_id}/undo")
def undo(request: Request, run_id: str) -> Response:
    """Take a run's rows back."""
    from reports.terminal.undone import undone_object

    desk = desk_of(request)
    with desk.reading() as connection:
        run = find_run(connection, run_id)
    require_own(request, run.started_by, who(request))
    found, undone = desk.acting.take_back(run.run_id, who(request))
    desk.offering.forget()
    return JSONResponse(undone_object(found.run_id, undone))
