"""Sending what stands in the outbox to SmarterU, one request at a time, and taking in the answers as they come."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import SystemRandom
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pandas as pd

from destinations.http.json_client import NotAnswered
from destinations.http.redact import one_line
from destinations.smarteru.answers import BatchAnswer, parse_answer
from destinations.smarteru.attribution import BatchRefused, BlockVerdict, Proof, Sent, settle
from destinations.smarteru.blocks import STATUSES, Block, block_of
from destinations.smarteru.client import CallBarred, LostAnswer, SmarterU, Wire, check_url
from destinations.smarteru.codes import CODES, UNKNOWN_FAILURE, find
from destinations.smarteru.package import batch_bytes
from destinations.smarteru.reference import HELD_COLUMNS, CallRefused, ReportFilter, enrollments_by_status
from ledger.lock import hold
from ledger.remote import outbox
from ledger.remote.outbox import SENDING, Refusal, plain_grade
from rollbook.clock import now
from rollbook.errors import RollbookError, RunIsLive, Stopped
from rollbook.rows.outcomes import LOADED, PENDING
from rollbook.secrets import secret

if TYPE_CHECKING:
    from pipeline.run_context import RunContext
    from rollbook.settings import SmarterUSettings

ACCOUNT_API, USER_API = "ROLLBOOK_SMARTERU_ACCOUNT_API", "ROLLBOOK_SMARTERU_USER_API"
# How long a run waits for another that sends to the same account.
ACCOUNT_WAIT_SECONDS = 3600.0
# Requests in a row without an answer, each tried as often as the settings say, after which a run stops.
MOST_UNANSWERED = 3
# Enrollments that are then sent alone, to see whether any is answered.
PROBES = 10


def wire_of(settings: SmarterUSettings) -> Wire:
    """Where and how to call, with the keys; raises CannotBegin where one lacks or the address is not safe."""
    check_url(settings.url)
    return Wire(
        url=settings.url,
        account_api=secret(ACCOUNT_API),
        user_api=secret(USER_API),
        timeout=settings.timeout,
        tries=settings.tries,
        pause=settings.pause,
        most_bytes=settings.answer_mib << 20,
    )


def account_lock(url: str) -> str:
    """The name of the lock that whoever calls the account holds: SmarterU wants one request at a time."""
    return f"smarteru:{urlsplit(url).hostname}"


def send_blocks(work: RunContext) -> RollbookError | None:
    """Send every batch that is not settled; what stopped it, or None."""
    wire = wire_of(work.request.settings.smarteru)
    try:
        with hold(work.connection.engine, account_lock(wire.url), wait=ACCOUNT_WAIT_SECONDS), SmarterU(wire) as target:
            return _Sending(work, target).run()
    except (Stopped, RunIsLive) as error:
        return error
    except BatchRefused as error:
        return Stopped(describe_refusal(error))


def describe_refusal(refused: BatchRefused) -> str:
    """What a refused call means, in one line with the remedy."""
    problem = refused.problem
    code = find(problem.code, problem.message)
    said = one_line(problem.message or code.meaning).rstrip(". ")
    return f"SmarterU refused the call: {problem.code} {said}. {code.remedy}".strip()


def shows(report: pd.DataFrame, blocks: Sequence[Block]) -> dict[int, bool]:
    """Block number -> whether a line of the report (HELD_COLUMNS) is about its enrollment and says nothing else."""
    lines: dict[tuple[str, str], list[dict[str, object]]] = {}
    for line in report.astype("object").where(report.notna(), None).to_dict("records"):
        for name in ("learner_email", "learner_employee_id"):
            if line[name]:
                lines.setdefault((str(line[name]), str(line["session_id"])), []).append(line)  # type: ignore[arg-type,unused-ignore]
    return {
        block.number: any(_says(line, block) for line in lines.get((_learner(block), block.session_id), ()))
        for block in blocks
    }


def _learner(block: Block) -> str:
    return block.email or block.employee_id or ""


def _says(line: Mapping[str, object], block: Block) -> bool:
    """What the report leaves blank says nothing; grades are compared as numbers where both are."""
    status, grade = STATUSES.get(str(line["status"])), line["grade"]
    same_grade = not grade or not block.grade or plain_grade(str(grade)) == plain_grade(block.grade)
    return (status is None or status == block.status) and same_grade


def _is_turned_away(answer: BatchAnswer) -> bool:
    """Whether the call was refused for a known reason before anything in it was looked at."""
    codes = [find(problem.code, problem.message) for problem in answer.problems]
    sure = [code for code in codes if code.code in CODES and code.code != UNKNOWN_FAILURE]
    return any(code.scope in {"call", "account"} for code in sure)


@dataclass(frozen=True)
class _Piece:
    """Pending blocks of a batch that are sent together. numbers: the blocks'; None: all of the batch.

    doubtful: they may have been taken. put_aside: the call with them was refused by a code that nobody knows.
    is_probe: it is sent to see whether anything is answered.
    """

    batch_no: int
    numbers: frozenset[int] | None = None
    doubtful: bool = False
    put_aside: bool = False
    is_probe: bool = False


class _Sending:
    """The batches of a run on their way, the next one while another is in doubt.

    What a `resume` meets in doubt and is lost once more is halved and sent again behind the others: one enrollment that
    the way to SmarterU does not bear, or a request that takes too long, holds nothing else up. After MOST_UNANSWERED
    requests in a row without an answer some enrollments, any of them, are sent alone and once: the run stops if none of
    these is answered either.
    """

    def __init__(self, work: RunContext, target: SmarterU) -> None:
        self._work, self._target = work, target
        self._settings = work.request.settings.smarteru
        with work.transaction() as connection:
            batches = outbox.unsettled(connection, work.run_id)
            self._proof = Proof(outbox.has_taken(connection, work.run_id))
        self._queue = deque(_Piece(batch.batch_no, doubtful=batch.state == SENDING) for batch in batches)
        self._may_be_taken = {piece.batch_no for piece in self._queue if piece.doubtful}
        self._piece = _Piece(0)
        self._is_alone = False
        self._unanswered = 0

    def run(self) -> RollbookError | None:
        """Send until nothing is left that can be sent; what stopped it, or left blocks without an answer."""
        left: NotAnswered | None = None
        while self._queue:
            piece = self._queue.popleft()
            if piece.is_probe and not self._unanswered:
                continue
            blocks = self._pending(piece)
            pieces = self._pieces(piece, blocks)
            if len(pieces) > 1:
                self._queue.extendleft(reversed(pieces))
                continue
            try:
                self._carry(piece, blocks)
            except NotAnswered as error:
                left = error if self._is_left(piece, error) else left
                if not self._goes_on(piece, error):
                    return error
            except BatchRefused as error:
                if piece.put_aside or not error.may_be_blocks:
                    raise
                self._queue.append(replace(piece, put_aside=True))
        return left

    def _is_left(self, piece: _Piece, error: NotAnswered) -> bool:
        """Whether what is left of a piece without an answer is for a `resume`; else it is sent again, in two."""
        return not (isinstance(error, LostAnswer) and piece.doubtful and self._halve(piece))

    def _goes_on(self, piece: _Piece, error: NotAnswered) -> bool:
        """Whether there is a point in further requests after one without an answer."""
        self._unanswered += 1
        if isinstance(error, CallBarred) or not error.doubtful:
            return False
        if piece.is_probe:
            return self._queue[0].is_probe if self._queue else False
        return self._unanswered < MOST_UNANSWERED or (isinstance(error, LostAnswer) and self._probe())

    def _probe(self) -> bool:
        """Let some enrollments be the next that are sent; False where none waits."""
        waiting = [(piece, block) for piece in self._queue for block in self._pending(piece)]
        for piece, block in SystemRandom().sample(waiting, min(PROBES, len(waiting))):
            self._queue.appendleft(replace(piece, numbers=frozenset({block.number}), is_probe=True))
        return bool(waiting)

    def _pending(self, piece: _Piece) -> list[Block]:
        with self._work.transaction() as connection:
            deliveries = outbox.deliveries(connection, self._work.run_id, piece.batch_no)
        waiting = [one for one in deliveries if one.state == PENDING]
        return [block_of(one) for one in waiting if piece.numbers is None or one.block_no in piece.numbers]

    def _pieces(self, piece: _Piece, blocks: Sequence[Block]) -> list[_Piece]:
        """A batch as its requests, which are no longer than the settings of today say."""
        most = self._settings.batch_size
        numbers = [block.number for block in blocks]
        some = [numbers[at : at + most] for at in range(0, len(numbers), most)]
        return [replace(piece, numbers=frozenset(few)) for few in some]

    def _halve(self, piece: _Piece) -> bool:
        """Put what is left of a piece behind the others, in two; False where it is one block."""
        numbers = [block.number for block in self._pending(piece)]
        half = len(numbers) // 2
        halves = [frozenset(some) for some in (numbers[:half], numbers[half:]) if some]
        if len(numbers) > 1:
            self._queue.extend(replace(piece, numbers=few, doubtful=True) for few in halves)
        return len(numbers) != 1

    def _carry(self, piece: _Piece, blocks: Sequence[Block]) -> None:
        """Send blocks until each has a verdict."""
        if not blocks:
            return
        self._piece, self._is_alone = piece, len(blocks) == 1
        run_id, number = self._work.run_id, piece.batch_no
        with self._work.transaction() as connection:
            outbox.mark_sending(connection, run_id, number, now())
        try:
            settle(blocks, self._send, self._held, self._confirmed, doubtful=piece.doubtful, proof=self._proof)
        except (BatchRefused, NotAnswered):
            if number not in self._may_be_taken:
                with self._work.transaction() as connection:
                    outbox.mark_recorded(connection, run_id, number)
            raise

    def _send(self, blocks: Sequence[Block]) -> Sent:
        tries = 1 if self._piece.is_probe else None
        try:
            reply = self._target.call(batch_bytes(blocks, date_format=self._settings.date_format), tries=tries)
        except NotAnswered as error:
            if error.doubtful:
                self._may_be_taken.add(self._piece.batch_no)
            raise
        self._unanswered = 0
        sent = Sent(parse_answer(reply.body, most_bytes=self._settings.answer_mib << 20), reply.doubtful)
        if sent.doubtful or not _is_turned_away(sent.answer):
            self._may_be_taken.add(self._piece.batch_no)
        return sent

    def _held(self, blocks: Sequence[Block]) -> Mapping[int, bool] | None:
        """What the learner report shows of these blocks; None where the account may not read it.

        Raises NotAnswered where it cannot be read just now: without it, of several blocks some would be judged in
        doubt. A block that is alone is judged without it.
        """
        if not self._settings.learner_report:
            return None
        shown = ReportFilter(
            emails=[block.email for block in blocks if block.email],
            employee_ids=[block.employee_id for block in blocks if block.employee_id],
        )
        size, form = self._settings.page_size, self._settings.date_format
        try:
            pages = [page.frame for page in enrollments_by_status(self._call, shown, page_size=size, date_format=form)]
        except CallRefused:
            return None
        except NotAnswered as error:
            if self._is_alone:
                return None
            raise LostAnswer(error.system, error.what, doubtful=True) from None
        return shows(pd.concat(pages) if pages else pd.DataFrame(columns=list(HELD_COLUMNS)), blocks)

    def _call(self, request: bytes) -> bytes:
        return self._target.call(request).body

    def _confirmed(self, verdicts: Mapping[int, BlockVerdict]) -> None:
        note_verdicts(self._work, self._piece.batch_no, verdicts)


def note_verdicts(work: RunContext, batch_no: int, verdicts: Mapping[int, BlockVerdict]) -> None:
    """Commit what became of blocks of a batch: block number -> verdict."""
    loaded = [block for block, verdict in verdicts.items() if verdict.state == LOADED]
    refused = {
        block: Refusal(verdict.code or "", one_line(verdict.message or ""))
        for block, verdict in verdicts.items()
        if verdict.state != LOADED
    }
    with work.transaction() as connection:
        outbox.confirm(connection, work.run_id, batch_no, loaded)
        outbox.refuse(connection, work.run_id, batch_no, refused)
        outbox.settle_batch(connection, work.run_id, batch_no, now())
