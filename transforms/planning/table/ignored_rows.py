"""Rows below a header that carry no record, and why: blank lines, totals, notes, repeated headers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rollbook.rows.examples import EXAMPLE_PATTERN
from transforms.planning.table.sum_words import (
    FIRST_OF_NOTES,
    FIRST_WORDS,
    counts_heads,
    is_legend,
    is_note_label,
    is_noted,
    is_row_count,
    is_ruled,
    is_sum,
    label_of,
)
from transforms.planning.table.table_detection import Cells
from transforms.values.cleaner import texts
from transforms.values.text import fold

_SUMS = r"(?:sum|count|average|avg\.?|mean|median|summe|gesamt|anzahl|durchschnitt|somme|moyenne|total g[eé]n[eé]ral)"
_TOTAL = r"(?:grand\s*|sub[\s-]*|overall\s*)?totals?\b"
_FIGURES = r"\s*[:=]?\s*[\d.,%\s]*$"
_TOTALS = re.compile(rf"{_TOTAL}|{_SUMS}{_FIGURES}", re.IGNORECASE)
# Nothing but the word: `Total Quality` may be a department, `Total Jane` a person.
_ONLY_TOTALS = re.compile(rf"(?:{_TOTAL}|{_SUMS}){_FIGURES}", re.IGNORECASE)
# `KEY-001` and `Note7` are IDs.
_NOTE = re.compile(
    r"(?:(?:note|notes|source|sources|exported|generated|printed|downloaded|report|legend|key|page \d+|prepared by|"
    r"remark|confidential|end of|disclaimer|last updated|created on|created by|run date)(?=[\s:*]|$)"
    r"|\(c\)|\*|\u00a9|\u2020)",
    re.IGNORECASE,
)
_SENTENCE_WORDS = 5
# What no name of a person has: figures, signs, a longer word without a capital.
_NO_NAME = re.compile(r"[^\W_]*\d|[:;,!?()/=]|(?<![\w'\u2019-])[a-zß-öø-ÿ]{5,}")
_NUMBER = re.compile(r"[-+]?[\d.,\s]+%?$|\d+\s*/\s*\d+$")
# Lines of another kind under the header of gradebooks and registers; the first ones also stand in the learner's column.
PSEUDO_LEARNERS = frozenset(map(fold, ("points possible", "(read only)", "manual posting", "max points", "out of")))
_PSEUDO = PSEUDO_LEARNERS | frozenset(
    map(
        fold,
        (
            "mon | tue | wed | thu | fri | sat | sun | monday | tuesday | wednesday | thursday | friday | saturday | "
            "sunday | mo | di | mi | do | fr | sa | so | required | optional | mandatory | text | string | number | "
            "date | yyyy-mm-dd | dd/mm/yyyy | mm/dd/yyyy | max | maximum | weight"
        ).split(" | "),
    )
)
_EXAMPLE = re.compile(rf"\s*{EXAMPLE_PATTERN}\s*", re.ASCII)
_PREFIX = (
    rf"(?i)^\s*({EXAMPLE_PATTERN}|(grand|sub|overall)?[\s-]*totals?\b|(sum|count|average|avg|mean|median|summe|gesamt|anzahl|"
    r"durchschnitt|somme|moyenne)\b|points possible|\(read only\)|manual posting|max points|out of|"
    rf"(?:{FIRST_WORDS})(?:[\s:.\d]|$)|%|(?:{FIRST_OF_NOTES})[^:：]*[:：])|[:：%]\s*$|^[\s:]*[-=_+|─═]{{2}}"
)


@dataclass(frozen=True)
class Judge:
    """Says of a row below the header why it carries no record, if it does not. Row by row: parts change nothing.

    learner, identity, evidence: the letters of the columns that name the learner, that identify it, and that make a
    record of a row; sessions: the letters of a wide sheet's sessions. numbered: those of IDs that have figures.
    """

    header: Mapping[str, str]
    learner: tuple[str, ...]
    identity: tuple[str, ...]
    evidence: tuple[str, ...]
    sessions: tuple[str, ...] = ()
    numbered: tuple[str, ...] = ()

    def reason(self, cells: Cells) -> str | None:
        """Why the row is ignored: blank, repeated header, totals, example or note; None when it may be a record.

        Nothing is ignored that has a value where a learner is named, but for the words of totals, headers and notes
        and lines that are drawn.
        """
        if not cells:
            return "blank"
        if self._repeats_header(cells):
            return "repeated header"
        if self._is_totals(cells) or self._counts_heads(cells):
            return "totals"
        if any(_EXAMPLE.fullmatch(cells[letter]) for letter in self.learner if letter in cells):
            return "example"
        if not any(letter in cells for letter in self.learner) and not _is_printed_line(cells):
            return self._without_learner(cells)
        return "note" if self._is_note(cells) else None

    def _repeats_header(self, cells: Cells) -> bool:
        """Every cell says what its header says: a row with some such words is a record."""
        headed = {letter: text for letter, text in cells.items() if letter in self.header}
        same = all(fold(text) == fold(self.header[letter]) for letter, text in headed.items())
        return same and len(headed) >= min(2, len(self.header)) and len(headed) * 2 > len(self.header)

    def _is_totals(self, cells: Cells) -> bool:
        named = {letter: cells[letter].strip() for letter in self.learner if letter in cells}
        first = next(iter(cells.values())).strip()
        if not any(_begins_with_sum(text) for text in (first, *named.values())):
            return False
        facts = self._facts(cells)
        if not all(_says_only_sum(text) or _NUMBER.match(text) for text in facts):
            return False
        only = any(_says_only_sum(text) for text in (first, *named.values()))
        return not any(self._may_be_learner(letter, text, facts, only) for letter, text in named.items())

    def _counts_heads(self, cells: Cells) -> bool:
        """In a register, how many came: `Present` where a learner is named, and nothing but figures beside it."""
        named = {letter: text for letter, text in cells.items() if letter not in self.sessions}
        figures = [text.strip() for letter, text in cells.items() if letter in self.sessions]
        said = named and figures and all(_NUMBER.match(text) for text in figures)
        return bool(said) and all(counts_heads(text) or _NUMBER.match(text.strip()) for text in named.values())

    def _may_be_learner(self, letter: str, text: str, facts: list[str], only_totals: bool) -> bool:
        """Whether a cell of a row of sums names somebody after all; figures may be a count of learners."""
        if _NUMBER.match(text):
            return letter in self.identity and bool(facts or not only_totals)
        return not (_says_only_sum(text) if facts else _begins_with_sum(text))

    def _facts(self, cells: Cells) -> list[str]:
        return [cells[letter].strip() for letter in (*self.evidence, *self.sessions) if letter in cells]

    def _without_learner(self, cells: Cells) -> str | None:
        texts = [text.strip() for text in cells.values()]
        if all(fold(text) in _PSEUDO for text in texts):
            return "note"
        facts = self._facts(cells)
        others = [text.strip() for letter, text in cells.items() if letter not in (*self.evidence, *self.sessions)]
        if self.sessions and facts and all(_NUMBER.match(text) for text in facts) and not any(map(_may_name, others)):
            return "totals"
        if not facts:
            return "totals" if all(_NUMBER.match(text) for text in texts) else "note"
        signed = _is_signed(texts) and all(map(is_noted, facts))
        return "note" if signed or (len(texts) == 1 and _reads_like_a_note(texts[0])) else None

    def _is_note(self, cells: Cells) -> bool:
        texts = [text.strip() for text in cells.values()]
        if _is_printed_line(cells):
            return True
        if len(texts) == 1:
            return _reads_like_a_note(texts[0]) or (next(iter(cells)) in self.numbered and _is_heading(texts[0]))
        if _is_signed(texts) and (texts[0].endswith((":", "：")) or all(map(is_noted, self._facts(cells)))):
            return True
        named = [cells[letter] for letter in self.learner if letter in cells]
        return all(fold(text) in PSEUDO_LEARNERS for text in named)


def _is_printed_line(cells: Cells) -> bool:
    """Whether a row is what SQL clients print around a table: a line that is drawn, how many rows there are."""
    texts = list(cells.values())
    return all(map(is_ruled, texts)) or (len(texts) == 1 and is_row_count(texts[0]))


def _may_name(text: str) -> bool:
    """Whether a cell of a column that feeds nothing may name a person: it is no figure, and no word of such lines."""
    return not (_NUMBER.match(text) or is_sum(text) or counts_heads(text) or _reads_like_a_note(text))


def _begins_with_sum(text: str) -> bool:
    return bool(_TOTALS.match(text)) or is_sum(text)


def _says_only_sum(text: str) -> bool:
    return bool(_ONLY_TOTALS.match(text)) or is_sum(text)


def _reads_like_a_note(text: str) -> bool:
    if "@" in text:
        return False
    sentence = len(text.split()) >= _SENTENCE_WORDS and _NO_NAME.search(text)
    noted = is_noted(text)
    return bool(is_printed(text) or sentence or text.endswith((":", "：")) or is_legend(text) or noted)


def _is_heading(text: str) -> bool:
    """`Paint shop` alone in a row, where the IDs have figures: the learners below it are of that department."""
    return "@" not in text and not any(map(str.isnumeric, text))


def is_printed(text: str) -> bool:
    """Whether a cell begins as lines do that programs print: `Page 2`, `Exported on …`, `* …`."""
    return bool(_NOTE.match(text))


def _is_signed(texts: list[str]) -> bool:
    """`Trainer:` | `Iris Holt` | `Date:` | `14/03/2023`: labels of such lines, each with one value at most."""
    labels = [label_of(text) for text in texts]
    pairs = zip(labels, [*labels[1:], ""], strict=True)
    one_each = all(label is not None or following is not None for label, following in pairs)
    return labels[0] is not None and is_note_label(labels[0]) and one_each and not any("@" in text for text in texts)


def ignored_reasons(part: pd.DataFrame, judge: Judge) -> pd.Series:
    """The reasons (`str`) of the rows that carry no record; only those, on their index in the part."""
    letters = [name for name in part.columns if name != "row"]
    columns = {letter: texts(part[letter]) for letter in letters}
    places = np.flatnonzero(_suspects(columns, len(part), judge))
    few = {letter: column.take(pa.array(places)).to_pylist() for letter, column in columns.items()}
    found = [judge.reason({x: text for x, column in few.items() if (text := column[n])}) for n in range(len(places))]
    return pd.Series(found, index=part.index[places], dtype="object").dropna().astype("str")


def _suspects(columns: Mapping[str, pa.Array], rows: int, judge: Judge) -> np.ndarray:
    """Rows that may carry no record, found column-wise so that the many that do cost little."""
    filled = np.zeros(rows, dtype=np.int32)
    identified = np.zeros(rows, dtype=bool)
    for letter, column in columns.items():
        present = column.is_valid().to_numpy(zero_copy_only=False) if column.null_count else np.ones(rows, dtype=bool)
        filled += present
        if letter in (judge.identity or judge.learner):
            identified |= present
    suspects: np.ndarray = (filled <= 2) | ~identified
    headed = [letter for letter in columns if letter in judge.header]
    for letter in dict.fromkeys((*headed[:1], *(judge.identity or judge.learner)[:1])):
        suspects |= _unlike_a_learner(columns[letter], judge.header.get(letter, ""))
    return suspects


def _unlike_a_learner(column: pa.Array, header: str) -> np.ndarray:
    pattern = rf"{_PREFIX}|^\s*{re.escape(header)}\s*$" if header else _PREFIX
    odd = pc.match_substring_regex(column, pattern)
    return np.asarray(odd.fill_null(False).to_numpy(zero_copy_only=False))
