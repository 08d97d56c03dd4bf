"""What the problems of an answer are about: the blocks that their codes, numbers and messages mean."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from destinations.smarteru.answers import AnswerProblem
from destinations.smarteru.blocks import Block
from destinations.smarteru.codes import ALREADY_ENROLLED, CODES, METHOD_CODES, SmarterUCode, find
from transforms.values.normalize import address, lower

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


def is_unknown(problem: AnswerProblem) -> bool:
    """Whether the code is one of this method's that is in no table."""
    return problem.code.startswith(METHOD_CODES) and problem.code not in CODES


def place(
    problems: Iterable[AnswerProblem], blocks: list[Block], *, numbered: bool
) -> tuple[dict[int, list[AnswerProblem]], list[AnswerProblem]]:
    """Which problems are about which of the blocks, by block number; and those that cannot be placed, in their order.

    numbered: the numbers that messages name count these blocks.
    """
    placed: dict[int, list[AnswerProblem]] = {}
    unplaced = []
    for problem in problems:
        found = at(blocks, {problem.block} if problem.block and numbered else None) or _meant(problem, blocks)
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
    code = code_of(problem)
    attributes = attributes_of(problem)
    able = [block for block in blocks if is_able(block, problem)]
    named = _named(problem.message, code, attributes, able or blocks)
    if able and (code.scope == "group" or (code.fields and _LEARNER.issuperset(code.fields))):
        values = {values_of(block, attributes) for block in named}
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


def subtract(problems: Iterable[AnswerProblem], others: Iterable[AnswerProblem]) -> list[AnswerProblem]:
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


def alike(problems: Sequence[AnswerProblem]) -> bool:
    """Whether problems say the same of different blocks. What the message of ESH:26 adds makes no difference."""
    return len({(problem.code, "" if is_there(problem) else problem.message) for problem in problems}) == 1


def is_there(problem: AnswerProblem) -> bool:
    """Whether it says that the enrollment exists."""
    return problem.code == ALREADY_ENROLLED


def code_of(problem: AnswerProblem) -> SmarterUCode:
    """What is known of its code."""
    return find(problem.code, problem.message)


def attributes_of(problem: AnswerProblem) -> list[str]:
    """The attributes of a block, among those that tell blocks apart, that a problem may be about."""
    return [_ATTRIBUTES[name] for name in code_of(problem).fields if name in _ATTRIBUTES]


def is_able(block: Block, problem: AnswerProblem) -> bool:
    """Whether a block holds what the problem is about."""
    return any(values_of(block, attributes)) if (attributes := attributes_of(problem)) else True


def values_of(block: Block, attributes: Iterable[str]) -> tuple[str | None, ...]:
    """A block's values of these attributes, as they are compared."""
    return tuple(_folded(block, attribute) for attribute in attributes)


def _folded(block: Block, attribute: str) -> str | None:
    value: str | None = getattr(block, attribute)
    return address(value) if value and attribute == "email" else value


def at(blocks: list[Block], positions: Iterable[int] | None) -> list[Block]:
    """The blocks at these positions of a request, counted from 1, in the order of the request."""
    return [blocks[position - 1] for position in sorted(positions or ()) if 1 <= position <= len(blocks)]


def without(blocks: Iterable[Block], others: Iterable[Block]) -> list[Block]:
    """The blocks that are none of the others, in their order."""
    numbers = {block.number for block in others}
    return [block for block in blocks if block.number not in numbers]
