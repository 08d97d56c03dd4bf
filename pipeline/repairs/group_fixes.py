"""What can be done for all open rows of a group at once: first rehearsed, then imported as one run."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from ledger.browse.both_sides import rivals_of
from ledger.cases import case_groups, cases
from ledger.database import reading
from ledger.remote.waiting import waiting_cases
from pipeline.repairs.profile_edits import Synonym, remember, synonym
from pipeline.repairs.rehearsals import rehearsed
from pipeline.repairs.repair import is_purged, repaired
from pipeline.repairs.replace import MOST_ROWS, Change, Changes, as_shown, changes_in
from pipeline.repairs.requests import AS_BEFORE, CREATED_BY_RULE, FixKind, GroupFix, RehearsedRows, Replaced, Terms
from rollbook.errors import CannotBegin

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from rollbook.settings import Settings


_TERMS: Mapping[FixKind, Terms] = MappingProxyType(
    {
        "update": Terms(on_existing="update"),
        "first": Terms(on_conflict="first"),
        "last": Terms(on_conflict="last"),
        "best": Terms(on_conflict="best"),
    }
)


def terms_of(fix: GroupFix) -> Terms:
    """What a fix decides otherwise than the runs that met the rows."""
    if fix.kind == "create":
        return Terms(creates=CREATED_BY_RULE[fix.code])
    return _TERMS.get(fix.kind, AS_BEFORE)


def change_of(fix: GroupFix) -> Change | None:
    """What a fix makes of a cell; None where it leaves all cells as they are."""
    if fix.kind == "means":
        meant = {as_shown(old): new for old, new in (fix.meanings or {}).items()}
        return lambda text: meant.get(text) if meant.get(text) != text else None
    if fix.kind == "within":
        return lambda text: text.replace(fix.old, fix.new) if fix.old in text else None
    return None


def rehearse(engine: Engine, settings: Settings, fix: GroupFix) -> RehearsedRows:
    """What the fix would make of the group's open rows; nothing is written."""
    return rehearsed(engine, settings, _found(engine, fix).cells, terms_of(fix))


def apply(engine: Engine, settings: Settings, fix: GroupFix, by: str, *, remember_it: bool = False) -> Replaced:
    """Do it, as one run. remember_it: the profile reads the values so from now on. To be called `one_at_a_time`.

    Raises CannotBegin where no row is left that it changes, or where the values cannot be remembered.
    """
    found = _found(engine, fix)
    known = _synonyms(fix, found) if remember_it else []
    kept = [(one, remember(one, settings.profile, sorted(found.files))) for one in known]
    corrected = repaired(engine, settings, found.cells, by, terms=terms_of(fix))
    offered = "".join(one.as_toml() for one, profile in kept if profile is None)
    return Replaced(corrected, next((profile for _, profile in kept if profile), None), offered or None)


def _synonyms(fix: GroupFix, found: Changes) -> list[Synonym]:
    if found.feeds is None or fix.kind != "means":
        raise CannotBegin("These sheets use this column in different ways, so the values cannot be remembered.")
    return [synonym(found.feeds, old.strip(), new) for old, new in (fix.meanings or {}).items() if old.strip()]


def _found(engine: Engine, fix: GroupFix) -> Changes:
    """What it changes; of a fix that changes no cell, all open rows of the group as they are."""
    with reading(engine) as connection, connection.begin():
        ids = list(fix.chosen) or case_groups.cases_in(connection, fix.group_id)
        if terms_of(fix).on_conflict:
            rivals = rivals_of(connection, ids)
            ids = sorted({*ids, *(rival for of_one in rivals.values() for rival in of_one)})
    change = change_of(fix)
    if change is not None:
        found = changes_in(engine, ids, fix.header, change)
        if not found.cells:
            if fix.kind == "within":
                told = f"No open row of this group has “{fix.old}” in this column."
                raise CannotBegin(f"{told} Go back, and enter another text to find.")
            raise CannotBegin("No open row of this group has such a value any more. Reload the page.")
        return found
    if len(ids) > MOST_ROWS:
        raise CannotBegin(f"The group has more than {MOST_ROWS:,} open rows. Use `rollbook retry` for all of a run's.")
    return Changes({case_id: {} for case_id in _alive(engine, ids)})


def _alive(engine: Engine, ids: list[int]) -> list[int]:
    with engine.begin() as connection:
        waiting = waiting_cases(connection)
        stored = cases.cases_by_id(connection, set(ids) - set(waiting))
    alive = stored.loc[~stored["cells"].map(is_purged).astype(bool), "case_id"].tolist()
    if not alive:
        raise CannotBegin("The group has no open row that can be judged: all are on their way, or were purged.")
    return [int(case_id) for case_id in alive]
