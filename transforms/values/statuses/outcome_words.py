"""What sheets call the outcomes of a unit: codes, names with their code in brackets, and a closed table of words."""

import re
from collections.abc import Mapping

import pandas as pd

from rollbook.rows.statuses import CANCELLED, COMPLETED, ENROLLED
from transforms.values.cleaner import BLANK, CellVerdict, Cleaned, judge_distinct
from transforms.values.normalize import trim
from transforms.values.placeholders import NO_ID
from transforms.values.statuses.nearest_word import nearest_word
from transforms.values.text import ERROR_TEXTS, NO_VALUE, fold

# (code, where the words are from, the words separated by " | "). National standard: the classification of the element
# "outcome identifier - national" in the standard for data on vocational training (AVETMISS).
_TABLE = (
    ("20", "national standard; onCourse's exports", "competency achieved/pass"),
    ("20", "aXcelerate's lists", "competent | competency achieved"),
    ("30", "national standard; onCourse's exports", "competency not achieved/fail"),
    ("30", "aXcelerate's lists", "not competent | competency not achieved"),
    ("30", "assessors' registers", "not yet competent | nyc"),
    ("40", "national standard", "withdrawn/discontinued | withdrawn"),
    ("41", "national standard", "incomplete due to RTO closure | incomplete, RTO closed"),
    ("51", "national standard", "recognition of prior learning - granted | recognition of prior learning granted"),
    ("51", "aXcelerate's lists", "RPL granted | RPL - granted | RPL"),
    ("52", "national standard", "recognition of prior learning - not granted"),
    ("52", "aXcelerate's lists", "RPL not granted | RPL - not granted"),
    ("60", "national standard", "credit transfer/national recognition | credit transfer"),
    ("60", "assessors' registers", "CT"),
    ("61", "national standard", "superseded subject | superseded"),
    ("70", "national standard", "continuing enrolment | continuing activity | continuing"),
    ("81", "national standard", "non-assessable activity - satisfactorily completed"),
    ("81", "aXcelerate's lists", "non-assessable, satisfactorily completed"),
    ("82", "national standard", "non-assessable activity - withdrawn or not satisfactorily completed"),
    ("82", "aXcelerate's lists", "non-assessable, not satisfactorily completed"),
    ("85", "national standard", "not yet started"),
    ("0", "aXcelerate's lists", "not reported"),
)
# Words of registers and exports that say there is no outcome yet.
_NO_OUTCOME = frozenset(map(fold, ("unmarked", "not marked"))) | {""}

_SPELLING_OF = {fold(word): word for _, _, words in _TABLE for word in words.split(" | ")}
_CODE_OF = {fold(word): code for code, _, words in _TABLE for word in words.split(" | ")}
_WORDS = frozenset(_SPELLING_OF.values())

# A number that went through a program is `20.0`; states have codes with a letter, all have a digit.
_CODE = re.compile(r"([0-9]{1,4})\.0+|(?=[A-Za-z@]*[0-9])[0-9A-Za-z@]{1,4}")
_BRACKETED = re.compile(r"(.*)\(\s*([0-9A-Za-z@]{1,4})\s*\)", re.DOTALL)
# `20 - Competency achieved/pass`, as other systems of the same standard have it.
_LED = re.compile(r"\s*([0-9]{2})\s*[-–—:]\s*(.*)", re.DOTALL)


# What became of the learner, by the code; the others are no attendance, or say in two senses what became of it.
_STATUS_OF_CODE = {"20": COMPLETED, "81": COMPLETED, "40": CANCELLED, "70": ENROLLED, "85": ENROLLED}
_NO_STATUS_OF_CODE = {
    "30": "could mean completed with the grade Fail, or attended",
    "82": "could mean cancelled, or attended without success",
    "41": "could mean cancelled, or attended",
} | dict.fromkeys(("51", "52", "60"), "is about a credit: nobody attended anything")


def status_of_outcome(text: str) -> tuple[str | None, str | None]:
    """(status, why there is none) of an outcome that has its own code beside it, as `Continuing activity (70)`.

    `Pass (85)` is a score.
    """
    words, code = _words_and_code(text) or ("", "")
    code = code if _CODE_OF.get(fold(words)) == code else ""
    return _STATUS_OF_CODE.get(code), _NO_STATUS_OF_CODE.get(code)


def _words_and_code(text: str) -> tuple[str, str] | None:
    """An outcome's words, and the code in brackets behind them or in front of them."""
    if found := _BRACKETED.fullmatch(text):
        return found[1], found[2]
    return (found[2], found[1]) if (found := _LED.fullmatch(text)) else None


def clean_outcomes(cells: pd.Series, words: Mapping[str, str]) -> Cleaned:
    """The outcome codes of the cells, as text in upper case; `words`, the profile's, go before the closed table.

    `Competency achieved/pass (20)` is the code in brackets; `Unmarked`, `-` and `N/A` are missing. Which codes are
    taken is for the rules to say. Codes: `outcome.unknown` with the nearest known word, `cell.error`.
    """
    own = {spell(word): code for spell in (fold, trim) for word, code in words.items()}
    return judge_distinct(cells, lambda cell: _judge_outcome(trim(cell), own))


def _judge_outcome(text: str, own: Mapping[str, str]) -> CellVerdict:
    folded = fold(text)
    code = own.get(text) or (own.get(folded) if folded else None)
    if code:
        return CellVerdict(code.strip().upper())
    if folded in _NO_OUTCOME or text.casefold() in NO_VALUE | NO_ID:
        return BLANK
    if found := _CODE.fullmatch(text):
        return CellVerdict((found[1] or text).upper())
    if folded in _CODE_OF:
        return CellVerdict(_CODE_OF[folded])
    return _judge_words(text)


def _judge_words(text: str) -> CellVerdict:
    if found := _words_and_code(text):
        return _judge_bracketed(*found)
    if text.upper() in ERROR_TEXTS:
        return CellVerdict(code="cell.error")
    return CellVerdict(code="outcome.unknown", detail=_suggestion(text))


def _judge_bracketed(before: str, inside: str) -> CellVerdict:
    """The code beside the words, unless they are known and mean another one."""
    meant = _CODE_OF.get(fold(before))
    if not _CODE.fullmatch(inside):  # `Not yet competent (NYC)`
        whole = meant if meant == _CODE_OF.get(fold(inside)) else _CODE_OF.get(fold(before + inside))
        return CellVerdict(whole) if whole else CellVerdict(code="outcome.unknown", detail=_suggestion(before))
    if meant not in (None, inside):
        return CellVerdict(code="outcome.unknown", detail=f"its words mean {meant}, its code is {inside}")
    return CellVerdict(inside.upper())


def _suggestion(text: str) -> str | None:
    word = nearest_word(text, _WORDS)
    return f"the nearest known word is {word} ({_CODE_OF[fold(word)]})" if word else None
