"""What a check of an upload finds, as JSON: how its files would be read, and what would become of its rows.

groups      files that are read alike: files, base, profile and before (TOML), preset, returned, message, sheets
sheets      name, state, header_row, rows, message, ignored, across, sessions, constants, columns
columns     name (as a profile names it), header, letter, feeds, candidates, samples, note, why
unknown     texts that are not understood: group, field, text, rows, why, suggested
known       field -> what is certainly understood there, the first of many
summary     the object of `rollbook check --json`
remedies    code -> what to do
stopped_by  why an import would load nothing; None where it would not be stopped
failed      the first cells with a problem: file, sheet, cell, header, value, message, remedy
changed     the first fields that would change: learner, session, field, was, is
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pandas as pd

from ledger import runs
from ledger.accounts.change_lines import change_lines, count_updates
from ledger.cases import failures
from ledger.reference.load import load_references
from pipeline.intake.found_files import found_files
from pipeline.output.suggestions import suggester_of
from pipeline.uploads.mapping import AND, LEAVE_OUT, NOT_USED
from pipeline.uploads.store import Group
from pipeline.viewing.unknown_values import UnknownText, known_texts, unknown_texts
from pipeline.viewing.viewed_files import RETURNED, ViewedFile, Viewer
from reports.ledger_report import report_of
from reports.terminal.summary import summary_object
from rollbook.profile import choose_profile
from transforms.planning.proposal.profile_names import column_name

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.runs import Run, RunFile
    from reports.terminal.inspection import InspectedFile, InspectedSheet
    from rollbook.request import Request
    from transforms.planning.proposal.inspection import SheetView

_SHOWN_CELLS, _OF_ONE_CODE = 20, 3
_SHOWN_CHANGES = 10
_SHOWN_TEXTS = 100
# More are no list to choose from.
_OFFERED = 500
_SHOWN_SESSIONS = 6


# Files that are read alike, and how the first of them would be read.
Looked = tuple[Group, dict[str, Any]]


def grouped(request: Request, paths: Sequence[str], decided: Sequence[Group]) -> list[Looked]:
    """The files in groups, each with how its first file would be read.

    decided: the groups, where there are some already; else files are alike that one profile of the settings reads, or
    whose sheets have the same headers.
    """
    with TemporaryDirectory(prefix="rollbook-") as folder:
        if decided:
            looks = (_viewed(request, group.profile, group.files, Path(folder)) for group in decided)
            return [(group, _read_as(group, look)) for group, look in zip(decided, looks, strict=True)]
        viewer = Viewer(list(request.profiles), request.destination, request.settings, Path(folder), each=False)
        files = list(found_files(paths, request.settings.reading, place=request.place))
        found: dict[str | None, list[ViewedFile]] = {}
        for file in viewer.view(files):
            found.setdefault(_alike(file), []).append(file)
    return [_group(request, some) for some in found.values()]


def _viewed(request: Request, profile: str, files: Sequence[str], folder: Path) -> ViewedFile:
    """How the first file of a group would be read under its profile."""
    viewer = Viewer([("", profile)], request.destination, request.settings, folder)
    return next(iter(viewer.view(list(found_files(files[:1], request.settings.reading, place=request.place)))))


def _alike(file: ViewedFile) -> str | None:
    return f"profile {file.told.profile}" if file.told.profile else file.kind or f"file {file.path}"


def _group(request: Request, files: Sequence[ViewedFile]) -> Looked:
    text = choose_profile(files[0].path, list(request.profiles))
    group = Group(tuple(str(file.path) for file in files), text, files[0].told.profile, text)
    return group, _read_as(group, files[0])


def _read_as(group: Group, first: ViewedFile) -> dict[str, Any]:
    told, views = first.told, list(first.views)
    shown = [sheet for sheet in told.sheets if sheet.rows or sheet.state != "skipped"]
    return {
        "files": list(group.files),
        "base": group.base,
        "before": group.before,
        "profile": group.profile,
        "preset": next((view.proposed.preset for view in views if view.proposed.preset), None),
        "returned": any(sheet.message == RETURNED for sheet in told.sheets),
        "message": told.message or told.code,
        "sheets": [_sheet(sheet, _view_of(sheet, told, views)) for sheet in shown],
    }


def _view_of(sheet: InspectedSheet, told: InspectedFile, views: Sequence[SheetView]) -> SheetView | None:
    """The view that a sheet was made from: those of the file come first, in their order."""
    place = told.sheets.index(sheet)
    return views[place] if place < len(views) else None


def _sheet(sheet: InspectedSheet, view: SheetView | None) -> dict[str, Any]:
    return {
        "name": sheet.name,
        "state": sheet.state,
        "header_row": sheet.header_row,
        "rows": sheet.rows,
        "message": _message(sheet, view),
        "ignored": dict(view.ignored) if view and sheet.state == "read" else {},
        "across": sheet.across,
        "sessions": list(sheet.sessions[:_SHOWN_SESSIONS]),
        "more_sessions": max(len(sheet.sessions) - _SHOWN_SESSIONS, 0),
        "constants": dict(sheet.constants),
        "columns": list(_columns(sheet, view)) if view else [],
    }


def _message(sheet: InspectedSheet, view: SheetView | None) -> str:
    """Why a sheet is not read, or what else is to know of it; what is wrong with its cells is told by the check."""
    if view is None:
        return sheet.message or ""
    return "\n".join(dict.fromkeys(filter(None, [view.plan.message, view.plan.note])))


def _columns(sheet: InspectedSheet, view: SheetView) -> Iterator[dict[str, Any]]:
    left_out = {*view.plan.ignore, *view.proposed.ignore}
    for use in sheet.uses:
        fields = [field for field, _ in use.feeds]
        yield {
            "name": column_name(use.letter, view.proposed),
            "header": use.header,
            "letter": use.letter,
            "feeds": LEAVE_OUT if use.letter in left_out else AND.join(fields) or NOT_USED,
            "never": use.letter in view.plan.never,
            "candidates": list(use.candidates),
            "samples": list(use.samples),
            "note": use.note,
            "why": ", ".join(dict.fromkeys(why for _, why in use.feeds if why)),
        }


def of_check(
    ledger: Connection, existing: Connection, run: Run, found: Sequence[RunFile], groups: Sequence[Looked]
) -> dict[str, Any]:
    """What a check that ended foresees. ledger: of the rehearsal; existing: the database as it is."""
    references = load_references(existing)
    report = report_of(ledger, run)
    suggester = suggester_of(references, [group.profile for group, _ in groups])
    with ledger.begin():
        unknown = [
            {"group": number, **each}
            for number, (group, told) in enumerate(groups)
            if not told["returned"]  # a workbook is corrected in its cells
            for each in _unknown(ledger, run, found, group, suggester)
        ]
        return {
            "unknown": unknown[:_SHOWN_TEXTS],
            "more_unknown": max(len(unknown) - _SHOWN_TEXTS, 0),
            "known": {field: texts for field, texts in known_texts(references).items() if len(texts) <= _OFFERED},
            "summary": summary_object(report),
            "remedies": dict(report.remedies),
            "stopped_by": report.stopped_by,
            "failed_files": [
                {"name": Path(file.path).name, "code": file.code, "message": file.message or file.code}
                for file in report.files
                if file.code
            ],
            "failed": _first_failed(ledger, run),
            "changed": _first_changed(ledger, run),
        }


def _unknown(
    ledger: Connection, run: Run, found: Sequence[RunFile], group: Group, suggester: Any
) -> list[dict[str, Any]]:
    numbers = {file.file_no for file in found if file.path in group.files}
    texts = unknown_texts(ledger, run.run_id, files=numbers)
    shown = [one for one in texts if _can_be_said(one)]
    asked = pd.DataFrame([(one.code, one.field, one.text) for one in shown], columns=["code", "field", "value"])
    suggested = suggester.suggest(asked) if shown else []
    return [
        {"field": one.field, "text": one.text, "rows": one.rows, "why": one.why, "suggested": guess}
        for one, guess in zip(shown, suggested, strict=True)
    ]


def _can_be_said(one: UnknownText) -> bool:
    """Whether a profile can say what the text means: it has no word for a blank one."""
    return bool(one.text.strip())


def _first_failed(ledger: Connection, run: Run) -> list[dict[str, Any]]:
    """The first cells with a problem, a few of each rule."""
    names = ("source_file", "source_sheet", "source_column", "row", "header", "value", "code", "message", "remedy")
    seen: Counter[str] = Counter()
    shown: list[dict[str, Any]] = []
    for file in runs.list_files(ledger, run.run_id):
        for batch in islice(failures.problem_batches(ledger, run.run_id, file.file_no, names), 1):
            for line in batch.to_pylist():
                seen[line["code"]] += 1
                if seen[line["code"]] <= _OF_ONE_CODE and len(shown) < _SHOWN_CELLS:
                    shown.append({**line, "source_file": Path(line["source_file"]).name})
        if len(shown) >= _SHOWN_CELLS:
            break
    return sorted(shown, key=lambda line: -seen[line["code"]])


def _first_changed(ledger: Connection, run: Run) -> list[dict[str, Any]]:
    if not count_updates(ledger, run.run_id):
        return []
    names = ("learner", "session", "field", "was", "is")
    lines = (line for table in change_lines(ledger, run.run_id) for line in table.to_pylist())
    return [{name: line[name] for name in names} for line in islice(lines, _SHOWN_CHANGES)]
