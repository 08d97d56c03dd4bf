"""Files of a drop folder: each is taken once, and is at work until it is moved to where it belongs."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, exists, func, insert, select, update

from ledger.cases.case_groups import sender_of
from ledger.runs import UNDONE
from ledger.tables import rollbook_drops, rollbook_runs

TAKEN, DONE, FAILED, SKIPPED, LEFT = "taken", "done", "failed", "skipped", "left"


@dataclass(frozen=True)
class Drop:
    """A line of rollbook_drops. name, target: paths below the folder; target is None until it is decided."""

    drop_id: int
    folder: str
    name: str
    sha256: str
    state: str
    run_id: str | None
    target: str | None
    taken_at: datetime
    moved_at: datetime | None


def take(connection: Connection, folder: str, name: str, sha256: str, at: datetime) -> Drop:
    """Write down that a file is being imported, before it is."""
    made = connection.execute(
        insert(rollbook_drops).values(
            folder=folder, name=name, sha256=sha256, state=TAKEN, taken_at=at, sender=sender_of(name)
        )
    )
    (drop_id,) = made.inserted_primary_key or (0,)
    return Drop(drop_id, folder, name, sha256, TAKEN, None, None, at, None)


def at_work(connection: Connection, folder: str) -> list[Drop]:
    """What was taken and is not moved yet, in the order of its taking: a crash left it so, or a target that is down."""
    drops = rollbook_drops.c
    query = select(rollbook_drops).where(drops.folder == folder, drops.moved_at.is_(None)).order_by(drops.drop_id)
    return _drops(connection, query)


def decide(connection: Connection, drop: Drop, *, state: str, target: str, run_id: str | None) -> Drop:
    """Write down where the file goes, before it is moved."""
    _set(connection, drop, state=state, target=target, run_id=run_id)
    return Drop(**{**vars(drop), "state": state, "target": target, "run_id": run_id})


def settle(connection: Connection, drop: Drop, at: datetime, *, state: str | None = None) -> None:
    """Write down that the file is where it belongs; state: another than was decided."""
    _set(connection, drop, moved_at=at, **({"state": state} if state else {}))


def done_before(connection: Connection, folder: str, sha256: str) -> Drop | None:
    """The last file with this content that is in the folder's `done/` and whose run was not undone since."""
    query = _imported(folder).where(rollbook_drops.c.sha256 == sha256, rollbook_drops.c.state == DONE)
    return next(iter(_drops(connection, query.limit(1))), None)


def last_imported(connection: Connection, folder: str) -> Drop | None:
    """The last file that was imported from the folder, well or not, and whose run was not undone since."""
    return next(iter(_drops(connection, _imported(folder).limit(1))), None)


def _imported(folder: str) -> Select[Any]:
    drops, runs = rollbook_drops.c, rollbook_runs.c
    undone = exists().where(runs.run_id == drops.run_id, runs.state == UNDONE)
    query = select(rollbook_drops).where(drops.folder == folder, drops.state.in_((DONE, FAILED)))
    return query.where(drops.moved_at.is_not(None), ~undone).order_by(drops.drop_id.desc())


def of_run(connection: Connection, run_id: str) -> Drop | None:
    """The file of a run that was moved to where it belongs; None where the run was of no drop folder."""
    drops = rollbook_drops.c
    moved = and_(drops.run_id == run_id, drops.state.in_((DONE, FAILED)), drops.moved_at.is_not(None))
    found = _drops(connection, select(rollbook_drops).where(moved).order_by(drops.drop_id.desc()).limit(1))
    return found[0] if found else None


def path_as_sent(path: str, name: str, target: str) -> str:
    """A file's path before a pass moved it. name, target: its path below the folder, then and now."""
    return path.replace(f"/{target}", f"/{name}")


def was_target(connection: Connection, folder: str, target: str) -> bool:
    """Whether a file of the folder was moved there once."""
    drops = rollbook_drops.c
    there = exists().where(drops.folder == folder, drops.target == target, drops.moved_at.is_not(None))
    return bool(connection.scalar(select(there)))


def last_taken(connection: Connection, folder: str, *, also_known: bool) -> datetime | None:
    """When a file was last taken from the folder. also_known: one, too, that holds what was imported before."""
    drops = rollbook_drops.c
    query = select(func.max(drops.taken_at)).where(drops.folder == folder)
    last: datetime | None = connection.scalar(query if also_known else query.where(drops.state != SKIPPED))
    return last


def _set(connection: Connection, drop: Drop, **values: Any) -> None:
    connection.execute(update(rollbook_drops).where(rollbook_drops.c.drop_id == drop.drop_id).values(**values))


def _drops(connection: Connection, query: Select[Any]) -> list[Drop]:
    names = [field.name for field in fields(Drop)]
    return [Drop(*(line[name] for name in names)) for line in connection.execute(query).mappings()]
