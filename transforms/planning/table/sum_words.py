"""The words of lines below a table: of sums and counts, of signatures and legends, in every language."""

import re
from collections.abc import Sequence
from functools import cache
from itertools import takewhile

from transforms.planning.table.table_detection import RawRows, rows_of
from transforms.planning.table.title_cells import labels_of
from transforms.values.statuses.status_words import status_of
from transforms.vocabulary.languages import listed, words_of

# `Total : 12 inscriptions` counts things.
_MOST_COUNTED = 2
_LONGEST = 80
# So many lines of that kind stand below a table.
_MOST_LINES = 12
_WORDS = 3
_LEGEND = re.compile(r"\s*\S{1,12}(?:\s\S{1,12})?\s*[=→]\s*\S")
# `+ present`: a sign and its word, and nothing between them.
SIGN_AND_WORD = re.compile(
    r"(?P<mark>[+\-\u2212\u2013/*\u2022\u25cb\u25cf\u2713-\u2718])\s+(?P<word>[^\W\d_][^=:;|\n]*)"
)
_COLON = re.compile("[:：](?!\\d)")


@cache
def _phrases(kind: str) -> frozenset[tuple[str, ...]]:
    return frozenset(map(words_of, listed("rows").get(kind, ())))


def _first_words(*kinds: str) -> str:
    """A pattern of the words that such lines begin with, as sheets write them and without their accents."""
    phrases = [phrase for kind in kinds for phrase in listed("rows").get(kind, ())]
    firsts = {first for phrase in phrases for first in (phrase.split()[0].lower(), words_of(phrase)[0])}
    return "|".join(sorted(map(re.escape, firsts)))


FIRST_WORDS = _first_words("sums", "heads")
FIRST_OF_NOTES = _first_words("notes")
_BEGINS = re.compile(rf"\s*(?:{_first_words('sums')})(?!\w)", re.IGNORECASE)
_ROW_COUNT = re.compile(
    r"\(?(?:\d[\d.,]*|no) (?:rows?|row\(s\)|records?|zeilen?|lignes?|filas?|linhas?|rig[ah]e?|rij(?:en)?|wiersz[ey]?)"
    r"(?: (?:affected|selected|returned|retrieved|fetched|in set))?(?: \([\d.,]+ s(?:ec)?\))?\)?[.;]?",
    re.IGNORECASE,
)
_RULED = re.compile(r"[:+|\s]*[-=_─═]{2,}[-=_─═:+|\s]*")
# `Erfüllt %`, `% trained`: a name or an ID has no per-cent sign.
_RATE = re.compile(r"\s*(?:[^\W\d_][^\d%]*%|%\s*[^\W\d_][^\d%]*)[\s:]*")


def is_sum(text: str) -> bool:
    """Whether a cell says that its row sums up: such words alone, or with a figure and what was counted behind them.

    `Totale presenze` says both; so does what the figures beside it are per cents of.
    """
    if len(text) <= _LONGEST and _RATE.fullmatch(text):
        return True
    if len(text) > _LONGEST or not _BEGINS.match(text):
        return False
    words = words_of(text)
    figure = next((place for place, word in enumerate(words) if word.isdigit()), len(words))
    said, behind = words[:figure], [word for word in words[figure:] if word.isalpha()]
    return len(behind) <= _MOST_COUNTED and (said in _phrases("sums") or _is_sum_of_heads(said))


def _is_sum_of_heads(words: tuple[str, ...]) -> bool:
    ends = (place for place in range(1, len(words)) if words[:place] in _phrases("sums"))
    return any(words[n:] in _phrases("heads") or words[n + 1 :] in _phrases("heads") for n in ends)


def counts_heads(text: str) -> bool:
    """Whether a cell says what the figures beside it count: `Present`, `Headcount`, `Anwesend:`."""
    return len(text) <= _LONGEST and words_of(text) in _phrases("heads")


def is_below_tables(text: str) -> bool:
    """Whether a cell is of a line of sums, signatures or a legend, so that it says nothing of its column."""
    return is_sum(text) or is_noted(text) or is_legend(text) or is_row_count(text) or is_ruled(text)


def is_row_count(text: str) -> bool:
    """Whether a cell is what SQL clients print below a table: `(3 rows affected)`, `3 rows in set (0.01 sec)`."""
    return bool(_ROW_COUNT.fullmatch(text.strip()))


def is_ruled(text: str) -> bool:
    """Whether a cell is a piece of a line that is drawn with signs: `-----`, `---+---`, `:---:`."""
    return bool(_RULED.fullmatch(text.strip()))


def is_noted(text: str) -> bool:
    """Whether a cell begins with such a label and a colon, or holds one alone: one word that may be a name does not."""
    label = label_of(text) if len(text) <= _LONGEST else None
    if label is not None:
        return is_note_label(label)
    return len(text) <= _LONGEST and (words_of(text) in _phrases("notes") or (" " in text and is_note_label(text)))


def lines_above(rows: RawRows) -> int:
    """How many of the first rows are a line that is drawn below the header: one at most."""
    first = rows_of(rows.slice(0, 1))
    return sum(1 for _, cells in first if cells and all(map(is_ruled, cells.values())))


def lines_below(rows: RawRows) -> int:
    """How many of the last rows are of sums, signatures or a legend, or blank: they say nothing of the columns."""
    last = rows_of(rows.slice(max(0, len(rows) - _MOST_LINES)))[::-1]
    return sum(1 for _ in takewhile(lambda line: _is_below(list(line[1].values())), last))


def _is_below(texts: Sequence[str]) -> bool:
    """Is the row blank, one of sums and the like, or several words in one cell?"""
    return not texts or is_below_tables(texts[0]) or (len(texts) == 1 and len(texts[0].split()) >= _WORDS)


def label_of(text: str) -> str | None:
    """The words before the first colon; None where there is none."""
    found = _COLON.search(text)
    return text[: found.start()] if found else None


def is_note_label(label: str) -> bool:
    """Whether the words are a label of what stands below tables: a signature, the trainer, the place, or several."""
    if len(label) > _LONGEST:
        return False
    words = words_of(label)
    known = any(words[:length] in _labels() for length in range(1, len(words) + 1))
    return known and _words() >= set(words)


@cache
def _labels() -> frozenset[tuple[str, ...]]:
    return _phrases("notes") | labels_of("other")


@cache
def _words() -> frozenset[str]:
    return frozenset(word for label in _labels() for word in label)


def is_legend(text: str) -> bool:
    """`✓ = present`, `+ present`."""
    alone = SIGN_AND_WORD.fullmatch(text.strip())
    return bool(_LEGEND.match(text) or (alone and status_of(alone["word"])))
