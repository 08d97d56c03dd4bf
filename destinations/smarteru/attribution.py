"""Whose error is it: what SmarterU answers about a batch, turned into one verdict for each of its blocks.

Whether SmarterU takes the good blocks of a batch with errors, and what `Info` lists then, is not known. So nothing is
concluded from a habit it may not have: what an answer does not tell is asked of the learner report, and what that does
not tell is sent again. What is assumed: an answer tells every problem of the blocks that it is about, a problem belongs
to one of them, and a block that is sent alone or again gets the same answer, but for ESH:26 once it was taken.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from destinations.smarteru.answers import AnswerProblem, BatchAnswer
from destinations.smarteru.blocks import Block
from destinations.smarteru.codes import ALREADY_ENROLLED
from destinations.smarteru.problem_matching import (
    alike,
    at,
    attributes_of,
    code_of,
    is_able,
    is_there,
    is_unknown,
    place,
    subtract,
    values_of,
    without,
)

_NO_ERROR_TOLD = "SmarterU answered “Failed” without an error."
_NOT_LISTED = "SmarterU answered without an error, and twice left the block out of those that it processed."


@dataclass(frozen=True)
class BlockVerdict:
    """What became of a block. code, message: SmarterU's own; None where it is loaded or SmarterU gave no code."""

    state: Literal["loaded", "failed"]
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True)
class Sent:
    """The answer to one request.

    doubtful: an earlier try of this request may have arrived, so this answer may meet what that try enrolled.
    """

    answer: BatchAnswer
    doubtful: bool = False


class BatchRefused(Exception):
    """The whole call, or the account, was refused. It says nothing about any block: none may be marked failed.

    may_be_blocks: the code is of this method's and in no table, so that it may be about blocks after all.
    """

    def __init__(self, problem: AnswerProblem, *, may_be_blocks: bool = False) -> None:
        super().__init__(f"{problem.code}: {problem.message}" if problem.code else problem.message)
        self.problem = problem
        self.may_be_blocks = may_be_blocks


@dataclass
class Proof:
    """What the answers of one run have shown. looks_at_blocks: SmarterU took a block of a call, or refused one."""

    looks_at_blocks: bool = False


Send = Callable[[Sequence[Block]], Sent]
Held = Callable[[Sequence[Block]], Mapping[int, bool] | None]
Confirmed = Callable[[Mapping[int, BlockVerdict]], None]


def settle(
    blocks: Sequence[Block],
    send: Send,
    held: Held,
    confirmed: Confirmed,
    *,
    doubtful: bool = False,
    proof: Proof | None = None,
) -> None:
    """Send the blocks of one batch, and go on until each has a verdict.

    send: one request with these blocks, in this order; the answer counts them from 1, whatever their own numbers are.
        What it raises passes through; the blocks without a verdict are then doubtful.
    held: block number -> whether the learner report shows the learner in the session with what the block says; a block
        that it cannot tell is left out. None: the report is not readable, and is not asked for again.
    confirmed: gets verdicts by block number as soon as they are sure, each block once, and never an empty mapping.
    doubtful: the blocks may have been sent before, and taken.
    proof: what the answers to earlier batches of the run have shown; noted in it is what these show.

    Raises BatchRefused when an answer is about the whole call or the account. A code of this method (ESH) that nobody
    knows is about blocks where some block was taken or refused, beside it or before, or where the block is alone.

    ESH:26 means failed (it was there before), unless the enrollment can be our own: then it means loaded, if the report
    does not deny it. What cannot be told apart:
    - A doubtful block that was there before, the report not readable, or showing the same content: it counts as loaded.
    - A block that was there before with the same content, when ESH:26 names no block, `Info` does not tell and the
      report shows all as they should be: it counts as loaded.
    - The same without a report, when SmarterU has taken the good blocks of that batch: all its blocks answer ESH:26
      from then on. All that do are failed, since one of them may not be what the row says.

    One bad block without a number among n takes at most ceil(log2(n)) + 1 further requests, k of them k times that.
    """
    _Settling(blocks, send, held, confirmed, doubtful=doubtful, proof=proof or Proof()).run()


@dataclass
class _Suspects:
    """Open blocks that some problems are about: each problem is about at least one of these blocks.

    first: the blocks that are sent apart to learn more; empty: one half of them.
    listed: `Info` says that the others were processed, which holds if the first explain all problems.
    contradicted: the first did not, so `Info` is wrong or a problem is gone: the last one left is asked before it is
        blamed.
    """

    blocks: list[Block]
    problems: list[AnswerProblem]
    first: list[Block] = field(default_factory=list)
    listed: bool = False
    contradicted: bool = False


class _Settling:
    """One batch on its way.

    open: the blocks without verdict, by number. in_doubt: numbers that may have been taken before this began.
    ours: numbers that an answer showed not to have been enrolled before us: what is there now is ours.
    unlisted: numbers that an answer without problems left out of `Info`.
    """

    def __init__(
        self, blocks: Sequence[Block], send: Send, held: Held, confirmed: Confirmed, *, doubtful: bool, proof: Proof
    ) -> None:
        self.send, self.held, self.confirmed, self.proof = send, held, confirmed, proof
        self.open = {block.number: block for block in blocks}
        self.in_doubt = set(self.open) if doubtful else set[int]()
        self.ours: set[int] = set()
        self.unlisted: set[int] = set()
        self.suspects: list[_Suspects] = []
        self.report_is_readable = True
        self.report_may_help = True
        self.info_may_help = True
        self.found: dict[int, BlockVerdict] = {}

    def run(self) -> None:
        """Whatever is open when no suspects are left is sent together; every round settles at least one block."""
        while self.open:
            self.ask(list(self.open.values()))
            while self.suspects:
                self.examine(self.suspects.pop())
                self.tell()

    def tell(self) -> None:
        """Hand out the verdicts found since."""
        if self.found:
            found, self.found = self.found, {}
            self.confirmed(found)

    def load(self, blocks: Iterable[Block]) -> None:
        """These are there, and ours."""
        self.mark({block.number: BlockVerdict("loaded") for block in blocks})

    def mark(self, verdicts: Mapping[int, BlockVerdict]) -> None:
        """Note the verdicts of blocks that have none yet."""
        for number, verdict in verdicts.items():
            if self.open.pop(number, None):
                self.found[number] = verdict

    def ask(self, blocks: list[Block]) -> tuple[AnswerProblem, ...]:
        """Send blocks, judge the answer, and return its problems."""
        sent = self.send(blocks)
        if sent.doubtful:
            self.in_doubt.update(block.number for block in blocks)
        self.check_call(blocks, sent.answer)
        if sent.answer.problems:
            self.judge(blocks, sent.answer)
        else:
            self.accept(blocks, sent.answer)
        self.tell()
        return sent.answer.problems

    def check_call(self, blocks: list[Block], answer: BatchAnswer) -> None:
        """Raise BatchRefused where an answer is not about blocks."""
        took_some = answer.processed or (answer.succeeded and not answer.problems)
        if took_some or any(code_of(problem).scope in {"block", "group"} for problem in answer.problems):
            self.proof.looks_at_blocks = True
        for problem in answer.problems:
            is_odd = is_unknown(problem)
            if code_of(problem).scope in {"call", "account"} and not (
                is_odd and (self.proof.looks_at_blocks or len(blocks) == 1)
            ):
                raise BatchRefused(problem, may_be_blocks=is_odd)
        if not answer.succeeded and not answer.problems:
            raise BatchRefused(AnswerProblem("", _NO_ERROR_TOLD, None))

    def accept(self, blocks: list[Block], answer: BatchAnswer) -> None:
        """An answer without problems: all were taken. Those that `Info` leaves out are sent again, once."""
        listed = at(blocks, answer.processed) or blocks
        self.load(listed)
        missing = without(blocks, listed)
        again = [block for block in missing if block.number in self.unlisted]
        if again:
            there = self.report(again)
            self.load(block for block in again if there.get(block.number))
            self.mark({block.number: BlockVerdict("failed", None, _NOT_LISTED) for block in again})
        self.unlisted.update(block.number for block in missing)
        self.ours.update(block.number for block in missing)

    def judge(self, blocks: list[Block], answer: BatchAnswer) -> None:
        """An answer with problems: place what can be placed; what stays unplaced makes suspects."""
        placed, unplaced = place(answer.problems, blocks, numbered=True)
        rest = [block for block in blocks if block.number not in placed]
        self.blame(placed)
        if not any(problem.code == ALREADY_ENROLLED for problem in unplaced):
            self.ours.update(block.number for block in rest)
        listed = _listed(blocks, rest, answer) if self.info_may_help else []
        if listed and self.trust(rest, listed, unplaced, placed=len(placed)):
            return
        rest, unplaced = self.look(rest, unplaced)
        # Beside placed problems, an unplaced one may be a second problem of the same block: the rest is sent again.
        if rest and unplaced and not placed:
            self.suspects.append(_Suspects(rest, unplaced))

    def blame(self, placed: Mapping[int, Sequence[AnswerProblem]]) -> None:
        """Give verdicts to blocks whose problems are known, and to the open ones of a group that is refused as such."""
        placed = {**self.of_groups(placed), **placed}
        there = {number for number, problems in placed.items() if any(is_there(problem) for problem in problems)}
        in_doubt = [self.open[number] for number in sorted((there & self.in_doubt) - self.ours) if number in self.open]
        denied = {number for number, says in self.report(in_doubt).items() if not says}
        loaded = {number for number in there if number in self.ours or number in self.in_doubt - denied}
        self.mark({number: BlockVerdict("loaded") for number in loaded})
        self.mark({number: _failed(problems) for number, problems in placed.items()})

    def of_groups(self, placed: Mapping[int, Sequence[AnswerProblem]]) -> dict[int, Sequence[AnswerProblem]]:
        """The open blocks, whether this request held them or not, that share a group's problem."""
        groups = {
            (problem.code, *values_of(self.open[number], attributes_of(problem))): problem
            for number, problems in placed.items()
            for problem in problems
            if code_of(problem).scope == "group" and is_able(self.open[number], problem)
        }
        return {
            number: [problem]
            for number, block in self.open.items()
            for key, problem in groups.items()
            if key == (problem.code, *values_of(block, attributes_of(problem)))
        }

    def trust(self, rest: list[Block], listed: list[Block], unplaced: list[AnswerProblem], *, placed: int) -> bool:
        """Take `Info` at its word where it explains the problems. False: it proves nothing.

        rest: the blocks that no problem is placed on; listed: those of them that `Info` lists, and nothing else.
        placed: how many blocks have a placed problem; `Info` lists none of them.
        """
        missing = without(rest, listed)
        if not unplaced:
            self.load(listed)
            return True
        most = max(Counter(problem.code for problem in unplaced).values())
        if not missing or most > len(missing) + placed:
            return False  # It lists blocks that have a problem.
        # An `Info` that counts what was taken, instead of naming it, would leave out the last blocks.
        is_tail = missing == rest[len(listed) :] and not all(map(is_there, unplaced))
        if len(missing) == len(unplaced) and alike(unplaced) and (placed or not is_tail):
            self.load(listed)
            self.blame({block.number: unplaced[:1] for block in missing})
            return True
        if placed:
            # It leaves out what failed, with a placed problem and without: the problems are those blocks'.
            self.load(listed)
            return True
        if len(missing) == len(unplaced) and not is_tail:
            # As many are missing as there are problems: whose is whose is all that is open.
            self.load(listed)
            self.suspects.append(_Suspects(missing, unplaced))
            return True
        self.suspects.append(_Suspects(rest, unplaced, first=missing, listed=True))
        return True

    def look(self, rest: list[Block], unplaced: list[AnswerProblem]) -> tuple[list[Block], list[AnswerProblem]]:
        """Settle what the learner report shows to be there; return the others, and the problems that are about them."""
        if not rest or not self.report_may_help:
            return rest, unplaced
        there = self.report(rest)
        taken = [block for block in rest if there.get(block.number)]
        # Where nothing was taken of a batch with errors, the next report would say no more.
        self.report_may_help = bool(taken)
        self.load(taken)
        if taken:
            unplaced = [problem for problem in unplaced if not is_there(problem)]
        return without(rest, taken), unplaced

    def report(self, blocks: list[Block]) -> Mapping[int, bool]:
        """What the learner report says of these blocks; empty where it says nothing."""
        if not blocks or not self.report_is_readable:
            return {}
        self.tell()
        told = self.held(blocks)
        self.report_is_readable = told is not None
        self.report_may_help = self.report_may_help and self.report_is_readable
        return told or {}

    def examine(self, suspects: _Suspects) -> None:
        """Settle suspects whose problems can be placed by elimination; else send some of them apart."""
        blocks, problems = suspects.blocks, suspects.problems
        if any(block.number not in self.open for block in blocks):
            return  # The problems may be those of a block settled since. The others are sent with the rest.
        if suspects.contradicted and len(blocks) == 1:
            if self.report(blocks).get(blocks[0].number):
                self.load(blocks)
            else:
                self.ask(blocks)
            return
        if not suspects.listed:
            placed, _ = place(problems, blocks, numbered=False)
            if alike(problems) and len(problems) >= len(blocks):
                placed = {block.number: problems[:1] for block in blocks}
            if placed:
                self.blame(placed)
                return
        self.part(suspects)

    def part(self, suspects: _Suspects) -> None:
        """Send the first of the suspects. What problems do not come back are about the others."""
        first = suspects.first or suspects.blocks[: len(suspects.blocks) // 2]
        others = without(suspects.blocks, first)
        remaining = subtract(suspects.problems, self.ask(first))
        if remaining:
            contradicted = suspects.contradicted or suspects.listed
            self.suspects.append(_Suspects(others, remaining, contradicted=contradicted))
            self.info_may_help = self.info_may_help and not suspects.listed
        elif suspects.listed:
            self.load(others)


def _listed(blocks: list[Block], rest: list[Block], answer: BatchAnswer) -> list[Block]:
    """The blocks that `Info` lists; none where it proves nothing: it lists all, one with a problem, or a stranger."""
    numbers = answer.processed or frozenset()
    listed = at(blocks, numbers)
    is_sound = len(listed) == len(numbers) < len(blocks)
    return listed if is_sound and not without(listed, rest) else []


def _failed(problems: Sequence[AnswerProblem]) -> BlockVerdict:
    """The verdict on a block with these problems: the code of the first, the messages of all."""
    return BlockVerdict(
        "failed", problems[0].code or None, " ".join(dict.fromkeys(problem.message for problem in problems))
    )
