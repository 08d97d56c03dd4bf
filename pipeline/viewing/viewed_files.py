"""How files would be read: each looked at once, and those of one kind told as one."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from pipeline.faults import FAULT, fault_of, write_report
from pipeline.returned.recognition import is_returned
from reports.terminal.inspection import InspectedFile, InspectedSheet, inspected_sheet
from reports.text import count_noun
from rollbook.clock import now
from rollbook.profile import Profile, choose_profile, parse_profile
from sources.process.reader import start_reading
from sources.raw_sheets import RawSheet, ReadFile, ReadingLimits
from transforms.planning.proposal.inspection import SheetView, doubts, kind_of_file, view_sheet
from transforms.planning.sheet_plan import SheetPlan
from transforms.planning.stacked import plan_tables
from transforms.planning.table.table_detection import RawRows, row_at, rows_before

if TYPE_CHECKING:
    from pipeline.intake.found_files import FoundFile
    from rollbook.settings import Settings
    from sources.process.reader import FileReading

RETURNED = "Rows that failed in an earlier run. Import the workbook as it is: it needs no profile."


# (letter, text) of the cells of a header row.
_Headers = frozenset[tuple[str, str]]
# A profile's text, and for each sheet the number of its header row and its headers.
_Shape = tuple[str, tuple[tuple[int | None, _Headers], ...]]


@dataclass(frozen=True)
class ViewedFile:
    """A file, how its sheets would be read, and the profile that it was looked at with.

    kind: equal for files that one profile reads. alike: only its headers were looked at, which are those of another
    file of the kind.
    """

    path: Path
    told: InspectedFile
    views: tuple[SheetView, ...] = ()
    under: Profile = Profile()
    kind: str = ""
    alike: bool = False


@dataclass
class Viewer:
    """Looks at files one after the other, while the next is being read.

    profiles: (name, text), of which each file has at most one. to: the destination. folder: for what is read, file by
    file. each: look at every file as a whole, also where its headers are those of one before.
    """

    profiles: list[tuple[str, str]]
    to: str
    settings: Settings
    folder: Path
    each: bool = True
    _known: dict[_Shape, ViewedFile] = field(default_factory=dict, init=False)

    def view(self, files: Sequence[FoundFile]) -> Iterator[ViewedFile]:
        """The files, as they would be read."""
        numbers = count()
        reading = self._start(files[0], next(numbers)) if files else None
        for file, following in zip(files, [*files[1:], None], strict=True):
            current, reading = reading, self._start(following, next(numbers)) if following else None
            assert current is not None
            yield self._view(file.path, current)

    def _start(self, file: FoundFile, number: int) -> tuple[FileReading, Path]:
        limits = ReadingLimits(self.settings.reading.memory_mib, self.settings.reading.seconds)
        into = self.folder / str(number)
        form = parse_profile(choose_profile(Path(file.path), self.profiles)).file.form
        return start_reading(file.place, into, limits, form), into

    def _view(self, path: str, reading: tuple[FileReading, Path]) -> ViewedFile:
        try:
            return self._opened(path, reading[0].result())
        except Exception as error:  # noqa: BLE001 - what is no fault, fault_of raises again
            fault = fault_of(error)
            name = f"fault-{Path(path).name}.txt"
            report = write_report(fault, self.settings.out / "inspect" / name, f"inspect {path}")
            return ViewedFile(Path(path), InspectedFile(path, FAULT, fault.message(report)))
        finally:
            shutil.rmtree(reading[1], ignore_errors=True)

    def _opened(self, told: str, read: ReadFile) -> ViewedFile:
        path = Path(told)
        if read.code is not None:
            return ViewedFile(path, InspectedFile(told, read.code, read.message))
        text = choose_profile(path, self.profiles)
        if not self.each and (known := self._alike(read, text)):
            return replace(known, path=path, told=replace(known.told, path=told), alike=True)
        if is_returned(read):
            ours = [InspectedSheet(each.name, "skipped", rows=each.rows, message=RETURNED) for each in read.sheets]
            return ViewedFile(path, InspectedFile(told, sheets=tuple(ours)))
        under = parse_profile(text)
        sheets = [sheet for sheet in read.sheets if sheet.visible or not under.sheet.skip_hidden]
        views = tuple(view for sheet in sheets for view in _views(sheet, path, under, self.to))
        hidden = tuple(
            InspectedSheet(sheet.name, "skipped", rows=sheet.rows, message="The sheet is hidden.")
            for sheet in read.sheets
            if sheet not in sheets
        )
        name = next((name for name, body in self.profiles if body == text), None) if text else None
        whole = not any(view.plan.state == "read" for view in views)
        inspected = (*(_inspected(view, whole) for view in views), *hidden)
        file = InspectedFile(told, sheets=inspected, profile=name, form=read.form)
        viewed = ViewedFile(path, file, views, under, kind_of_file(views))
        if len(views) == len(read.sheets):
            plans = [view.proposed for view in views]
            shape = tuple((plan.header_row, _headers(plan.headers)) for plan in plans)
            self._known.setdefault((text, shape), viewed)
        return viewed

    def _alike(self, read: ReadFile, text: str) -> ViewedFile | None:
        """A file looked at before with the same headers in the same rows of all sheets, under the same profile."""
        for (under, sheets), viewed in self._known.items():
            if under == text and len(sheets) == len(read.sheets) and not read.properties:
                pairs = zip(sheets, read.sheets, strict=True)
                if all(headers == _headers_at(sheet, row) for (row, headers), sheet in pairs):
                    return viewed
        return None


def _headers(cells: Iterable[tuple[str, str]]) -> _Headers:
    return frozenset((letter, text) for letter, text in cells if text)


def _headers_at(sheet: RawSheet, row: int | None) -> _Headers | None:
    """The cells of a row of a visible sheet; None where it has no such row."""
    cells = row_at(sheet.by_batches(), row) if row and sheet.visible else None
    return _headers(cells.items()) if cells else None


def _views(sheet: RawSheet, path: Path, under: Profile, to: str) -> list[SheetView]:
    """How each table of a sheet would be read."""
    table, known = sheet.table(), dict[tuple[int, int], SheetView]()

    def viewed(first: int, rows: pa.Table) -> SheetView:
        if (first, len(rows)) not in known:
            known[first, len(rows)] = _table_view(sheet, rows, path, under, to)
        return known[first, len(rows)]

    def planned(rows: RawRows) -> SheetPlan:
        whole = pa.Table.from_batches(rows.to_batches(), schema=table.schema)
        return viewed(whole["row"][0].as_py() if len(whole) else 0, whole).plan

    plans = plan_tables(table, planned, under)
    starts = [rows_before(table, plan.from_row) for plan in plans] + [len(table)]
    views = [
        viewed(table["row"][start].as_py() if len(table) else 0, table.slice(start, end - start))
        for start, end in pairwise(starts)
    ]
    # What is below a table is told as an import tells it.
    return [
        replace(view, plan=replace(view.plan, note=plan.note, other_row=plan.other_row))
        for view, plan in zip(views, plans, strict=True)
    ]


def _table_view(sheet: RawSheet, rows: pa.Table, path: Path, under: Profile, to: str) -> SheetView:
    return view_sheet(
        rows,
        sheet.marks,
        sheet_name=sheet.name,
        sheet_position=sheet.position,
        file_name=path.name,
        from_workbook=sheet.from_workbook,
        profile=under,
        destination=to,
        today=now().date(),
    )


def _inspected(view: SheetView, whole: bool) -> InspectedSheet:
    """As it would be read, with samples of each column, what is open, and how a profile could read it better.

    whole: nothing in the file is read, so that the columns of sheets that are passed over are shown too.
    """
    if view.plan.state == "skipped" and not whole:
        return inspected_sheet(view.plan)
    samples = {letter: column.samples for column in view.columns for letter in column.plan.letters[:1]}
    known = replace(view.plan, headers=view.proposed.headers)
    if view.plan.state != "read" and not view.guessed:
        known = replace(known, columns=view.proposed.columns)
    inspected = inspected_sheet(known, samples, view.uses, view.languages)
    if view.plan.state == "skipped":
        return inspected
    notes = [*filter(None, [view.plan.note]), *doubts(view)]
    if view.guessed:
        across = len(view.proposed.sessions)
        notes.append(f"It looks like a wide sheet, {across} sessions across: --write-profile proposes to read it so.")
    notes += [f"ignored: {count_noun(rows, 'row')} ({reason})" for reason, rows in view.ignored]
    return replace(inspected, message="\n".join(notes) or inspected.message)
