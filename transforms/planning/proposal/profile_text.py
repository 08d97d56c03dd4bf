"""The text of a proposed profile: `import` takes it as it is and reads the file in the same way."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

import tomlkit
from tomlkit.items import Array, Table

from rollbook.profile import CellDefault, Profile
from rollbook.rows.fields import FIELDS
from transforms.planning.proposal.file_globs import glob_for
from transforms.planning.proposal.inspection import ColumnView, SheetView
from transforms.planning.proposal.profile_candidates import candidate_lines
from transforms.planning.proposal.profile_names import column_name, one_line
from transforms.planning.sheet_plan import SheetPlan
from transforms.planning.titles import TitleValue
from transforms.values.statuses.status_answers import IN_DOUBT
from transforms.values.statuses.status_table import reason_of
from transforms.values.statuses.status_words import suggested_status

_TOLD_TITLES = 5
_A_LINE = 4
_LONGEST, _WIDTH = 1000, 110
# What is no line of the profile without its `#` does not look like one.
_PROSE = "  "
_STATUS_WORDS = "enrolled, attended, completed, cancelled or no_show"


def profile_text(
    views: Sequence[SheetView], names: Sequence[str], others: Sequence[str] = (), under: Profile | None = None
) -> str:
    """The TOML text of a profile for one kind of file.

    views: of the sheets of one file of the kind. names: of all files of the kind; others: of files of other kinds, to
    which it must not apply. under: the profile that the sheets were looked at with; what it says is kept.
    """
    said = _said_before(under or Profile())
    patterns = glob_for(names, others)
    said["applies"] = {"files": patterns if isinstance(patterns, str) else _lines_of(patterns)}
    document = tomlkit.document()
    document.add(tomlkit.comment(f"How files like {names[0]} are read. docs/profiles.md lists every key."))
    preset = next((view.proposed.preset for view in views if view.proposed.preset), said.get("preset"))
    if preset is not None:
        document.add("preset", tomlkit.item(preset))
    draft = _Draft(views, tuple(view for view in views if view.proposed.state == "read"))
    for section in ("applies", "file", *draft.writers, "rows", "meeting", "rules", "limits", "reference"):
        table = draft.writers.get(section, _plain)(said.get(section, {}))
        if table.value.body:
            document.add(tomlkit.nl())
            document.add(section, table)
    return tomlkit.dumps(document)


def _said_before(under: Profile) -> dict[str, Any]:
    said = under.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    for key in ("never", "ignore"):
        if headers := said.pop(key, None):
            said.setdefault("columns", {})[key] = headers
    return said


def _lines_of(texts: Sequence[str]) -> Array:
    listed = tomlkit.array().multiline(len(texts) > _A_LINE)
    listed.extend(texts)
    return listed


def _plain(said: Mapping[str, Any]) -> Table:
    table = tomlkit.table()
    for key, value in said.items():
        table.add(key, value)
    return table


@dataclass(frozen=True)
class _Draft:
    """The sections that sheets have a say in; each takes what the profile said before.

    read: those of the views whose sheets are read.
    """

    views: Sequence[SheetView]
    read: Sequence[SheetView]

    @property
    def writers(self) -> dict[str, Callable[[Mapping[str, Any]], Table]]:
        """Section -> what writes it, in the order of the profile."""
        return {
            "sheet": self.sheet,
            "columns": self.columns,
            "values": self.values,
            "defaults": self.defaults,
            "dates": self.dates,
        }

    def sheet(self, said: Mapping[str, Any]) -> Table:
        """The one sheet that can be read where others cannot; the layout and its sessions."""
        told = dict(said)
        only = self.read[0].proposed if len(self.read) == 1 else None
        if only and any(view.proposed.state == "failed" for view in self.views):
            told.setdefault("name", only.name)
        if any(view.proposed.layout == "wide" for view in self.views):
            told["layout"] = "wide"
        if only and only.cell and only.cell.field == "completed_on":
            told["cell"] = "completed_on"
        if only and only.sessions:
            told["sessions"] = _sessions(only)
        table = _plain(told)
        if only and only.sessions:
            across = (
                "with dates below an unknown header are courses" if "cell" in told else "headed by a date are sessions"
            )
            table.add(tomlkit.comment(f"Without `sessions`, all columns {across}."))
        if only and only.header_row and "header_row" not in told:
            table.add(tomlkit.comment(f"header_row = {only.header_row}"))
        return table

    def columns(self, said: Mapping[str, Any]) -> Table:
        """The column of each field with samples; what is not read stands below."""
        table, mapped = tomlkit.table(), self._mapped
        for field, column in self._agreed().items():
            table.add(field, said.get(field) or _column_value(column, mapped[0].proposed))
            if column.samples:
                table[field].comment(one_line(" | ".join(column.samples)))
        for field, told in said.items():
            if field not in table:
                table.add(field, told)
        for line in candidate_lines(mapped or self.views[:1], table):
            table.add(tomlkit.comment(line))
        return table

    @property
    def _mapped(self) -> Sequence[SheetView]:
        """The sheets that are read; where none is, those of which some columns were found."""
        found = [view for view in self.views if view.columns]
        return self.read or [view for view in found if view.plan.state == "failed"] or found

    def _agreed(self) -> dict[str, ColumnView]:
        """The fields that the same headers feed on every sheet; the others are left to the usual headers."""
        if not self._mapped:
            return {}
        first, *rest = ({view.plan.field: view for view in sheet.columns} for sheet in self._mapped)
        plan = self._mapped[0].proposed
        return {
            field: view
            for field, view in first.items()
            if all(field in other and other[field].header == view.header for other in rest)
            and (not rest or not any(column_name(letter, plan).startswith("@") for letter in view.plan.letters))
        }

    def values(self, said: Mapping[str, Any]) -> Table:
        """Words of the profile, and as comments the status words that nobody knows."""
        fields, unknown = {field: _plain(words) for field, words in said.items()}, self._unknown_statuses()
        if unknown:
            statuses = fields.setdefault("status", tomlkit.table())
            statuses.add(tomlkit.comment(f"Write for each {_STATUS_WORDS}, and remove the #; or leave its rows out:"))
            statuses.add(tomlkit.comment("[rows] skip."))
            for word in unknown:
                statuses.add(tomlkit.comment(_status_line(word)))
        return _plain(fields)

    def _unknown_statuses(self) -> list[str]:
        columns = [column for view in self._mapped for column in (*view.columns, view.cell) if column is not None]
        statuses = [column for column in columns if column.plan.field == "status"]
        found = [text for column in statuses for text in dict(column.problems).get("status.unknown", ())]
        return list(dict.fromkeys(map(one_line, found)))

    def defaults(self, said: Mapping[str, Any]) -> Table:
        """What the profile said, and what sheets lack with the titles that may say it."""
        table = _plain(said)
        guess = next((view for view in self.read if view.course is not None), None)
        if guess and guess.course:
            told = tomlkit.inline_table()
            told.update(guess.course.model_dump(by_alias=True, exclude_defaults=True))
            table.add("course_name", told)
            text = dict(guess.proposed.constants)["course_name"]
            table["course_name"].comment(one_line(f"a guess, review it: {text}"))
        for title in self.read[0].proposed.titles if self.read else ():
            if title.field not in table and all(_is_said(title, view.proposed) for view in self.read):
                where = tomlkit.inline_table()
                where.update(CellDefault(cell=title.cell, pattern=title.pattern).model_dump(exclude_none=True))
                table.add(title.field, where)
                table[title.field].comment(one_line(title.text))
        for view in self.views:
            if view.proposed.state == "failed" and view.proposed.message:
                for line in wrap(
                    one_line(f"{view.plan.name}: {view.proposed.message}", _LONGEST),
                    _WIDTH,
                    initial_indent=_PROSE,
                    subsequent_indent=_PROSE,
                ):
                    table.add(tomlkit.comment(line))
                if "status" not in view.mapping and "status" not in table:
                    table.add(tomlkit.comment('status = "completed"   # if it is the status of every row'))
                for cell, text in view.titles[:_TOLD_TITLES]:
                    table.add(tomlkit.comment(f'course_name = {{cell = "{cell}"}}   # {one_line(text)}'))
        return table

    def dates(self, said: Mapping[str, Any]) -> Table:
        """The order, where all date columns have the same; as comments what is open."""
        columns = [c for view in self.read for c in view.columns if FIELDS[c.plan.field].kind == "date"]
        told, orders = dict(said), {column.plan.date_order for column in columns}
        if len(orders) == 1 and None not in orders:
            told.setdefault("order", orders.pop())
        table = _plain(told)
        ambiguous = any(code == "date.ambiguous" for column in columns for code, _ in column.problems)
        if "order" not in told and ambiguous:
            table.add(tomlkit.comment('order = "DMY"   # or "MDY", "YMD": some dates can be read in more than one way'))
        if "typed" not in told and any(column.plan.suspect_swap for column in columns):
            table.add(tomlkit.comment('typed = "swapped"   # or "as_is": day and month may be changed over'))
        return table


def _status_line(word: str) -> str:
    """An unknown word, with the status of the known one that it is a slip of, or why it is refused."""
    line, reason = f'{tomlkit.item(word).as_string()} = "{suggested_status(word) or "…"}"', reason_of(word)
    return f"{line}   # {reason}" if reason else line


def _is_said(title: TitleValue, plan: SheetPlan) -> bool:
    """Do the titles of a table say the same field in the same cell? Those of tables below each other do not."""
    return any((t.field, t.cell, t.pattern) == (title.field, title.cell, title.pattern) for t in plan.titles)


def _sessions(plan: SheetPlan) -> Any:
    letters, all_letters = [session.letter for session in plan.sessions], list(plan.header_of)
    first, last = all_letters.index(letters[0]), all_letters.index(letters[-1])
    if all_letters[first : last + 1] == letters:
        return f"{letters[0]}:{letters[-1]}"
    return [f"@{letter}" for letter in letters]


def _column_value(view: ColumnView, plan: SheetPlan) -> Any:
    names = [column_name(letter, plan) for letter in view.plan.letters]
    if view.plan.answers:
        told = tomlkit.inline_table()
        answers = zip(names, view.plan.answers, strict=True)
        told.update({"columns": {name: status for name, status in answers if status != IN_DOUBT}})
        return told
    if view.plan.pattern is not None:
        told = tomlkit.inline_table()
        told.update({"column": names[0], "pattern": view.plan.pattern})
        return told
    return names[0] if len(names) == 1 else names
