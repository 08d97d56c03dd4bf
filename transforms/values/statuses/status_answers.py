"""A status that several columns say together: `Registered`, `Attended`, `Cancelled`, or a booking and who came."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rollbook.rows.statuses import ATTENDED, CANCELLED, COMPLETED, ENROLLED, NO_SHOW
from transforms.values.cleaner import CellVerdict, Cleaned, judge_distinct, text_series
from transforms.values.dates.dates import is_moment
from transforms.values.statuses.status_table import NO_RECORD, REASONS, STANDING, WAITING, key, reason_of
from transforms.values.statuses.status_words import CROSS, NO, YES, status_of
from transforms.values.text import NO_VALUE, mark_key

# What yes means under `Excused`: one of two statuses.
IN_DOUBT = "in doubt"
# What each says goes before what those behind it say.
ORDER = (IN_DOUBT, CANCELLED, COMPLETED, ATTENDED, NO_SHOW, ENROLLED)
_CONTRARY = frozenset(
    frozenset(pair)
    for pair in ((CANCELLED, COMPLETED), (CANCELLED, ATTENDED), (CANCELLED, NO_SHOW), (NO_SHOW, COMPLETED))
) | {frozenset((NO_SHOW, ATTENDED))}
_BETWEEN = " | "
_BLANK = "-"


@dataclass(frozen=True)
class Answers:
    """The columns of a status.

    columns: (header, the status that yes means there), in the order in which they count. strict: two that exclude each
    other are refused; else the first that says yes counts. crosses: a cross means yes, for no other mark does.
    checked_in: one is a check-in, whose time says that somebody came, a blank that nobody did, whatever the order says.
    letters: letter -> the answer that it stands for, as `letter_answers` finds them.
    """

    columns: Sequence[tuple[str, str]]
    strict: bool
    crosses: bool
    checked_in: bool = False
    letters: Mapping[str, str] = field(default_factory=dict)


def joined_answers(parts: Sequence[pd.Series]) -> pd.Series:
    """The cells of the columns as one text, `Yes | No | -`; missing where all are blank."""
    arrays = [pc.utf8_trim_whitespace(pa.array(part, pa.large_string())) for part in parts]
    arrays = [pc.if_else(pc.equal(array, ""), _BLANK, array).fill_null(_BLANK) for array in arrays]
    plain = [pc.replace_substring(array, "|", "/") for array in arrays]
    joined = pc.binary_join_element_wise(*plain, pa.scalar(_BETWEEN, pa.large_string()))
    blank = pc.equal(joined, _BETWEEN.join([_BLANK] * len(parts)))
    return text_series(pc.if_else(blank, pa.scalar(None, joined.type), joined), parts[0].index)


def texts_of(joined: Iterable[str]) -> set[str]:
    """The texts of single cells in joined texts."""
    return {part for text in joined for part in text.split(_BETWEEN)}


def has_ticks(joined: pd.Series) -> bool:
    """Is there a mark for yes other than a cross in joined texts?"""
    return any(mark_key(part) in YES for text in joined.dropna() for part in text.split(_BETWEEN))


def clean_answers(cells: pd.Series, answers: Answers, words: Mapping[str, str]) -> Cleaned:
    """The statuses of joined texts; `words`, the profile's, go before what the answers say.

    Code: `status.unknown`, with the columns named that contradict each other, or that hold no answer.
    """
    return judge_distinct(cells, lambda text: CellVerdict(words[text]) if text in words else _judge(text, answers))


def _judge(text: str, answers: Answers) -> CellVerdict:
    yes: dict[str, str] = {}
    absent = waits = False
    denied: list[str] = []
    unfinished: str | None = None
    for (header, asked), part in zip(answers.columns, text.split(_BETWEEN), strict=True):
        if mark_key(part) in NO_VALUE or reason_of(part) == NO_RECORD:
            absent = absent or (answers.checked_in and asked == ATTENDED)
            continue
        said = _said(part, asked, answers)
        if said is None:
            if asked == COMPLETED and reason_of(part) == REASONS["incomplete"]:
                unfinished = f"“{part}” under “{header}” {reason_of(part)}"
                continue
            why = reason_of(part) or "is neither yes, no nor a known status"
            return _refused(f"“{part}” under “{header}” {why}")
        if said == IN_DOUBT:
            return _refused(f"“{part}” under “{header}” {reason_of(header)}")
        waits = waits or (asked == ENROLLED and bool({key(part), key(header) if said else ""} & WAITING))
        absent = absent or (asked == ATTENDED and said in ("", NO_SHOW))
        if said and not (asked == ATTENDED and said == NO_SHOW):
            yes.setdefault(said, header)
        denied += [header] if asked == ATTENDED and said == NO_SHOW else []
    # Whoever did not complete may not have come either, unless another column says so.
    if unfinished and not absent and yes.keys() <= {ENROLLED}:
        return _refused(unfinished)
    if denied and COMPLETED in yes:
        return _refused(f"“{denied[0]}” says {NO_SHOW}, and “{yes[COMPLETED]}” {COMPLETED}")
    return _decided(yes, answers, absent=absent, waits=waits)


def _said(part: str, asked: str, answers: Answers) -> str | None:
    """The status that a cell says: that of its own word, or what yes means in its column; '' for no, None: unknown."""
    mark = answers.letters.get(mark_key(part), mark_key(part))
    if mark in NO:
        return ""
    if asked == IN_DOUBT:
        return IN_DOUBT if mark in YES | CROSS else ""
    if mark in YES or (answers.crosses and mark in CROSS):
        return asked
    if asked == ENROLLED and key(part) in STANDING | WAITING:
        return ENROLLED
    status = status_of(part)
    if answers.checked_in and asked == ENROLLED and status == COMPLETED:
        return ENROLLED
    dated = asked == CANCELLED or (asked == ATTENDED and answers.checked_in)
    return asked if dated and is_moment(part) else status


def _decided(yes: Mapping[str, str], answers: Answers, *, absent: bool, waits: bool) -> CellVerdict:
    """yes: status -> header of the columns that say it, the first first. absent: one says that nobody came.

    waits: the booking is one by which nobody has a seat.
    """
    contrary = next((pair for pair in _CONTRARY if pair <= yes.keys()), None)
    if answers.strict and contrary:
        named = list(dict.fromkeys(f"“{header}”" for status, header in yes.items() if status in contrary))
        return _refused(f"{' and '.join(named)} say yes")
    # Whoever was only enrolled, and did not attend, was absent.
    if absent and yes.keys() <= {ENROLLED} and all(status != NO_SHOW for _, status in answers.columns):
        return CellVerdict(ENROLLED if waits else NO_SHOW)
    if not yes:
        return _refused(f"none of {', '.join(f'“{header}”' for header, _ in answers.columns)} says yes")
    return CellVerdict(min(yes, key=ORDER.index) if answers.strict else next(iter(yes)))


def _refused(why: str) -> CellVerdict:
    return CellVerdict(code="status.unknown", detail=why)
