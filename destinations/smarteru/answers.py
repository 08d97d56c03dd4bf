"""SmarterU's answers, from bytes to plain values. What is no answer is told apart from a refusal.

SmarterU answers with HTTP 200 and `text/html` whatever happens, so only the body says what it is.
"""

from dataclasses import dataclass

from lxml import etree

from destinations.smarteru.codes import block_named, code_of
from destinations.smarteru.parsing import NotXml, parse
from rollbook.errors import RollbookError

MOST_BYTES = 16 * 2**20
_SHOWN = 300


class NotAnAnswer(RollbookError):
    """The bytes are no answer of SmarterU's, or only a part of one. What the call did is not known.

    beginning: how they begin, on one line of at most 300 characters. why: what is wrong with them.
    """

    def __init__(self, beginning: str, why: str = "no answer of SmarterU's") -> None:
        super().__init__(f"This is {why}. It begins: {beginning or '(nothing)'}")
        self.beginning = beginning
        self.why = why


@dataclass(frozen=True)
class AnswerProblem:
    """One error of an answer. code: as codes.CODES has it, or as sent. block: the number that the message names."""

    code: str
    message: str
    block: int | None


@dataclass(frozen=True)
class BatchAnswer:
    """What SmarterU says about a batch.

    succeeded: what `Result` says, which does not mean that every block was taken: the problems count.
    processed: the numbers of the blocks that it says it processed; None when it does not say which.
    """

    succeeded: bool
    processed: frozenset[int] | None
    problems: tuple[AnswerProblem, ...]


def parse_answer(body: bytes, *, most_bytes: int = MOST_BYTES) -> BatchAnswer:
    """The answer to `enrollSessionHistory`; raises NotAnAnswer."""
    root = element_of(body, most_bytes=most_bytes)
    return BatchAnswer(text_of(root, "Result").lower() == "success", _processed(root), errors_of(root))


def element_of(body: bytes, *, most_bytes: int = MOST_BYTES) -> etree._Element:
    """The root of any answer of SmarterU's, comments left out; raises NotAnAnswer.

    Nothing outside the body is read, no entity is expanded and a DOCTYPE is refused.
    """
    if len(body) > most_bytes:
        raise NotAnAnswer(_beginning(body), f"longer than {most_bytes:,} bytes")
    try:
        root = parse(body)
    except NotXml as error:
        raise NotAnAnswer(_beginning(body)) from error
    if root.tag != "SmarterU":
        raise NotAnAnswer(_beginning(body))
    if not text_of(root, "Result"):
        raise NotAnAnswer(_beginning(body), "an answer without a result")
    return root


def errors_of(root: etree._Element) -> tuple[AnswerProblem, ...]:
    """The errors of an answer in their order; an `Error` that holds nothing is none."""
    told = ((text_of(error, "ErrorID"), text_of(error, "ErrorMessage")) for error in root.iterfind("Errors/Error"))
    return tuple(
        AnswerProblem(code_of(code), message, block_named(message)) for code, message in told if code or message
    )


def text_of(element: etree._Element, path: str) -> str:
    """The text at a path below an element without leading and trailing spaces; empty where there is none."""
    found = element.find(path)
    return "" if found is None else "".join(str(text) for text in found.itertext()).strip()


def _processed(root: etree._Element) -> frozenset[int] | None:
    """One entry without a readable number makes the list useless: what is missing from it proves nothing then."""
    told = [element.get("block", "").strip() for element in root.iterfind("Info/Enrollments/Enrollment")]
    if not told or not all(number.isascii() and number.isdecimal() and len(number) < 10 for number in told):
        return None
    return frozenset(map(int, told))


def _beginning(body: bytes) -> str:
    text = body[: 8 * _SHOWN].decode("utf-8", errors="replace")
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())[:_SHOWN]
