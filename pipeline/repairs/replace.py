"""One value in the place of another, in many failed rows at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from ledger.cases import cases
from ledger.remote.waiting import waiting_cases
from ledger.tables import OPEN
from pipeline.lifecycle import new_work
from pipeline.repairs.export import each_case
from pipeline.repairs.profile_edits import Synonym, remember, synonym
from pipeline.repairs.repair import is_purged, own_letters, repaired
from pipeline.repairs.requests import Replaced, Where
from pipeline.returned.stored_cases import Recorded, recorded
from rollbook.errors import CannotBegin
from rollbook.request import REPAIR, Request
from rollbook.text.days import without_midnight
from transforms.planning.table.headers import header_key

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from rollbook.settings import Settings

# Rows that one replacement changes: they are one run, and its changes are held in memory.
MOST_ROWS = 50_000
_AT_ONCE = 2_000


# What takes the place of a cell's text as pages show it; None where it stays.
Change = Callable[[str], str | None]


@dataclass
class Changes:
    """What is to be changed: case_id -> letter -> text. fields: what the columns feed; files: where the rows stood."""

    cells: dict[int, dict[str, str]] = field(default_factory=dict)
    fields: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)

    @property
    def feeds(self) -> str | None:
        """The one field that all of them feed; None where there are several, or none."""
        return next(iter(self.fields)) if len(self.fields) == 1 else None


def cells_of(engine: Engine, where: Where, new: str = "") -> Changes:
    """The cells of open cases that a replacement is about; raises CannotBegin where they are too many."""
    old = as_shown(where.old)
    return changes_in(engine, _candidates(engine, where), where.header, lambda text: new if text == old else None)


def changes_in(engine: Engine, case_ids: Iterable[int], header: str, change: Change) -> Changes:
    """What a change makes of a column's cells in these cases, as far as they are open, not purged and not waiting.

    header: of the column; '' means the sessions' own cells in wide sheets.
    Raises CannotBegin where it changes more than MOST_ROWS.
    """
    found = Changes()
    wanted = iter(case_ids)
    while some := list(islice(wanted, _AT_ONCE)):
        with engine.connect() as connection:
            with connection.begin():
                waiting = waiting_cases(connection)
                stored = cases.cases_by_id(connection, set(some) - set(waiting))
            alive = stored[(stored["state"] == OPEN) & ~stored["cells"].map(is_purged).astype(bool)]
            for group in recorded(new_work(connection, Request(REPAIR)), alive):
                _find(found, group, header, change)
        if len(found.cells) > MOST_ROWS:
            raise CannotBegin(f"These are more than {MOST_ROWS:,} rows. Add filters to change fewer rows at once.")
    return found


def _candidates(engine: Engine, where: Where) -> Iterator[int]:
    """Cases that were chosen, else those that are filtered, of which the ledger knows which hold the text at all."""
    if where.chosen:
        yield from where.chosen
        return
    wanted = replace(where.filter, state="open", text=where.filter.text or where.old.strip())
    for line in each_case(engine, wanted):
        yield line.case_id


def _find(found: Changes, group: Recorded, header: str, change: Change) -> None:
    columns = _columns(group, header)
    for case in group.stored.to_dict("records"):
        cells = json.loads(case["cells"])
        own = columns & own_letters(group, case["col"])
        made = {letter: change(as_shown(cells.get(letter))) for letter in sorted(own)}
        changed = {letter: text for letter, text in made.items() if text is not None}
        if changed:
            found.cells[case["case_id"]] = changed
            found.files.add(case["source_file"])
            found.fields.update(_feeds(group, tuple(changed)))


def _columns(group: Recorded, header: str) -> set[str]:
    if not header:
        return {session.letter for session in group.plan.sessions}
    key = _header_key(header)
    return {letter for letter, told in group.plan.headers if _header_key(told) == key}


def _header_key(header: str) -> str:
    return header_key(without_midnight(header.strip()))


def as_shown(cell: str | None) -> str:
    """What pages show of a cell, which is what somebody enters to find it again: a typed date as its day."""
    return without_midnight((cell or "").strip())


def _feeds(group: Recorded, letters: tuple[str, ...]) -> Iterator[str]:
    """The fields that columns feed; a wide sheet's sessions feed what their cells say."""
    for column in group.plan.columns:
        if set(letters) & set(column.letters):
            yield column.field
    if group.plan.cell is not None and any(session.letter in letters for session in group.plan.sessions):
        yield group.plan.cell.field


def replaced(engine: Engine, settings: Settings, where: Where, new: str, by: str, *, remember_it: bool) -> Replaced:
    """Repair all these cases by one value; remember_it: the profile reads the old one so from now on."""
    found = cells_of(engine, where, new)
    if not found.cells:
        raise CannotBegin(f"No open row has “{where.old}” in the column “{where.header}”: nothing to replace.")
    known = _synonym(found, where, new) if remember_it else None
    profile = None if known is None else remember(known, settings.profile, sorted(found.files))
    corrected = repaired(engine, settings, found.cells, by)
    return Replaced(corrected, profile, known.as_toml() if known is not None and profile is None else None)


def _synonym(found: Changes, where: Where, new: str) -> Synonym:
    if found.feeds is None or not new:
        raise CannotBegin("These sheets use this column in different ways, so the value cannot be remembered.")
    return synonym(found.feeds, where.old.strip(), new)
