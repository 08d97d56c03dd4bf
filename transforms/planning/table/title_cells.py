"""What stands above a table as label and value: `Course: Fire Safety`, or a label with its value beside or below it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from transforms.planning.table.headers import is_of_other_things, usual_entries
from transforms.planning.table.table_detection import Cells
from transforms.values.dates.date_readings import is_date
from transforms.vocabulary.languages import listed, words_of

# Between a label and its value there may be merged or blank cells.
_FARTHEST = 4
_LONGEST_LABEL = 6
_TWO = 2
# None within times (`08:00`) and addresses (`https://`).
_COLON = re.compile(r"[:：](?!//)(?<!\d[:：](?=\d))")
_GAP = re.compile(r"\s{2,}|[\t\r\n|;•·]+")
_TRIMMED = " \t\r\n\xa0\u200b\u200e\u200f|;,•·"
_COLONS = (":", "：")


@dataclass(frozen=True)
class TitleCell:
    """A label and what may be its value.

    place: the cell of the label, `A2`. label: without its colon. text: the value as it stands. cell: where it stands.
    pattern: what finds the value in its cell; None where the cell holds nothing else. sure: False where the text may
    hold more than the value (`Course: Fire Safety Assessor: Iris Holt`).
    """

    place: str
    label: str
    text: str
    cell: str
    pattern: str | None = None
    sure: bool = True


Rows = Sequence[tuple[int, Cells]]


def title_cells(rows: Rows, letters: Sequence[str]) -> tuple[TitleCell, ...]:
    """The labels with their values in the rows above a table, in reading order; two of one place are rivals.

    rows: (row number, its non-blank cells), without blank rows. letters: those of all columns, in sheet order.
    """
    order = {letter: number for number, letter in enumerate(letters)}
    return tuple(
        found
        for place, (row, cells) in enumerate(rows)
        for letter, text in cells.items()
        for found in tuple(_inside(text, f"{letter}{row}")) or _around(letter, rows, place, order)
    )


# A cell that holds label and value


def _inside(text: str, cell: str) -> Iterator[TitleCell]:
    """`Data: 14/03/2023     Horário: 08:00` holds two."""
    colons = [found.start() for found in _COLON.finditer(text)]
    labels = [(*start, colon) for colon in colons if (start := _label_start(text, colon)) is not None]
    for number, (beginning, _, colon) in enumerate(labels):
        end, certain, after = labels[number + 1] if number + 1 < len(labels) else (len(text), True, len(text))
        value = text[colon + 1 : end].strip(_TRIMMED)
        value = value if end == len(text) else value.rstrip(" -–—,")
        if value:
            sure = certain and not any(colon < other < end for other in colons)
            pattern = _pattern(text[beginning:colon], text[end:after])
            yield TitleCell(cell, text[beginning:colon].strip(_TRIMMED), value, cell, pattern, sure)


def _label_start(text: str, colon: int) -> tuple[int, bool] | None:
    """Where the label before a colon begins, and whether that is certain.

    It is all that stands behind a gap, or else the longest run of words that is known as a label.
    """
    gaps = [found.end() for found in _GAP.finditer(text, 0, colon) if text[found.end() : colon].strip()]
    earliest = max(gaps, default=0)
    starts = [earliest + found.start() for found in re.finditer(r"\S+", text[earliest:colon])]
    if not 0 < len(starts) <= _LONGEST_LABEL and not gaps:
        starts = starts[-_LONGEST_LABEL:]
    elif starts and (gaps or not _COLON.search(text, 0, colon)) and len(starts) <= _LONGEST_LABEL:
        return starts[0], True
    known = [start for start in starts if is_known(text[start:colon])]
    return (known[0], len(known) == 1) if known else None


def _pattern(label: str, following: str) -> str:
    """A pattern that finds the value between its label and the next one, or the end."""
    own, after = (r"\s*".join(map(re.escape, words.split())) for words in (label, following))
    return rf"{own}\s*[:：]\s*(.+?)[\s|;,•·–-]*{after}\s*[:：]" if after else rf"{own}\s*[:：]\s*(.+?)\s*$"


# A cell that holds a label only


def _around(letter: str, rows: Rows, place: int, order: Mapping[str, int]) -> Iterator[TitleCell]:
    """What stands beside a label, or below it where the row is one of labels; both where either may be meant."""
    row, cells = rows[place]
    if not is_label(cells[letter]):
        return
    listed = _is_listed(letter, rows, place)
    beside, below = _beside(letter, rows[place], order, listed), _below(letter, rows, place)
    if below and _of_labels(cells):
        beside = None
    elif beside and (_ends_in_colon(cells[letter]) or _labels_stand_in(letter, rows, place)):
        below = None
    for cell, text in filter(None, (beside, below)):
        yield TitleCell(f"{letter}{row}", _bare(cells[letter]), text.strip(), cell)


def _beside(letter: str, line: tuple[int, Cells], order: Mapping[str, int], listed: bool) -> tuple[str, str] | None:
    """(cell, text) of the next cell in the row that is no label.

    listed: labels stand in the rows around, each with its value beside it, which may be a known word: `Induction`.
    """
    row, cells = line
    right = next((x for x in cells if order[x] > order[letter]), None)
    if right is None or order[right] - order[letter] > _FARTHEST:
        return None
    text = cells[right]
    if _ends_in_colon(text) or any(_inside(text, "")):
        return None
    if is_known(text) and not (listed or _ends_in_colon(cells[letter])):
        return None
    return f"{right}{row}", text


def _below(letter: str, rows: Rows, place: int) -> tuple[str, str] | None:
    """(cell, text) of what stands in the next line, if that is one of values."""
    (above, cells), (row, under) = rows[place], rows[place + 1] if place + 1 < len(rows) else (0, {})
    labels = any(is_label(text) or any(_inside(text, "")) for text in under.values())
    alone = len(cells) == 1 and not _ends_in_colon(cells[letter]) and len(words_of(cells[letter])) < _TWO
    if row != above + 1 or letter not in under or labels or alone or not set(under) <= set(cells):
        return None
    return f"{letter}{row}", under[letter]


def _of_labels(cells: Cells) -> bool:
    """Is the row one of labels, with the values below? It has two that are known, or more cells than a pair."""
    return sum(is_known(text) for text in cells.values()) >= _TWO or len(cells) > _TWO


def _is_listed(letter: str, rows: Rows, place: int) -> bool:
    """Are this row and one next to it pairs, with labels in the same column?"""
    row, cells = rows[place]
    near = [under for at, under in rows if abs(at - row) == 1 and letter in under and len(under) == len(cells) == _TWO]
    return any(is_label(under[letter]) for under in near)


def _labels_stand_in(letter: str, rows: Rows, place: int) -> bool:
    """Do other labels stand in the same column?"""
    return any(is_known(cells[letter]) for n, (_, cells) in enumerate(rows) if n != place and letter in cells)


# What is a label


def is_label(text: str) -> bool:
    """Whether a cell holds a label and nothing else: words that are known, or any with a colon behind them."""
    short = 0 < len(words_of(text)) <= _LONGEST_LABEL
    return short and (_ends_in_colon(text) or (is_known(text) and not is_date(text)))


def is_known(label: str) -> bool:
    """Whether the words are a label in any language, of a field or of something else."""
    bare = _bare(label)
    words = words_of(bare)
    known = words in labels_of("other") or words in labels_of("course") or is_of_other_things(bare)
    return bool(words) and (known or bool(usual_entries(bare, "")))


def _ends_in_colon(text: str) -> bool:
    return text.strip(_TRIMMED).endswith(_COLONS)


def _bare(label: str) -> str:
    return label.strip(_TRIMMED).rstrip("".join(_COLONS)).strip(_TRIMMED)


@cache
def labels_of(kind: str) -> frozenset[tuple[str, ...]]:
    """The words of labels above tables, in every language.

    kind: `course`: they name the course, although as headers they mean something else. `other`: they say nothing of an
    attendance, as trainer, place and host do not. `held`: by whom and where a session is held. `standing`: what they
    number is held again and again. `sections`: titles of the section with the people.
    """
    return frozenset(map(words_of, listed("titles").get(kind, ())))
