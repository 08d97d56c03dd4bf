"""The text of a proposed profile: `import` takes it as it is and reads the file in the same way."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import tomlkit
from tomlkit import TOMLDocument
from tomlkit.items import Table

from rollbook.profile import Profile
from transforms.proposals import ColumnView, SheetView, glob_for

_STATUS_WORDS = "enrolled, attended, completed, cancelled or no_show"


def profile_text(
    views: Sequence[SheetView], names: Sequence[str], others: Sequence[str] = (), under: Profile | None = None
) -> str:
    """The TOML text of a profile for one kind of file.

    views: of the sheets of one file of the kind. names: of all files of the kind; others: of files of other kinds, which
    it must not apply to. under: the profile that the sheets were looked at with; what it says is kept.
    """
    read = [view for view in views if view.proposed.state == "read"]
    document = tomlkit.document()
    document.add(tomlkit.comment(f"How files like {names[0]} are read. docs/profiles.md lists every key."))
    sections = _said_before(under or Profile())
    sections["applies"] = {"files": glob_for(names, others)}
    for section, write in (
        ("applies", _write_plain),
        ("sheet", _write_sheet),
        ("columns", _write_columns),
        ("rows", _write_plain),
        ("values", _write_values),
        ("defaults", _write_defaults),
        ("dates", _write_dates),
        ("rules", _write_plain),
        ("limits", _write_plain),
        ("reference", _write_plain),
    ):
        table = tomlkit.table()
        write(table, sections.get(section, {}), views, read)
        if len(table) or table.value.body:
            document.add(tomlkit.nl())
            document.add(section, table)
    return tomlkit.dumps(document)


def _said_before(under: Profile) -> dict[str, Any]:
    said = under.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    never = said.pop("never", None)
    if never:
        said.setdefault("columns", {})["never"] = never
    return said


def _write_plain(table: Table, said: Mapping[str, Any], views: Sequence[SheetView], read: Sequence[SheetView]) -> None:
    for key, value in said.items():
        table.add(key, value)


def _write_sheet(table: Table, said: Mapping[str, Any], views: Sequence[SheetView], read: Sequence[SheetView]) -> None:
    told = dict(said)
    if len(read) == 1 and any(view.proposed.state == "failed" for view in views):
        told.setdefault("name", read[0].plan.name)
    wide = next((view for view in views if view.proposed.layout == "wide"), None)
    if wide is not None or any(view.guessed for view in views):
        told["layout"] = "wide"
    if wide is not None and len(read) == 1:
        told["sessions"] = _sessions(wide)
    for key, value in told.items():
        table.add(key, value)
    if wide is not None:
        table.add(tomlkit.comment("Without `sessions`, all columns headed by a date are sessions."))
    if len(read) == 1 and "header_row" not in told and read[0].proposed.header_row:
        table.add(tomlkit.comment(f"header_row = {read[0].proposed.header_row}"))


def _sessions(view: SheetView) -> Any:
    plan = view.proposed
    letters, all_letters = [s.letter for s in plan.sessions], list(plan.header_of)
    first, last = all_letters.index(letters[0]), all_letters.index(letters[-1])
    if all_letters[first : last + 1] == letters:
        return f"{letters[0]}:{letters[-1]}"
    return [f"@{letter}" for letter in letters]


def _write_columns(table: Table, said: Mapping[str, Any], views: Sequence[SheetView], read: Sequence[SheetView]) -> None:
    for field, column in _agreed(read).items():
        table.add(field, said.get(field) or _told(column, read[0]))
        if column.samples:
            table[field].comment(_one_line(", ".join(column.samples)))
    for field, column in said.items():
        if field not in table:
            table.add(field, column)
    unmapped = dict.fromkeys(header for view in read for header in view.proposed.unmapped)
    if unmapped:
        table.add(tomlkit.comment("Not read: " + _one_line(", ".join(unmapped))))


def _agreed(read: Sequence[SheetView]) -> dict[str, ColumnView]:
    """The fields that the same headers feed on every sheet; the others are left to the usual headers."""
    if not read:
        return {}
    first, *rest = ({view.plan.field: view for view in sheet.columns} for sheet in read)
    return {
        field: view
        for field, view in first.items()
        if all(field in other and other[field].header == view.header for other in rest)
        and (not rest or _by_header(view, read[0]))
    }


def _by_header(view: ColumnView, sheet: SheetView) -> bool:
    return all(not _name(x, sheet).startswith("@") for x in view.plan.letters)


def _told(view: ColumnView, sheet: SheetView) -> Any:
    names = [_name(letter, sheet) for letter in view.plan.letters]
    if view.plan.pattern is not None:
        told = tomlkit.inline_table()
        told.update({"column": names[0], "pattern": view.plan.pattern})
        return told
    return names[0] if len(names) == 1 else names


def _name(letter: str, sheet: SheetView) -> str:
    """The header, or `@D` where it is blank or heads several columns."""
    header = sheet.proposed.header_of[letter]
    same = [h for h in sheet.proposed.header_of.values() if h.strip() == header.strip()]
    return header if header.strip() and len(same) == 1 and not header.startswith("@") else f"@{letter}"


def _write_values(table: Table, said: Mapping[str, Any], views: Sequence[SheetView], read: Sequence[SheetView]) -> None:
    fields = {**said}
    unknown = _unknown_words(read)
    if unknown:
        fields.setdefault("status", {})
    for field, words in fields.items():
        inner = tomlkit.table()
        for word, value in words.items():
            inner.add(word, value)
        if field == "status":
            for word in unknown:
                inner.add(tomlkit.comment(f'{tomlkit.item(word).as_string()} = "…"'))
            if unknown:
                inner.add(tomlkit.comment(f"Each is {_STATUS_WORDS}; or its rows are passed over: [rows] skip."))
        table.add(field, inner)


def _unknown_words(read: Sequence[SheetView]) -> list[str]:
    columns = [column for view in read for column in (*view.columns, view.cell) if column is not None]
    return list(
        dict.fromkeys(
            _one_line(text)
            for column in columns
            if column.plan.field == "status"
            for code, texts in column.problems
            if code == "status.unknown"
            for text in texts
        )
    )


def _write_defaults(table: Table, said: Mapping[str, Any], views: Sequence[SheetView], read: Sequence[SheetView]) -> None:
    _write_plain(table, said, views, read)
    for view in views:
        if view.proposed.state == "failed" and view.proposed.message:
            table.add(tomlkit.comment(_one_line(f"{view.plan.name}: {view.proposed.message}", 400)))
            for cell, text in view.titles[:5]:
                table.add(tomlkit.comment(f'course_name = {{cell = "{cell}"}} takes: {_one_line(text)}'))


def _write_dates(table: Table, said: Mapping[str, Any], views: Sequence[SheetView], read: Sequence[SheetView]) -> None:
    told = dict(said)
    orders = {column.plan.date_order for column in _date_columns(read)}
    if len(orders) == 1 and None not in orders:
        told.setdefault("order", orders.pop())
    for key, value in told.items():
        table.add(key, value)
    codes = {code for column in _date_columns(read) for code, _ in column.problems}
    if "order" not in told and "date.ambiguous" in codes:
        table.add(tomlkit.comment('order = "DMY"   # or "MDY": some dates can be read both ways'))
    if "typed" not in told and any(column.plan.suspect_swap for column in _date_columns(read)):
        table.add(tomlkit.comment('typed = "swapped"   # or "as_is": day and month of typed dates may be changed over'))


def _date_columns(read: Sequence[SheetView]) -> list[ColumnView]:
    return [c for view in read for c in view.columns if c.plan.field.endswith("_on") or c.plan.field == "session_date"]


def _one_line(text: str, longest: int = 120) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
