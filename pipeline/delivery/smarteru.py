"""Sending what stands in the outbox to SmarterU, one request at a time, and taking in the answers as they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pandas as pd

from destinations.http.json_client import NotAnswered
from destinations.http.redact import one_line
from destinations.smarteru.answers import BatchAnswer, NotAnAnswer, parse_answer
from destinations.smarteru.attribution import BatchRefused, BlockVerdict, Sent, settle
from destinations.smarteru.blocks import STATUSES, Block, block_of
from destinations.smarteru.client import SmarterU, Wire, check_url
from destinations.smarteru.codes import CODES, UNKNOWN_FAILURE, find
from destinations.smarteru.package import batch_bytes
from destinations.smarteru.reference import HELD_COLUMNS, CallRefused, ReportFilter, enrollments_by_status
from ledger.lock import hold
from ledger.remote import outbox
from ledger.remote.outbox import SENDING, SETTLED, Batch, Refusal, plain_grade
from rollbook.clock import now
from rollbook.errors import RollbookError, RunIsLive, Stopped
from rollbook.outcomes import LOADED, PENDING
from rollbook.secrets import secret

if TYPE_CHECKING:
    from pipeline.run_context import RunContext
    from rollbook.settings import SmarterUSettings

ACCOUNT_API, USER_API = "ROLLBOOK_SMARTERU_ACCOUNT_API", "ROLLBOOK_SMARTERU_USER_API"
# How long a run waits for another that sends to the same account.
ACCOUNT_WAIT_SECONDS = 3600.0


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
    with work.transaction() as connection:
        waiting = [batch for batch in outbox.batches(connection, work.run_id) if batch.state != SETTLED]
    try:
        with hold(work.connection.engine, account_lock(wire.url), wait=ACCOUNT_WAIT_SECONDS), SmarterU(wire) as target:
            for batch in waiting:
                _Sending(work, target, batch).carry()
    except (Stopped, RunIsLive) as error:
        return error
    except BatchRefused as error:
        return Stopped(describe_refusal(error))
    return None


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


class _Sending:
    """One batch on its way."""

    def __init__(self, work: RunContext, target: SmarterU, batch: Batch) -> None:
        self._work, self._target, self._batch = work, target, batch
        self._settings = work.request.settings.smarteru
        self._may_be_taken = batch.state == SENDING

    def carry(self) -> None:
        """Send the blocks that are pending, until each has a verdict."""
        run_id, number = self._work.run_id, self._batch.batch_no
        with self._work.transaction() as connection:
            waiting = [one for one in outbox.deliveries(connection, run_id, number) if one.state == PENDING]
            outbox.mark_sending(connection, run_id, number, now())
        blocks, doubtful = [block_of(one) for one in waiting], self._may_be_taken
        try:
            settle(blocks, self._send, self._held, self._confirmed, doubtful=doubtful)
        except (BatchRefused, NotAnswered):
            if not self._may_be_taken:
                with self._work.transaction() as connection:
                    outbox.mark_recorded(connection, run_id, number)
            raise

    def _send(self, blocks: Sequence[Block]) -> Sent:
        try:
            reply = self._target.call(batch_bytes(blocks, date_format=self._settings.date_format))
            sent = Sent(parse_answer(reply.body, most_bytes=self._settings.answer_mib << 20), reply.doubtful)
        except NotAnswered as error:
            self._may_be_taken = self._may_be_taken or error.doubtful
            raise
        except NotAnAnswer as error:
            self._may_be_taken = True
            raise NotAnswered("SmarterU", self._target.scrub(str(error)), doubtful=True) from None
        self._may_be_taken = self._may_be_taken or sent.doubtful or not _is_turned_away(sent.answer)
        return sent

    def _held(self, blocks: Sequence[Block]) -> Mapping[int, bool] | None:
        """What the learner report shows of these blocks; None where the account may not read it.

        Raises Stopped where there is no answer that can be read: without it, blocks would be judged in doubt.
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
        except Stopped as error:
            raise Stopped(self._target.scrub(str(error))) from None
        return shows(pd.concat(pages) if pages else pd.DataFrame(columns=list(HELD_COLUMNS)), blocks)

    def _call(self, request: bytes) -> bytes:
        return self._target.call(request).body

    def _confirmed(self, verdicts: Mapping[int, BlockVerdict]) -> None:
        note_verdicts(self._work, self._batch.batch_no, verdicts)


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
