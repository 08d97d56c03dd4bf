"""`rollbook smarteru`: batches that were emitted earlier are sent, or the answer to one sent by hand is taken in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from destinations.smarteru.answers import BatchAnswer, NotAnAnswer, parse_answer
from destinations.smarteru.attribution import BatchRefused, BlockVerdict, Sent, settle
from destinations.smarteru.blocks import Block, block_of
from destinations.smarteru.client import without_keys
from destinations.smarteru.package import read_batch
from ledger import runs
from ledger.database import open_database
from ledger.lock import hold
from ledger.remote import outbox
from ledger.remote.outbox import SENDING, SETTLED, Delivery
from pipeline.delivery.batch_files import write_batch_reports
from pipeline.delivery.deliver import end
from pipeline.delivery.smarteru import ACCOUNT_API, USER_API, describe_refusal, note_verdicts
from pipeline.execution import ExecutionOptions
from pipeline.lifecycle import send_run
from pipeline.options import console_of, settings_of
from pipeline.output.failed_rows import write_reports
from pipeline.run_context import RunContext
from rollbook.clock import now
from rollbook.errors import CannotBegin
from rollbook.options import Invocation
from rollbook.request import Request
from rollbook.rows.outcomes import PENDING
from rollbook.secrets import secrets_here

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.runs import Run
    from pipeline.execution import Orchestrate


def send(invocation: Invocation, *, run: str, orchestrate: Orchestrate) -> int:
    """Send what a run emitted; `resume` finishes it should it be stopped."""
    settings = settings_of(invocation)
    console = console_of(invocation)
    engine = open_database(settings.database, create=False)
    with engine.connect() as connection:
        with connection.begin():
            found = _sendable(connection, run)
        return console.show(connection, send_run(connection, found, settings, ExecutionOptions(console, orchestrate)))


def _sendable(connection: Connection, run: str) -> Run:
    found = runs.find(connection, run)
    batches = outbox.batches(connection, found.run_id)
    if not batches:
        raise CannotBegin(f"Run {found.run_id} has no batches. Only an import with --to smarteru-xml writes some.")
    if all(batch.state == SETTLED for batch in batches):
        raise CannotBegin(f"Every batch of run {found.run_id} is settled: there is nothing left to send.")
    return found


class _MoreToSend(Exception):
    """What the answer does not tell would have to be sent again."""


def answer(invocation: Invocation, *, batch: Path, answer_file: Path) -> int:
    """Take in an answer; the blocks that it does not tell apart stay pending, and count as perhaps taken."""
    settings = settings_of(invocation)
    console = console_of(invocation)
    blocks, said = read_batch(batch), _read_answer(answer_file)
    engine = open_database(settings.database, create=False)
    with engine.connect() as connection:
        with connection.begin():
            run, number = _batch_of(connection, batch, blocks)
        work = RunContext(connection, run.run_id, Request.from_json(run.request), run.started_at)
        with hold(engine, f"run:{run.run_id}"):
            open_blocks = _take_in(work, number, said)
            end(work)
            write_batch_reports(work)
            write_reports(work)
        if open_blocks:
            console.say(
                f"The answer does not tell which of {open_blocks} blocks failed. To find out, Rollbook would send them "
                f"again in parts: rollbook smarteru send {run.run_id}"
            )
        with connection.begin():
            ended = runs.find(connection, run.run_id)
        return console.show(connection, ended)


def _read_answer(path: Path) -> BatchAnswer:
    try:
        answer = parse_answer(_without_keys(path.read_bytes()))
    except NotAnAnswer as error:
        raise CannotBegin(f"{path}: {error}") from None
    except OSError as error:
        raise CannotBegin(f"{path} cannot be read: {error.strerror}.") from None
    told = [(problem, _without_keys(problem.message.encode()).decode()) for problem in answer.problems]
    return replace(answer, problems=tuple(replace(problem, message=message) for problem, message in told))


def _without_keys(text: bytes) -> bytes:
    """Whoever sent the batch filled in the keys, and an answer may repeat them, escaped once or twice."""
    return without_keys(text, *secrets_here(ACCOUNT_API, USER_API))


def _batch_of(connection: Connection, path: Path, blocks: Sequence[Block]) -> tuple[Run, int]:
    """The run and the number of the batch that the file is: by what it holds, for files are moved and renamed."""
    first = blocks[0] if blocks else None
    found = []
    if first is not None:
        learner = first.email or first.employee_id or ""
        for run_id, number in outbox.find_batches(connection, learner, first.session_id, len(blocks)):
            if _same(outbox.deliveries(connection, run_id, number), blocks):
                found.append((run_id, number))
    if not found:
        raise CannotBegin(f"{path} is not a batch of this database. Use the file that `rollbook import` wrote.")
    there = [one for one in found if one[0] == path.absolute().parent.name]
    run_id, number = (there or found)[0]
    return runs.find(connection, run_id), number


def _same(deliveries: Sequence[Delivery], blocks: Sequence[Block]) -> bool:
    told = [(one.learner_email or one.learner_employee_id, one.session_id) for one in deliveries]
    return told == [(block.email or block.employee_id, block.session_id) for block in blocks]


def _take_in(work: RunContext, number: int, said: BatchAnswer) -> int:
    """Note what the answer says of the batch's blocks; how many it leaves open."""
    with work.transaction() as connection:
        deliveries = outbox.deliveries(connection, work.run_id, number)
        (state,) = [one.state for one in outbox.batches(connection, work.run_id) if one.batch_no == number]
    if any(one.state != PENDING for one in deliveries):
        raise CannotBegin(f"Batch {number} of run {work.run_id} has its answer already: rollbook show {work.run_id}")
    answers = [said]

    def send(_: Sequence[Block]) -> Sent:
        if not answers:
            raise _MoreToSend
        return Sent(answers.pop())

    told: set[int] = set()

    def confirmed(verdicts: Mapping[int, BlockVerdict]) -> None:
        told.update(verdicts)
        note_verdicts(work, number, verdicts)

    with work.transaction() as connection:
        outbox.mark_sending(connection, work.run_id, number, now())
    try:
        blocks = [block_of(one) for one in deliveries]
        settle(blocks, send, lambda _: None, confirmed, doubtful=state == SENDING)
    except _MoreToSend:
        return len(deliveries) - len(told)
    except BatchRefused as error:
        with work.transaction() as connection:
            outbox.mark_recorded(connection, work.run_id, number)
        raise CannotBegin(f"{describe_refusal(error)} Nothing was recorded.") from None
    return 0
