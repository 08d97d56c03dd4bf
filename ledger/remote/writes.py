"""What is written to systems that take rows one by one: recorded before it is written, so that a crash loses nothing.

A write is `begun` until the system confirmed it (`done`); `undo` takes it back (`undone`). What a later run finishes
in place of the run that began it is `handed_on`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from ledger.runs import is_of_file
from ledger.tables import rollbook_deliveries, rollbook_parts, rollbook_runs, rollbook_writes

BEGUN, DONE, HANDED_ON, UNDONE = "begun", "done", "handed_on", "undone"
_ASKED_AT_ONCE = 500


@dataclass(frozen=True)
class Write:
    """One object of a system, and what is to become of it.

    key: which, in the system's own IDs; see `Target.key`. target_id: the system's number of it; None where it is not
    there yet or has none. creates: it was not there, so taking back means to cancel it.
    former: of the fields that are written, what they held before; blanks are None. content: what is written.
    """

    key: str
    target_id: str | None
    creates: bool
    former: Mapping[str, str | None]
    content: Mapping[str, str]


class StandingWrite(NamedTuple):
    """A write that stands, and whose row it is. later_run: a run that wrote to the same object since."""

    batch_no: int
    block_no: int
    write: Write
    source_file: str
    source_sheet: str
    row_no: int
    col_no: int
    learner: str
    session_id: str
    later_run: str | None


def begin(connection: Connection, run_id: str, batch_no: int, destination: str, writes: Mapping[int, Write]) -> None:
    """Record what is about to be written, by block number; in place of what the blocks had."""
    if not writes:
        return
    lines = rollbook_writes.c
    connection.execute(delete(rollbook_writes).where(_of_batch(run_id, batch_no), lines.block_no.in_(list(writes))))
    connection.execute(
        insert(rollbook_writes),
        [
            {
                "run_id": run_id,
                "batch_no": batch_no,
                "block_no": block_no,
                "destination": destination,
                "target": write.key,
                "target_id": write.target_id,
                "creates": write.creates,
                "former": _json(write.former),
                "content": _json(write.content),
                "state": BEGUN,
            }
            for block_no, write in writes.items()
        ],
    )


def begun(connection: Connection, destination: str, keys: Iterable[str]) -> dict[str, Write]:
    """Key -> what was begun and never confirmed, by any run, the latest where there are several."""
    wanted = sorted(set(keys))
    found: dict[str, Write] = {}
    for start in range(0, len(wanted), _ASKED_AT_ONCE):
        lines = rollbook_writes.c
        query = (
            select(rollbook_writes)
            .join(rollbook_runs, rollbook_runs.c.run_id == lines.run_id)
            .where(lines.destination == destination, lines.state == BEGUN)
            .where(lines.target.in_(wanted[start : start + _ASKED_AT_ONCE]))
            .order_by(rollbook_runs.c.started_at, lines.run_id)
        )
        found |= {line["target"]: _write(line) for line in connection.execute(query).mappings()}
    return found


def confirm(connection: Connection, run_id: str, batch_no: int, target_ids: Mapping[int, str | None]) -> None:
    """What the system took, by block number, with the number that it gave; what others had begun of it is handed on."""
    _set(connection, run_id, {(batch_no, block_no): target_id for block_no, target_id in target_ids.items()}, DONE)
    lines, ours = rollbook_writes.c, rollbook_writes.alias("ours").c
    keys = select(ours.target).where(
        ours.run_id == run_id, ours.batch_no == batch_no, ours.block_no.in_(list(target_ids))
    )
    targets = list(connection.scalars(keys))
    others = and_(lines.state == BEGUN, lines.run_id != run_id, lines.target.in_(targets))
    destination = select(ours.destination).where(ours.run_id == run_id).limit(1).scalar_subquery()
    if targets:
        known = connection.scalar(select(destination))
        connection.execute(update(rollbook_writes).where(others, lines.destination == known).values(state=HANDED_ON))


def refuse(connection: Connection, run_id: str, batch_no: int, target_ids: Mapping[int, str | None]) -> None:
    """What the system refused: forgotten, but for what the run made before the rest was refused.

    What another run made so is on record as that one's already.
    """
    made = {block_no: target_id for block_no, target_id in target_ids.items() if target_id is not None}
    theirs = _made_by_others(connection, run_id, batch_no, made)
    ours = {(batch_no, block_no): target_id for block_no, target_id in made.items() if block_no not in theirs}
    _set(connection, run_id, ours, BEGUN)
    gone = [block_no for block_no in target_ids if block_no not in made or block_no in theirs]
    here = and_(_of_batch(run_id, batch_no), rollbook_writes.c.block_no.in_(gone))
    connection.execute(delete(rollbook_writes).where(here))


def _made_by_others(connection: Connection, run_id: str, batch_no: int, block_nos: Iterable[int]) -> set[int]:
    """Of these blocks those whose object another run made, which could not finish it either."""
    ours, theirs = rollbook_writes.c, rollbook_writes.alias("theirs").c
    same = and_(theirs.destination == ours.destination, theirs.target == ours.target, theirs.run_id != run_id)
    query = select(ours.block_no).where(
        _of_batch(run_id, batch_no),
        ours.block_no.in_(list(block_nos)),
        exists().where(same, theirs.state == BEGUN, theirs.creates, theirs.target_id == ours.target_id),
    )
    return set(connection.scalars(query))


def standing(
    connection: Connection, run_id: str, file: str | None = None, before: tuple[int, int] | None = None
) -> list[StandingWrite]:
    """Some of what a run wrote and nobody took back, the last first.

    file: only what came from this file of the run, by its path. before: (batch_no, block_no) of the last one known.
    """
    lines, sent, parts = rollbook_writes.c, rollbook_deliveries.c, rollbook_parts.c
    same = and_(*(lines[name] == sent[name] for name in ("run_id", "batch_no", "block_no")))
    of_file = is_of_file(run_id, file, parts.source_file)
    query = (
        select(
            rollbook_writes,
            sent.learner_email,
            sent.learner_employee_id,
            sent.session_id,
            sent.row_no,
            sent.col_no,
            parts.source_file,
            parts.source_sheet,
            _later_run(run_id).label("later_run"),
        )
        .join(rollbook_deliveries, same)
        .join(rollbook_parts, and_(parts.run_id == sent.run_id, parts.part_id == sent.part_id))
        .where(lines.run_id == run_id, lines.state.in_((BEGUN, DONE)), of_file)
        .order_by(lines.batch_no.desc(), lines.block_no.desc())
        .limit(_ASKED_AT_ONCE)
    )
    if before is not None:
        batch_no, block_no = before
        query = query.where(or_(lines.batch_no < batch_no, and_(lines.batch_no == batch_no, lines.block_no < block_no)))
    return [_written(line) for line in connection.execute(query).mappings()]


def _later_run(run_id: str) -> Any:
    """A run that began after this one and wrote to the same object as the line."""
    lines, later = rollbook_writes.c, rollbook_writes.alias("later").c
    ours, theirs = rollbook_runs.alias("our_run").c, rollbook_runs.alias("their_run").c
    begins = select(ours.started_at).where(ours.run_id == run_id).scalar_subquery()
    after = exists().where(theirs.run_id == later.run_id, theirs.started_at > begins)
    same = and_(later.destination == lines.destination, later.target == lines.target, later.run_id != run_id)
    query = select(later.run_id).where(same, later.state.in_((BEGUN, DONE)), after)
    return query.order_by(later.run_id.desc()).limit(1).correlate(rollbook_writes).scalar_subquery()


def take_back(connection: Connection, run_id: str, written: Sequence[StandingWrite]) -> None:
    """Mark writes as taken back."""
    _set(connection, run_id, {(one.batch_no, one.block_no): None for one in written}, UNDONE)


def _set(connection: Connection, run_id: str, target_ids: Mapping[tuple[int, int], str | None], state: str) -> None:
    """Set the state of writes, by batch and block, and their numbers where one is given."""
    lines = rollbook_writes.c
    number = func.coalesce(bindparam("number", type_=lines.target_id.type), lines.target_id)
    here = and_(lines.run_id == run_id, lines.batch_no == bindparam("batch"), lines.block_no == bindparam("block"))
    values = [{"batch": batch, "block": block, "number": target_id} for (batch, block), target_id in target_ids.items()]
    if values:
        connection.execute(update(rollbook_writes).where(here).values(state=state, target_id=number), values)


def _of_batch(run_id: str, batch_no: int) -> ColumnElement[bool]:
    return and_(rollbook_writes.c.run_id == run_id, rollbook_writes.c.batch_no == batch_no)


def _json(fields: Mapping[str, str | None]) -> str:
    return json.dumps(dict(fields), ensure_ascii=False, sort_keys=True)


def _write(line: RowMapping) -> Write:
    former, content = json.loads(line["former"]), json.loads(line["content"])
    return Write(line["target"], line["target_id"], bool(line["creates"]), former, content)


def _written(line: RowMapping) -> StandingWrite:
    learner = line["learner_email"] or line["learner_employee_id"]
    place = (line["source_file"], line["source_sheet"], line["row_no"], line["col_no"])
    return StandingWrite(
        line["batch_no"], line["block_no"], _write(line), *place, learner, line["session_id"], line["later_run"]
    )
