"""What stands beside a status in the same cell: `Complete (online)`, `Passed - 85`, `Completed - failed`.

It may say how or where, a score or a day, or the same once more: then it changes nothing. Whatever else it says, the
cell is in doubt.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from rollbook.rows.statuses import COMPLETED
from transforms.values.cleaner import CellVerdict
from transforms.values.dates.date_readings import is_date
from transforms.values.grades import WORDS as GRADES
from transforms.values.normalize import plain
from transforms.values.statuses.status_table import BESIDE, STATUS_OF, key, reason_of

# In brackets, behind a dash, a colon or a comma; a number or a day may stand behind the word itself.
_BESIDE = re.compile(
    r"(?P<word>[^()\[\]]*?\w\)?)(?:\s*[(\[](?P<inside>[^()\[\]]+)[)\]]|\s+[-/|]\s*(?P<behind>.+)|\s*[:;,]\s*(?P<after>.+)"
    r"|(?:\s+(?:(?:on|am|le|el|em|il|op|dnia)\s+)?|-)(?P<number>\d.*))",
    re.DOTALL | re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s*[,;|()\[\]]\s*|\s+[-/]\s+")
_NUMBER = re.compile(r"[+-]?\d{1,4}(?:[.,]\d{1,4})?\s*%?|\d{1,4}\s*/\s*\d{1,4}")
_WHOLE = re.compile(r"100(?:[.,]0+)?\s*%?|(\d+)\s*/\s*\1")
_LETTER = re.compile(r"[A-F][+-]?")


class Beside(NamedTuple):
    """A known word of a status or of two senses, the status that it means, and the pieces of what stands beside it."""

    word: str
    status: str | None
    pieces: tuple[str, ...]


def split(text: str, under_header: Callable[[str], str | None]) -> Beside | None:
    """The word and what stands beside it; None where the text has no such form, or no known word.

    under_header: the status that an answer such as yes means in the column.
    """
    found = _BESIDE.fullmatch(plain(text).strip())
    if not found:
        return None
    word = found["word"]
    # `1 - 2` and `N-17` are no answers with a remark.
    answered = under_header(word) if word.isalpha() and not found["number"] else None
    status = STATUS_OF.get(key(word)) or answered
    if not (status or reason_of(word)):
        return None
    beside = next(part for part in found.group("inside", "behind", "after", "number") if part)
    return Beside(word, status, tuple(filter(None, _BETWEEN.split(beside.strip()))))


def judge(beside: Beside) -> CellVerdict:
    """The status of the word, or why the cell is in doubt."""
    if reason := reason_of(beside.word):
        return CellVerdict(code="status.unknown", detail=f"“{beside.word}” {reason}")
    assert beside.status is not None
    doubts = (_doubt(beside.word, beside.status, piece) for piece in beside.pieces)
    doubt = next(filter(None, doubts), None)
    return CellVerdict(code="status.unknown", detail=doubt) if doubt else CellVerdict(beside.status)


def _doubt(word: str, status: str, piece: str) -> str | None:
    """Why a piece may change what the word says; None where it does not."""
    if _NUMBER.fullmatch(piece):
        scored = status != COMPLETED or key(word) in GRADES or _WHOLE.fullmatch(piece)
        return None if scored else f"“{piece}” could be a score, or how much is completed"
    said = key(piece)
    other = STATUS_OF.get(said)
    if said in BESIDE or other == status or is_date(piece) or _is_grade(piece, status):
        return None
    if reason := reason_of(piece):
        return f"“{piece}” {reason}"
    return f"“{word}” means {status}, and “{piece}” {f'means {other}' if other else 'is not a known word'}"


def _is_grade(piece: str, status: str) -> bool:
    grade = GRADES.get(key(piece))
    return status == COMPLETED and (grade not in (None, "Fail") or bool(_LETTER.fullmatch(piece)))
