"""What would be read, and how: what `inspect` shows, and the profile that it proposes."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import blake2b

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rollbook.profile import CellDefault, NameDefault, Profile
from transforms.planning.columns.cleaners import clean_column
from transforms.planning.columns.column_mapping import ColumnPlan, column_texts
from transforms.planning.layouts.wide import dated
from transforms.planning.plan import SheetPlan, plan_sheet
from transforms.planning.proposal.column_uses import SAMPLES, ColumnUse, column_uses, language_told
from transforms.planning.proposal.partial_plan import Rivals, partial_plan
from transforms.planning.table.below import Below
from transforms.planning.table.headers import header_key
from transforms.planning.table.ignored_rows import ignored_reasons
from transforms.planning.table.table_detection import rows_before, rows_of
from transforms.values.cleaner import text_series

# Problems are looked for among so many distinct texts of a column.
_LOOKED_AT = 5_000
_TOLD_PROBLEMS = 20
_FEWEST_SESSIONS = 2


@dataclass(frozen=True)
class ColumnView:
    """One mapped field. samples: up to three texts as they stand; problems: (code, texts that have it)."""

    plan: ColumnPlan
    samples: tuple[str, ...] = ()
    problems: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def header(self) -> str:
        """The header, or the headers of a joined field."""
        return " + ".join(h or f"@{x}" for h, x in zip(self.plan.headers, self.plan.letters, strict=True))


@dataclass(frozen=True)
class SheetView:
    """How one sheet would be read.

    plan: as `import` makes it under the profile given; proposed: the same under the profile that is proposed.
    columns: of the proposed plan; of a sheet that misses some, those that were found. ignored: (reason, rows). titles:
    (cell, text) of what stands above the header.
    course: where the proposed plan takes the course from, which is a guess. uses: of every column. languages: of the
    headers.
    """

    plan: SheetPlan
    proposed: SheetPlan
    columns: tuple[ColumnView, ...] = ()
    cell: ColumnView | None = None
    ignored: tuple[tuple[str, int], ...] = ()
    titles: tuple[tuple[str, str], ...] = ()
    course: CellDefault | NameDefault | None = None
    uses: tuple[ColumnUse, ...] = ()
    languages: tuple[str, ...] = ()

    @property
    def guessed(self) -> bool:
        """Does the proposed profile read the sheet in another layout?"""
        return self.plan.layout != self.proposed.layout

    @property
    def mapping(self) -> dict[str, str]:
        """Field -> header, of all mapped fields."""
        return {view.plan.field: view.header for view in self.columns}


def view_sheet(
    table: pa.Table,
    marks: pd.DataFrame,
    *,
    sheet_name: str,
    sheet_position: int,
    file_name: str,
    from_workbook: bool,
    profile: Profile,
    destination: str,
    today: date,
) -> SheetView:
    """How a raw sheet would be read under the profile, and what a better one would say."""

    def planned(under: Profile) -> SheetPlan:
        return plan_sheet(
            table,
            marks,
            sheet_name=sheet_name,
            sheet_position=sheet_position,
            file_name=file_name,
            from_workbook=from_workbook,
            profile=under,
            destination=destination,
            today=today,
        )

    plan = planned(profile)
    proposed, course = plan, None
    if plan.state == "failed" and plan.code == "file.missing_columns" and profile.sheet.layout is None:
        proposed, course = _as_wide(plan, table, profile, planned)
    rivals: Rivals = {}
    if proposed.state != "read" and not proposed.columns:
        proposed, rivals = partial_plan(table, proposed, profile)
    ignored, records = _without_ignored(table, proposed)
    # Without learners, every row looks like a note.
    rows = records if proposed.state == "read" else table.slice(rows_before(table, proposed.first_row))
    below = Below(proposed.header_of, rows)
    return SheetView(
        plan,
        proposed,
        tuple(_column_view(records, column, proposed) for column in proposed.columns),
        _cell_view(records, proposed),
        ignored if plan.headers else (),
        _titles(table, proposed),
        course,
        column_uses(below, proposed, rivals),
        language_told(below),
    )


def _as_wide(
    plan: SheetPlan, table: pa.Table, profile: Profile, planned: Callable[[Profile], SheetPlan]
) -> tuple[SheetPlan, CellDefault | NameDefault | None]:
    """The plan with sessions across, where dates head columns; a register names its course in its title, if at all."""
    if sum(bool(dated(header)) for _, header in plan.headers) < _FEWEST_SESSIONS:
        return plan, None
    wide = profile.model_copy(update={"sheet": profile.sheet.model_copy(update={"layout": "wide"})})
    read = planned(wide)
    if read.state == "read" or {"course_id", "course_name"} & profile.defaults.keys():
        return read, None
    titles = _titles(table, read)
    course = CellDefault(cell=titles[0][0]) if titles else NameDefault.model_validate({"from": "file"})
    again = planned(wide.model_copy(update={"defaults": {**profile.defaults, "course_name": course}}))
    return (again, course) if again.state == "read" else (read, None)


def _without_ignored(table: pa.Table, plan: SheetPlan) -> tuple[tuple[tuple[str, int], ...], pa.Table]:
    """How many rows are ignored for which reason, and the others."""
    rows = table.column("row")
    numbers = rows.to_numpy()
    counts = Counter({"title": int((numbers < (plan.header_row or 0)).sum())})
    counts["other table"] = int((numbers > plan.last_row).sum())
    records = []
    inside = table.filter(pc.and_(pc.greater_equal(rows, plan.first_row), pc.less_equal(rows, plan.last_row)))
    for batch in inside.to_batches(max_chunksize=50_000):
        frame = batch.to_pandas()
        frame = frame.astype({letter: "str" for letter in frame.columns if letter != "row"})
        reasons = ignored_reasons(frame, plan.judge)
        counts.update(reasons)
        records.append(batch.take(pa.array(frame.index.difference(reasons.index))))
    told = tuple((reason, count) for reason, count in counts.most_common() if count)
    return told, pa.Table.from_batches(records, schema=inside.schema)


def _column_view(records: pa.Table, column: ColumnPlan, plan: SheetPlan) -> ColumnView:
    few = records.select(list(column.letters))
    frame = few.group_by(list(column.letters), use_threads=False).aggregate([]).slice(0, _LOOKED_AT).to_pandas()
    cells, missed = column_texts(frame.astype("str"), column)
    shown = column_texts(frame.astype("str"), replace(column, pattern=None))[0]
    codes = clean_column(cells, column, plan.reading).code
    if missed is not None:
        codes = codes.mask(missed.to_numpy(), "value.no_match")
    return ColumnView(column, tuple(shown.dropna().unique()[:SAMPLES]), _problems(codes, shown))


def _cell_view(records: pa.Table, plan: SheetPlan) -> ColumnView | None:
    if plan.cell is None:
        return None
    columns = [records.column(s.letter).cast(pa.large_string()).combine_chunks() for s in plan.sessions]
    distinct = pc.drop_null(pa.concat_arrays(columns).unique()).slice(0, _LOOKED_AT)
    cells = text_series(distinct, pd.RangeIndex(len(distinct)))
    cells = cells[~cells.str.strip().str.casefold().isin(plan.cell.no_record)].reset_index(drop=True)
    codes = clean_column(cells, plan.cell, plan.reading).code
    return ColumnView(plan.cell, tuple(cells[:SAMPLES]), _problems(codes, cells))


def _problems(codes: pd.Series, cells: pd.Series) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = cells[codes.notna()].groupby(codes[codes.notna()])
    return tuple((str(code), tuple(texts.dropna().unique()[:_TOLD_PROBLEMS])) for code, texts in found)


def _titles(table: pa.Table, plan: SheetPlan) -> tuple[tuple[str, str], ...]:
    above = table.filter(pc.less(table.column("row"), plan.header_row or 0)).slice(0, 20)
    return tuple((f"{letter}{row}", text) for row, cells in rows_of(above) for letter, text in cells.items())


def kind_of_file(views: Sequence[SheetView]) -> str:
    """Equal for files whose sheets have the same headers, so that one profile reads them all (16 hex digits).

    Dates that head the sessions of a wide sheet count as one header, for each file has its own.
    """
    read = [view.proposed for view in views if view.proposed.state == "read"]
    shapes = sorted(_shape(plan) for plan in read or [view.proposed for view in views])
    return blake2b(repr(shapes).encode(), digest_size=8).hexdigest()


def _shape(plan: SheetPlan) -> tuple[str, ...]:
    return tuple(dict.fromkeys("date" if dated(header) else header_key(header) for _, header in plan.headers if header))


def doubts(view: SheetView) -> list[str]:
    """What in a sheet is open, one sentence each, for whoever writes the profile."""
    found = [f"{view.plan.message}"] if view.plan.state == "failed" and view.plan.message else []
    for column in (*view.columns, *([view.cell] if view.cell else [])):
        for code, texts in column.problems:
            some = ", ".join(texts[:SAMPLES]) + (", …" if len(texts) > SAMPLES else "")
            found.append(f"{column.plan.field}: {code} ({some})")
        if column.plan.suspect_swap and not view.proposed.typed:
            found.append(f"{column.plan.field}: typed dates may have day and month changed over: [dates] typed")
    if view.course is not None:
        course = dict(view.proposed.constants)["course_name"]
        found.append(f"the course is guessed: “{course}”, [defaults] course_name")
    return found
