"""Runs as people browse them: pages of runs, and of what was delivered of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, or_, select, tuple_

from ledger.runs import Run, RunFile, find_each
from ledger.tables import rollbook_batches, rollbook_deliveries, rollbook_files, rollbook_parts, rollbook_runs
from rollbook.rows.outcomes import FAILED, PENDING, REJECTED


@dataclass(frozen=True)
class RunPage:
    """Runs, the latest first, and whether there are others before (newer) and behind (older) them."""

    runs: Sequence[Run]
    has_newer: bool
    has_older: bool


@dataclass(frozen=True)
class BatchLine:
    """A batch: its number, its state, how many blocks it has, and {state of a block: how many}."""

    batch_no: int
    state: str
    blocks: int
    by_state: dict[str, int]


class BlockLine(NamedTuple):
    """A row that was, or is to be, delivered; its place says which cell it comes from. `learner`: e-mail or number."""

    batch_no: int
    block_no: int
    source_file: str
    source_sheet: str
    row_no: int
    learner: str
    session_id: str
    state: str
    code: str | None
    message: str | None


def run_page(connection: Connection, *, older: str | None = None, newer: str | None = None, size: int = 50) -> RunPage:
    """A page of runs; older, newer: the ID of a run that it stands behind or before. An unknown one: the first page."""
    runs = rollbook_runs.c
    named = older or newer
    query = select(runs.started_at, runs.run_id).where(runs.run_id == named)
    at = connection.execute(query).one_or_none() if named else None
    is_backward = at is not None and older is None
    chosen = select(runs.run_id)
    if at is not None:
        beyond = runs.started_at > at[0] if is_backward else runs.started_at < at[0]
        tied = runs.run_id > at[1] if is_backward else runs.run_id < at[1]
        chosen = chosen.where(or_(beyond, and_(runs.started_at == at[0], tied)))
    order = [runs.started_at, runs.run_id] if is_backward else [runs.started_at.desc(), runs.run_id.desc()]
    found = connection.scalars(chosen.order_by(*order).limit(size + 1)).all()
    more = len(found) > size
    page = find_each(connection, found[:size])
    return RunPage(page, has_newer=more if is_backward else at is not None, has_older=is_backward or more)


def named_files(connection: Connection, run_ids: Sequence[str], most: int = 2) -> dict[str, tuple[list[str], int]]:
    """run_id -> (the paths of its first files, how many it has); without their plans, which may be long."""
    files = rollbook_files.c
    numbers = select(files.run_id, func.count()).where(files.run_id.in_(run_ids)).group_by(files.run_id)
    found: dict[str, tuple[list[str], int]] = {run_id: ([], 0) for run_id in run_ids}
    found |= {run_id: ([], number) for run_id, number in connection.execute(numbers).tuples()}
    first = select(files.run_id, files.path).where(files.run_id.in_(run_ids), files.file_no <= most)
    for run_id, path in connection.execute(first.order_by(files.run_id, files.file_no)):
        found[run_id][0].append(path)
    return found


def some_files(connection: Connection, run_id: str, *, after: int = 0, size: int = 50) -> list[RunFile]:
    """The files of a run behind the one of that number, in their order, at most `size`."""
    files = rollbook_files.c
    query = select(rollbook_files).where(files.run_id == run_id, files.file_no > after).order_by(files.file_no)
    return [RunFile(**row) for row in connection.execute(query.limit(size)).mappings()]


def batches(connection: Connection, run_id: str, *, after: int = 0, size: int = 50) -> list[BatchLine]:
    """The batches of a run behind the one of that number, in their order, at most `size`."""
    batch, sent = rollbook_batches.c, rollbook_deliveries.c
    query = select(batch.batch_no, batch.state, batch.block_count).where(batch.run_id == run_id, batch.batch_no > after)
    found = connection.execute(query.order_by(batch.batch_no).limit(size)).all()
    if not found:
        return []
    here = and_(sent.run_id == run_id, sent.batch_no.between(found[0][0], found[-1][0]))
    states: dict[int, dict[str, int]] = {}
    grouped = select(sent.batch_no, sent.state, func.count()).where(here).group_by(sent.batch_no, sent.state)
    for number, state, blocks in connection.execute(grouped.order_by(sent.batch_no, sent.state)):
        states.setdefault(number, {})[state] = blocks
    return [BatchLine(number, state, blocks, states.get(number, {})) for number, state, blocks in found]


def blocks(
    connection: Connection,
    run_id: str,
    *,
    after: tuple[int, int] = (0, 0),
    size: int = 50,
    is_refused: bool = False,
    batch_no: int | None = None,
) -> list[BlockLine]:
    """The deliveries of a run behind that (batch_no, block_no), in their order, at most `size`.

    is_refused: only those that are failed, rejected or pending. batch_no: only those of one batch.
    """
    sent, parts = rollbook_deliveries.c, rollbook_parts.c
    learner = func.coalesce(func.nullif(sent.learner_email, ""), sent.learner_employee_id)
    same = and_(parts.run_id == sent.run_id, parts.part_id == sent.part_id)
    columns = (sent.batch_no, sent.block_no, parts.source_file, parts.source_sheet, sent.row_no, learner)
    query = (
        select(*columns, sent.session_id, sent.state, sent.code, sent.message)
        .select_from(rollbook_deliveries.join(rollbook_parts, same))
        .where(sent.run_id == run_id, tuple_(sent.batch_no, sent.block_no) > after)
        .order_by(sent.batch_no, sent.block_no)
        .limit(size)
    )
    if is_refused:
        query = query.where(sent.state.in_([FAILED, REJECTED, PENDING]))
    if batch_no is not None:
        query = query.where(sent.batch_no == batch_no)
    return [BlockLine(*line) for line in connection.execute(query)]
