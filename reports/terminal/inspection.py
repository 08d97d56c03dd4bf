"""What `rollbook inspect` prints: how each sheet would be read, with samples of every mapped column."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.console import Console

from reports.terminal.file_kinds import some_files
from reports.terminal.terminal_tables import lines, table, unbroken
from reports.text import count_noun, first_words, listed
from reports.text_files import form_line, form_object
from rollbook.rows.fields import FIELDS
from rollbook.text.days import without_midnight
from rollbook.text_form import TextForm

if TYPE_CHECKING:
    from transforms.planning.columns.column_mapping import ColumnPlan
    from transforms.planning.plan import SheetPlan
    from transforms.planning.proposal.column_uses import ColumnUse

_SAMPLES = 3
# Longer texts are cut, between words only: an address or an ID is whole.
_SAMPLE_CHARACTERS = 28
_HEADER_CHARACTERS = 40
_SHOWN_LETTERS = 3
_CANDIDATES = 2
_SHOWN_SESSIONS = 4


@dataclass(frozen=True)
class MappedColumn:
    """A field and what feeds it. how: what was found out about reading it, such as the order of its dates.

    why: how it is known that the column feeds the field, for each of its columns.
    """

    field: str
    letters: tuple[str, ...]
    header: str
    samples: tuple[str, ...] = ()
    how: str = ""
    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class InspectedSheet:
    """One sheet. state: read | skipped | failed; message: why, or what else is to know.

    sessions: the headers of a wide sheet's sessions; across: session, or course. constants: field -> value for all
        rows. uses: of every column, if they are shown. languages: of the headers.
    """

    name: str
    state: str
    header_row: int | None = None
    rows: int = 0
    columns: tuple[MappedColumn, ...] = ()
    unmapped: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    across: str = "session"
    constants: Mapping[str, str] = field(default_factory=dict)
    code: str | None = None
    message: str | None = None
    uses: "tuple[ColumnUse, ...]" = ()
    languages: tuple[str, ...] = ()


@dataclass(frozen=True)
class InspectedFile:
    """One file; code and message say why it could not be opened. profile: the one that it is read under.

    form: of a text file, as it was read.
    """

    path: str
    code: str | None = None
    message: str | None = None
    sheets: tuple[InspectedSheet, ...] = ()
    profile: str | None = None
    form: TextForm | None = None


def inspected_sheet(
    plan: "SheetPlan",
    samples: Mapping[str, Sequence[str]] | None = None,
    uses: "tuple[ColumnUse, ...]" = (),
    languages: tuple[str, ...] = (),
) -> InspectedSheet:
    """How a planned sheet is told. samples: letter -> the first texts of that column."""
    sampled = samples or {}
    why = {(use.letter, field): known for use in uses for field, known in use.feeds}
    columns = [*plan.columns, *([plan.cell] if plan.cell else [])]
    first, last = plan.first_row, plan.last_row
    return InspectedSheet(
        name=plan.name,
        state=plan.state,
        header_row=plan.header_row,
        rows=last - first + 1 if plan.state == "read" and last >= first else plan.rows,
        columns=tuple(_mapped(column, plan, sampled, why) for column in columns),
        unmapped=tuple(plan.unmapped),
        sessions=tuple(session.header for session in plan.sessions),
        across="course" if plan.cell and plan.cell.field == "completed_on" else "session",
        constants=dict(plan.constants),
        code=plan.code,
        message=plan.message or plan.note,
        uses=uses,
        languages=languages,
    )


def _mapped(
    column: "ColumnPlan",
    plan: "SheetPlan",
    samples: Mapping[str, Sequence[str]],
    why: Mapping[tuple[str, str], str],
) -> MappedColumn:
    headers = [text for text in (plan.header_of.get(at, "") for at in column.letters) if text]
    joined = [" ".join(texts) for texts in zip(*(samples.get(at, ()) for at in column.letters), strict=False)]
    return MappedColumn(
        field=column.field,
        letters=column.letters,
        header=" + ".join(headers or column.headers),
        samples=tuple(dict.fromkeys(joined)),
        how=_how(column),
        why=tuple(filter(None, dict.fromkeys(why.get((letter, column.field)) for letter in column.letters))),
    )


def _how(column: "ColumnPlan") -> str:
    facts = [
        (column.date_order == "DMY", "day first"),
        (column.date_order == "MDY", "month first"),
        (column.date_order == "YMD", "year first"),
        (column.suspect_swap, "date cells may have day and month swapped"),
        (column.serials, "numbers as Excel counts days"),
        (column.decimal_comma, "decimal comma"),
        (column.fraction, "fractions of 1"),
        (bool(column.pattern), f"matching {column.pattern}"),
        (bool(column.answers), "yes = " + ", ".join(column.answers)),
        (bool(column.meaning.yes), f"yes = {column.meaning.yes}"),
        (bool(column.meaning.no), f"no = {column.meaning.no}"),
    ]
    return ", ".join(text for holds, text in facts if holds)


def inspection_object(files: Iterable[InspectedFile], exit_code: int) -> dict[str, Any]:
    """`inspect --json`: {"exit", "files": [{"path", "code", "sheets": [{"name", "state", "header_row", …}]}]}."""
    return {"exit": exit_code, "files": [_file_object(file) for file in files]}


def _file_object(file: InspectedFile) -> dict[str, Any]:
    sheets = [_sheet_object(sheet) for sheet in file.sheets]
    return {"path": file.path, "code": file.code, **form_object(file.form), "sheets": sheets}


def _sheet_object(sheet: InspectedSheet) -> dict[str, Any]:
    return {
        "name": sheet.name,
        "state": sheet.state,
        "header_row": sheet.header_row,
        "columns": {column.field: column.header for column in sheet.columns},
        "unmapped": list(sheet.unmapped),
        "languages": list(sheet.languages),
        "all_columns": [_use_object(use) for use in sheet.uses],
    }


def _use_object(use: "ColumnUse") -> dict[str, Any]:
    """One column: what it feeds and how that is known; what else it could feed."""
    return {
        "column": use.letter,
        "header": use.header,
        "feeds": dict(use.feeds),
        "could_be": list(use.candidates),
        "like_columns": list(use.rivals),
        "note": use.note or None,
        "samples": list(use.samples),
    }


def print_inspection(groups: Sequence[Sequence[InspectedFile]], console: Console) -> None:
    """Each kind of file and its sheets: where the table starts, what each column feeds, samples.

    groups: the files by kind; the first of each is shown for all of it.
    """
    for number, files in enumerate(groups):
        if number:
            console.print()
        lines(console, [some_files([file.path for file in files])], indent=0, style="bold")
        if len(files) > 1 and not files[0].code:
            lines(console, [f"They have the same headers; here is {unbroken(files[0].path)}:"])
        _print_file(files[0], console)


def _print_file(file: InspectedFile, console: Console) -> None:
    if file.code:
        lines(console, [file.message or file.code], style="red")
    if file.profile:
        lines(console, [f"profile {file.profile}"], style="dim")
    if file.form:
        lines(console, [form_line(file.form)], style="dim")
    for sheet in file.sheets:
        _print_sheet(sheet, console)


def _print_sheet(sheet: InspectedSheet, console: Console) -> None:
    header = f", header in row {sheet.header_row}" if sheet.header_row else ""
    language = f", in {listed(list(sheet.languages), 'or')}" if sheet.languages and sheet.uses else ""
    style = {"failed": "red", "skipped": "dim"}.get(sheet.state, "")
    first = f"Sheet “{sheet.name}”: {sheet.state}, {count_noun(sheet.rows, 'row')}{header}{language}"
    lines(console, [first], style=style)
    if sheet.message:
        lines(console, [sheet.message], indent=4, style=style)
    if sheet.columns:
        mapped = [_line(column) for column in sheet.columns]
        table(console, ("Field", "Column", "Known by", "Samples"), mapped, cut_last=True)
        lines(console, _read_as(sheet.columns), indent=4)
    lines(console, _left_over(sheet), indent=4)
    if unused := [_unused_line(use) for use in sheet.uses if not use.feeds]:
        table(console, ("Not used", "Could be", "Samples"), unused, cut_last=True)


def _line(column: MappedColumn) -> tuple[str, ...]:
    letters = "+".join(column.letters)
    if len(column.letters) > _SHOWN_LETTERS:
        letters = f"{column.letters[0]} … {column.letters[-1]}"
    place = f"{letters}  {_short(column.header, _HEADER_CHARACTERS)}".strip()
    return column.field, place, " + ".join(column.why[:1]), _samples(column.samples)


def _unused_line(use: "ColumnUse") -> tuple[str, ...]:
    place = f"{use.letter}  {_short(use.header, _HEADER_CHARACTERS) or '(no header)'}"
    could_be = listed(list(use.candidates[:_CANDIDATES]), "or")
    if use.rivals:
        could_be = f"{use.candidates[0]}, or column {listed(list(use.rivals), 'or')}"
    return place, could_be or (use.note if not use.samples else "-"), _samples(use.samples)


def _samples(texts: Sequence[str]) -> str:
    return " | ".join(_short(text) for text in texts[:_SAMPLES])


def _read_as(columns: Sequence[MappedColumn]) -> list[str]:
    """How cells are read, with the fields that are read so."""
    fields: dict[str, list[str]] = {}
    for column in columns:
        fields.setdefault(column.how, []).append(column.field)
    return [f"{', '.join(names)}: {how}" for how, names in fields.items() if how]


def _left_over(sheet: InspectedSheet) -> list[str]:
    told_lines = []
    if sheet.sessions:
        shown = ", ".join(_short(text) for text in sheet.sessions[:_SHOWN_SESSIONS])
        more = ", …" if len(sheet.sessions) > _SHOWN_SESSIONS else ""
        told_lines.append(f"{count_noun(len(sheet.sessions), sheet.across)} across: {shown}{more}")
    for name, value in sheet.constants.items():
        meaning = FIELDS[name].meaning if name in FIELDS else name
        told_lines.append(f"{name} is “{_short(value)}” for all rows ({meaning})")
    return told_lines


def _short(text: str, most: int = _SAMPLE_CHARACTERS) -> str:
    return first_words(without_midnight(" ".join(text.split())), most)
