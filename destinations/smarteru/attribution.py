"""Whose error is it: what SmarterU answers about a batch, turned into one verdict for each of its blocks.

Whether SmarterU takes the good blocks of a batch with errors, and what `Info` lists then, is not known. So nothing is
concluded from a habit it may not have: what an answer does not tell is asked of the learner report, and what that does
not tell is sent again. What is assumed: an answer tells every problem of the blocks that it is about, a problem belongs
to one of them, and a block that is sent alone or again gets the same answer, but for ESH:26 once it was taken.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from destinations.smarteru.answers import AnswerProblem, BatchAnswer
from destinations.smarteru.blocks import Block
from destinations.smarteru.codes import ALREADY_ENROLLED, CODES, METHOD_CODES, SmarterUCode, find
from transforms.values.normalize import address, lower

_NO_ERROR_TOLD = "SmarterU answered “Failed” without an error."
_NOT_LISTED = "SmarterU answered without an error, and twice left the block out of those that it processed."

# Rollbook's fields that tell blocks apart -> the block's attribute.
_ATTRIBUTES = {
    "learner_email": "email",
    "learner_employee_id": "employee_id",
    "group_name": "group_name",
    "group_id": "group_id",
    "course_id": "course_id",
    "session_id": "session_id",
}
_LEARNER = frozenset({"learner_email", "learner_employee_id"})
_QUOTES = (("'", "'"), ('"', '"'), ("‘", "’"), ("“", "”"), ("`", "`"), ("[", "]"), ("«", "»"))


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
        if took_some or any(_code(problem).scope in {"block", "group"} for problem in answer.problems):
            self.proof.looks_at_blocks = True
        for problem in answer.problems:
            may_be_blocks = _may_be_blocks(problem)
            if _code(problem).scope in {"call", "account"} and not (
                may_be_blocks and (self.proof.looks_at_blocks or len(blocks) == 1)
            ):
                raise BatchRefused(problem, may_be_blocks=may_be_blocks)
        if not answer.succeeded and not answer.problems:
            raise BatchRefused(AnswerProblem("", _NO_ERROR_TOLD, None))

    def accept(self, blocks: list[Block], answer: BatchAnswer) -> None:
        """An answer without problems: all were taken. Those that `Info` leaves out are sent again, once."""
        listed = _at(blocks, answer.processed) or blocks
        self.load(listed)
        missing = _without(blocks, listed)
        again = [block for block in missing if block.number in self.unlisted]
        if again:
            there = self.report(again)
            self.load(block for block in again if there.get(block.number))
            self.mark({block.number: BlockVerdict("failed", None, _NOT_LISTED) for block in again})
        self.unlisted.update(block.number for block in missing)
        self.ours.update(block.number for block in missing)

    def judge(self, blocks: list[Block], answer: BatchAnswer) -> None:
        """An answer with problems: place what can be placed; what stays unplaced makes suspects."""
        placed, unplaced = _place(answer.problems, blocks, numbered=True)
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
        there = {number for number, problems in placed.items() if any(_is_there(problem) for problem in problems)}
        in_doubt = [self.open[number] for number in sorted((there & self.in_doubt) - self.ours) if number in self.open]
        denied = {number for number, says in self.report(in_doubt).items() if not says}
        loaded = {number for number in there if number in self.ours or number in self.in_doubt - denied}
        self.mark({number: BlockVerdict("loaded") for number in loaded})
        self.mark({number: _failed(problems) for number, problems in placed.items()})

    def of_groups(self, placed: Mapping[int, Sequence[AnswerProblem]]) -> dict[int, Sequence[AnswerProblem]]:
        """The open blocks, whether this request held them or not, that share a group's problem."""
        groups = {
            (problem.code, *_values(self.open[number], _attributes(problem))): problem
            for number, problems in placed.items()
            for problem in problems
            if _code(problem).scope == "group" and _is_able(self.open[number], problem)
        }
        return {
            number: [problem]
            for number, block in self.open.items()
            for key, problem in groups.items()
            if key == (problem.code, *_values(block, _attributes(problem)))
        }

    def trust(self, rest: list[Block], listed: list[Block], unplaced: list[AnswerProblem], *, placed: int) -> bool:
        """Take `Info` at its word where it explains the problems. False: it proves nothing.

        rest: the blocks that no problem is placed on; listed: those of them that `Info` lists, and nothing else.
        placed: how many blocks have a placed problem; `Info` lists none of them.
        """
        missing = _without(rest, listed)
        if not unplaced:
            self.load(listed)
            return True
        most = max(Counter(problem.code for problem in unplaced).values())
        if not missing or most > len(missing) + placed:
            return False  # It lists blocks that have a problem.
        # An `Info` that counts what was taken, instead of naming it, would leave out the last blocks.
        is_tail = missing == rest[len(listed) :] and not all(map(_is_there, unplaced))
        if len(missing) == len(unplaced) and _alike(unplaced) and (placed or not is_tail):
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
            unplaced = [problem for problem in unplaced if not _is_there(problem)]
        return _without(rest, taken), unplaced

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
            placed, _ = _place(problems, blocks, numbered=False)
            if _alike(problems) and len(problems) >= len(blocks):
                placed = {block.number: problems[:1] for block in blocks}
            if placed:
                self.blame(placed)
                return
        self.part(suspects)

    def part(self, suspects: _Suspects) -> None:
        """Send the first of the suspects. What problems do not come back are about the others."""
        first = suspects.first or suspects.blocks[: len(suspects.blocks) // 2]
        others = _without(suspects.blocks, first)
        remaining = _subtract(suspects.problems, self.ask(first))
        if remaining:
            contradicted = suspects.contradicted or suspects.listed
            self.suspects.append(_Suspects(others, remaining, contradicted=contradicted))
            self.info_may_help = self.info_may_help and not suspects.listed
        elif suspects.listed:
            self.load(others)


def _may_be_blocks(problem: AnswerProblem) -> bool:
    """Whether the code is one of this method's that is in no table."""
    return problem.code.startswith(METHOD_CODES) and problem.code not in CODES


def _listed(blocks: list[Block], rest: list[Block], answer: BatchAnswer) -> list[Block]:
    """The blocks that `Info` lists; none where it proves nothing: it lists all, one with a problem, or a stranger."""
    numbers = answer.processed or frozenset()
    listed = _at(blocks, numbers)
    is_sound = len(listed) == len(numbers) < len(blocks)
    return listed if is_sound and not _without(listed, rest) else []


def _place(
    problems: Iterable[AnswerProblem], blocks: list[Block], *, numbered: bool
) -> tuple[dict[int, list[AnswerProblem]], list[AnswerProblem]]:
    """Which problems are about which of the blocks, by block number; and those that cannot be placed, in their order.

    numbered: the numbers that messages name count these blocks.
    """
    placed: dict[int, list[AnswerProblem]] = {}
    unplaced = []
    for problem in problems:
        found = _at(blocks, {problem.block} if problem.block and numbered else None) or _meant(problem, blocks)
        for block in found:
            placed.setdefault(block.number, []).append(problem)
        if not found:
            unplaced.append(replace(problem, block=None))
    return placed, unplaced


def _meant(problem: AnswerProblem, blocks: list[Block]) -> list[Block]:
    """The blocks that a problem without number is about; none where several may be meant.

    A code about an e-mail address is about no block that has an employee ID, and so with groups. What is wrong with a
    learner or a group is wrong with all blocks of that learner or group.
    """
    code = _code(problem)
    attributes = _attributes(problem)
    able = [block for block in blocks if _is_able(block, problem)]
    named = _named(problem.message, code, attributes, able or blocks)
    if able and (code.scope == "group" or (code.fields and _LEARNER.issuperset(code.fields))):
        values = {_values(block, attributes) for block in named}
        return named if len(values) == 1 else []
    return named if len(named) == 1 else []


def _named(message: str, code: SmarterUCode, attributes: list[str], blocks: list[Block]) -> list[Block]:
    """Those of the blocks that a message names; all of them where it names none."""
    for attribute in ("email", "employee_id", "group_name", "group_id"):
        if attribute != "email" and attribute not in attributes:
            continue
        if attribute == "email":
            hits = [] if code.scope == "group" else _with_email(message, blocks)
        else:
            hits = _with_quoted(message, attribute, attributes, blocks)
        blocks = hits or blocks
    return blocks


def _with_email(message: str, blocks: list[Block]) -> list[Block]:
    """The blocks whose e-mail address stands in a message; of `o'brien@x.org` and `brien@x.org` the longer one."""
    text = lower(message)
    there = {email for block in blocks if (email := _folded(block, "email")) and email in text}
    whole = {email for email in there if re.search(rf"(?<![\w.+%-]){re.escape(email)}(?![\w-]|\.\w)", text)}
    longest = {email for email in whole if not any(other != email and other.endswith(email) for other in whole)}
    return [block for block in blocks if _folded(block, "email") in longest]


def _with_quoted(message: str, attribute: str, attributes: list[str], blocks: list[Block]) -> list[Block]:
    """The blocks of which a message quotes this attribute, unless the same text may be another of their attributes."""
    others = set(_ATTRIBUTES.values()) - {attribute}
    is_main = attribute == attributes[0]
    strangers = set() if is_main else {getattr(block, other) for block in blocks for other in others}
    values = {getattr(block, attribute) for block in blocks} - strangers - {None}
    quoted = {value for value in values if value in message and any(f"{a}{value}{b}" in message for a, b in _QUOTES)}
    return [block for block in blocks if getattr(block, attribute) in quoted]


def _subtract(problems: Iterable[AnswerProblem], others: Iterable[AnswerProblem]) -> list[AnswerProblem]:
    """The problems that are left when each of the others has taken one of its code away, the same message first."""
    left = list(problems)
    others = [replace(problem, block=None) for problem in others]
    unmatched = []
    for problem in others:
        if problem in left:
            left.remove(problem)
        else:
            unmatched.append(problem.code)
    taken = Counter(unmatched)
    remaining = []
    for problem in left:
        if taken[problem.code]:
            taken[problem.code] -= 1
        else:
            remaining.append(problem)
    return remaining


def _alike(problems: Sequence[AnswerProblem]) -> bool:
    """Whether problems say the same of different blocks. What the message of ESH:26 adds makes no difference."""
    return len({(problem.code, "" if _is_there(problem) else problem.message) for problem in problems}) == 1


def _failed(problems: Sequence[AnswerProblem]) -> BlockVerdict:
    """The verdict on a block with these problems: the code of the first, the messages of all."""
    return BlockVerdict(
        "failed", problems[0].code or None, " ".join(dict.fromkeys(problem.message for problem in problems))
    )


def _is_there(problem: AnswerProblem) -> bool:
    return problem.code == ALREADY_ENROLLED


def _code(problem: AnswerProblem) -> SmarterUCode:
    return find(problem.code, problem.message)


def _attributes(problem: AnswerProblem) -> list[str]:
    """The attributes of a block, among those that tell blocks apart, that a problem may be about."""
    return [_ATTRIBUTES[name] for name in _code(problem).fields if name in _ATTRIBUTES]


def _is_able(block: Block, problem: AnswerProblem) -> bool:
    """Whether a block holds what the problem is about."""
    return any(_values(block, attributes)) if (attributes := _attributes(problem)) else True


def _values(block: Block, attributes: Iterable[str]) -> tuple[str | None, ...]:
    return tuple(_folded(block, attribute) for attribute in attributes)


def _folded(block: Block, attribute: str) -> str | None:
    value: str | None = getattr(block, attribute)
    return address(value) if value and attribute == "email" else value


def _at(blocks: list[Block], positions: Iterable[int] | None) -> list[Block]:
    """The blocks at these positions of a request, counted from 1, in the order of the request."""
    return [blocks[position - 1] for position in sorted(positions or ()) if 1 <= position <= len(blocks)]


def _without(blocks: Iterable[Block], others: Iterable[Block]) -> list[Block]:
    numbers = {block.number for block in others}
    return [block for block in blocks if block.number not in numbers]
