"""The statuses of cells: known words (`status_table`), yes and no under a header; nothing is guessed."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import pandas as pd

from rollbook.rows.statuses import ATTENDED, COMPLETED, NO_SHOW
from transforms.values.cleaner import BLANK, CellVerdict, Cleaned, judge_distinct
from transforms.values.dates.date_readings import is_date
from transforms.values.dates.dates import without_clock
from transforms.values.grades import is_spelled_number
from transforms.values.normalize import trim
from transforms.values.statuses import status_beside
from transforms.values.statuses.nearest_word import nearest_word
from transforms.values.statuses.outcome_words import status_of_outcome
from transforms.values.statuses.status_table import NO_RECORD, PRESENT, REFUSED_WORDS, STATUS_OF, key, near, reason_of
from transforms.values.text import ERROR_TEXTS, fold, mark_key
from transforms.vocabulary.languages import listed, plain_letters, raw, words_in, words_of

# Words and marks; of the words, many are how Excel and LibreOffice write TRUE and FALSE in the program's language.
YES = frozenset([*map(str.casefold, listed("answers")["yes"]), "1", "1.0", *"✓✔√☑✅•"])
NO = frozenset([*map(str.casefold, listed("answers")["no"]), "0", "0.0", *"✗✘✖❌☐"])
# A cross is a tick where it is the only mark, and its contrary beside another one.
CROSS = frozenset(["x", "☒", "✕", "×"])
LATE = "l"


def letter_answers(texts: Iterable[str], headers: Iterable[str], spoken: Collection[str]) -> dict[str, str]:
    """The letter (`mark_key`) for yes -> the word, where cells or headers have it beside that for no: `O` and `N`.

    spoken: the languages of the sheet, whose words the letters begin: a lone `O` may be anything.
    """
    marks = {mark_key(text) for text in texts}
    named = {pair for header in headers for pair in pairwise(words_of(header))}
    found: dict[str, str] = {}
    for said in (file["answers"] for code, file in raw().items() if code in spoken and "answers" in file):
        yes, no = words_in(said["yes"])[0].casefold(), words_in(said["no"])[0].casefold()
        if yes[0] in marks - YES and (no[0] in marks or (yes[0], no[0]) in named):
            found[yes[0]] = yes
    return found


@dataclass(frozen=True)
class StatusMeaning:
    """What yes, no and a cross mean under a header; None: nothing certain.

    header: the header as the sheet has it, for messages; '' below the dates of a register, where no header says it.
    dated: what a date says there, as under `Completed on`. blank: what a blank says, as under `Check-in time`.
    """

    header: str = ""
    yes: str | None = None
    no: str | None = None
    cross: str | None = None
    dated: str | None = None
    blank: str | None = None


_NO_LEGEND: Mapping[str, str] = {}
# Moodle: the letter, `-` before it where it is hidden, the points behind it.
_MOODLE_MARK = re.compile(r"-?\s*([A-Za-z?])(?:\s*\(\s*(?P<points>[\d.,]*)\s*/\s*(?P<of>[\d.,]*)\s*\))?")
_MOODLE_NO_RECORD = re.compile(r"enroll?ment(starts|ends|ended|expired)")
_RATE = re.compile(r"[+-]?\d+([.,]\d+)?\s*%?")
# `isPresent`, `classIsCancelled`, `Absent Indicator`, `Completed (Y/N)?`
_HEADER = re.compile(
    r"(?:class|session|learner|student)?(?:is|was|has|did|markedas)?(.+?)(?:indicator|flag|yn|yesno)?\??"
)


def status_meaning(header: str, distinct: pd.Series | None = None) -> StatusMeaning:
    """What yes and no say under the header; `distinct`: the column's texts, which tell what a cross among them is.

    Only a header that is itself a status says it: `Attended`, `Completed`, `Present`, `Cancelled`, `Absent Indicator`.
    """
    whole = key(header)
    found = _HEADER.fullmatch(fold(header))
    word = whole if whole in STATUS_OF or not found else plain_letters(found[1])
    yes = STATUS_OF.get(word) if len(word) > 1 else None
    no = NO_SHOW if yes and word in PRESENT else None
    marks = set() if distinct is None else {mark_key(text) for text in distinct.dropna()}
    return StatusMeaning(header, yes, no, cross=None if marks & YES else yes)


def clean_statuses(
    cells: pd.Series, meaning: StatusMeaning, words: Mapping[str, str], legend: Mapping[str, str] | None = None
) -> Cleaned:
    """The statuses (`rollbook.rows.statuses`) of the cells; `words`, the profile's, go before the closed table.

    legend: mark -> the word that the sheet itself explains it by.
    Code: `status.unknown`, with the choice named or the nearest known word; an error's text is `cell.error`.
    Blanks are missing: whether a row may do without a status is for the rules to say.
    """
    own, explained = _lookup(words), {mark_key(mark): word for mark, word in (legend or {}).items()}
    fewer = without_clock if meaning.dated else None
    cleaned = judge_distinct(cells, lambda text: _judge_status(trim(text), meaning, own, explained), alike=fewer)
    if meaning.blank is None:
        return cleaned
    return replace(cleaned, values=cleaned.values.mask(cleaned.values.isna() & cleaned.code.isna(), meaning.blank))


def _lookup(words: Mapping[str, str]) -> dict[str, str]:
    """Words as spelled, then without case, then folded; a folded letter or mark could be another one."""
    own = {trim(word): status for word, status in words.items()}
    for spell in (str.casefold, key):
        for word, status in words.items():
            if spell is str.casefold or len(key(word)) > 1:
                own.setdefault(spell(trim(word)), status)
    return own


def _judge_status(
    text: str, meaning: StatusMeaning, own: Mapping[str, str], legend: Mapping[str, str] = _NO_LEGEND
) -> CellVerdict:
    if not text:
        return BLANK
    found = _MOODLE_MARK.fullmatch(text)
    letter = found[1] if found else text
    for word in dict.fromkeys((text, letter)):
        status = own.get(word) or own.get(word.casefold()) or own.get(_folded_word(word))
        if status:
            return CellVerdict(status)
        if explained := legend.get(mark_key(word)):
            return _judge_status(explained, meaning, own)
    return _by_points(found) or _judge_word(text, letter, meaning)


def _judge_word(text: str, letter: str, meaning: StatusMeaning) -> CellVerdict:
    status = _under_header(mark_key(letter), meaning) or STATUS_OF.get(key(letter))
    if status:
        return CellVerdict(status)
    if meaning.dated and is_date(text):
        return CellVerdict(meaning.dated)
    return _judge_other(text, letter, meaning)


def _judge_other(text: str, letter: str, meaning: StatusMeaning) -> CellVerdict:
    if text.upper() in ERROR_TEXTS and text.upper() != "#N/A":
        return CellVerdict(code="cell.error")
    outcome, why_none = status_of_outcome(text)
    beside = None
    if len(letter) > 1 and not reason_of(text):
        beside = status_beside.split(text, lambda word: _under_header(mark_key(word), meaning))
    # `Pass (85)` is no outcome of the code 85.
    if beside and outcome != (beside.status or outcome):
        return status_beside.judge(beside)
    if outcome:
        return CellVerdict(outcome)
    if beside and not why_none:
        return status_beside.judge(beside)
    return CellVerdict(code="status.unknown", detail=f"it {why_none}" if why_none else _reason(letter, meaning))


def _by_points(found: re.Match[str] | None) -> CellVerdict | None:
    """What Moodle's points say of a letter: `A (0/2)` is absent, `L (1/2)` late, and 0 of 2 points never attended."""
    if found is None or not found["points"] or not (found["of"] or "").strip("0.,"):
        return None
    letter, scored = found[1].lower(), bool(found["points"].strip("0.,"))
    if letter == "a" and found["points"] == found["of"]:
        return CellVerdict(ATTENDED)  # `A`nwesend
    if status := {("a", False): NO_SHOW, (LATE, True): ATTENDED}.get((letter, scored)):
        return CellVerdict(status)
    if not scored and STATUS_OF.get(letter) == ATTENDED:
        return CellVerdict(code="status.unknown", detail=f"it has no points, but {letter.upper()} means {ATTENDED}")
    return None


def _folded_word(text: str) -> str:
    folded = key(text)
    return folded if len(folded) > 1 else text


def _under_header(mark: str, meaning: StatusMeaning) -> str | None:
    if mark in YES or (mark == LATE and meaning.yes == ATTENDED and meaning.header):
        return meaning.yes
    if mark in CROSS:
        return meaning.cross
    return meaning.no if mark in NO else None


def _reason(text: str, meaning: StatusMeaning) -> str | None:
    mark, folded = mark_key(text), fold(text)
    if refused := reason_of(text):
        return f"it {refused}"
    if mark in YES | NO | CROSS:
        return _reason_of_mark(mark, meaning)
    if not folded or _MOODLE_NO_RECORD.match(folded):
        return f"it {NO_RECORD}"
    if _RATE.fullmatch(text) or is_spelled_number(text):
        return "it is a number, perhaps an attendance rate"
    if is_date(text):
        return _reason_of_date(meaning)
    return _suggestion(text)


def _reason_of_mark(mark: str, meaning: StatusMeaning) -> str:
    if meaning.yes is None:
        return "it is a status only under a header that is itself one, such as Attended, Completed or Cancelled"
    if mark in CROSS and not meaning.header:
        return f"it could mean {meaning.yes} or {meaning.no}"
    if mark in CROSS:
        return f"beside other check marks it could mean {meaning.yes} or the opposite"
    could_mean = "enrolled, attended or no_show" if meaning.yes == COMPLETED else f"any status except {meaning.yes}"
    return f"under “{meaning.header}” it could mean {could_mean}"


def _reason_of_date(meaning: StatusMeaning) -> str:
    if meaning.yes is None or not meaning.header:
        return "it is a date"
    return f"it is a date; put dates in a column of their own, and a status or yes under “{meaning.header}”"


def _suggestion(text: str) -> str | None:
    word = nearest_word(text, near(text))
    if word is None:
        return None
    status = STATUS_OF.get(key(word))
    what = f" ({status})" if status else f", which {REFUSED_WORDS[key(word)]}"
    return f"the nearest known word is {word}{what}"


def is_status(text: str) -> bool:
    """Is it a word that may stand for a status: a known one, one of two senses, yes, no or a tick?"""
    known = key(text) in STATUS_OF or bool(reason_of(trim(text))) or mark_key(text) in YES | NO | CROSS
    return known or bool(_MOODLE_MARK.fullmatch(trim(text))) or status_beside.split(text, _any_answer) is not None


def _any_answer(text: str) -> str | None:
    return ATTENDED if mark_key(text) in YES | NO else None


def status_of(text: str) -> str | None:
    """The status of a word that means just one wherever it stands; None for yes, no and ticks."""
    status: str | None = _judge_status(trim(text), StatusMeaning(), {}).value
    return status


def suggested_status(text: str) -> str | None:
    """The status of the known word that a text is a slip of; None where there is none, or that word is no status."""
    word = nearest_word(trim(text), near(trim(text)))
    return STATUS_OF.get(key(word)) if word else None
