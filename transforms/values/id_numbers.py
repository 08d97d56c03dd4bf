"""IDs that went through a number: read where all of their digits are there, else told with what they may be.

What is another thing than an ID, in a cell that went astray, is told too: a percentage, a day, a time, a name.
"""

import re
from collections.abc import Collection
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.values.cleaner import CellVerdict
from transforms.values.dates.date_readings import is_date
from transforms.values.normalize import bytes_of

# So many digits a number keeps.
EXACT_DIGITS = 15
LOST, AMBIGUOUS = "id.precision_lost", "id.ambiguous"

# 1.000 and 1,000 may be a thousand: three zeros count behind more than three digits only.
_WHOLE = rf"^(0|[1-9][0-9]{{0,{EXACT_DIGITS - 1}}})[.,]00?$"
_WHOLE_LONG = re.compile(r"([1-9][0-9]{3,}|0)[.,]000|(0|[1-9][0-9]*)[.,]0000+|([1-9][0-9]*)[.,]00?")
_EXPONENT = re.compile(r"(?P<first>[1-9])(?:[.,](?P<rest>[0-9]+))?[eE](?P<sign>\+?)(?P<power>[0-9]{1,3})")
_SHORTENED = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+[eE][+-]?|[eE]\+)[0-9]{1,3}")
# Grouped with one sign, and decimals behind another one: `12.345,00`.
_GROUPED = re.compile(
    r"(?P<digits>[1-9][0-9]{0,2}(?P<sign>[.,' ])[0-9]{3}(?:(?P=sign)[0-9]{3})*)(?:(?!(?P=sign))[.,](?P<rest>[0-9]+))?"
)
# A learner's ID of one of these spellings may be the number, or what it says.
_ODD = re.compile(r"0*(?P<digits>[0-9]+)(?:[.,]0+|\.)")
# Of few digits it is a mark or a number of hours; 20.47 is written so where IDs have a point.
_NOT_WHOLE = re.compile(r"[0-9]+,[0-9]+|[0-9][.][0-9]{1,2}|[0-9]{2}[.][0-9]")
# As IDs of courses and sessions too, zeros in front went through no number.
_ZEROS_AROUND = re.compile(r"0+[0-9]+[.,]0+")
_PERCENTAGE = re.compile(r"[0-9]+(?:[.,][0-9]+)? ?%")
_TIME = re.compile(r"[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9])?(?: ?[APap][Mm])?")
# Days with a year of four digits: 12-05-11 may well be an ID.
_DAY = re.compile(
    r"(?:(?:19|20)[0-9]{2}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/. ][0-9]{1,2}[-/. ](?:19|20)[0-9]{2})"
    r"(?:[ T][0-9:. ]+)?"
)
_OTHER_SIGNS = {b"%": _PERCENTAGE, b":": _TIME, b"-": _DAY, b"/": _DAY, b".": _DAY}
# Two words of letters or more, one behind the other.
_NAME = re.compile(r"(?=.*[^\W\d_]{2}.*[ ,].*[^\W\d_]{2})[^\W\d_](?:[^\W\d_]|[.'\u2019 ,-])*")
# A single word, among numbers.
_WORD = re.compile(r"(?=.*[^\W\d_]{2})[^\W\d_](?:[^\W\d_]|[.'\u2019-])*")
_FEWEST_NUMBERS, _NUMBERED = 3, 0.75
# `0441, 0442`, `E1 / E2`: each part has a figure, and no space.
_AND = r"(?: ?[,;] ?| (?:[/&+]|and|und|et|y|e|i|en|ed|oraz) )"
_CODE = r"[^\s,;]*[0-9][^\s,;]*"
_SEVERAL = re.compile(rf"{_CODE}(?:{_AND}{_CODE})+")
# What may stand between the IDs of several sessions, or of several learners without a space.
_BETWEEN = re.compile(rf" ?[,;/&+|] ?|{_AND}")
_JOINED = r"[^\s,;/&+|]*[0-9](?: ?[,;/&+|] ?| (?:and|und|et|y|e|i|en|ed|oraz) )[^\s,;/&+|]*[0-9].*"
# Programs make a month of the ID 3-24, and write it so into text files.
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_MONTH = re.compile(rf"(?:[0-9]{{1,2}}-(?:{'|'.join(_MONTHS)})|(?:{'|'.join(_MONTHS)})-[0-9]{{2,4}})")
_MONTH_SIGNS = [sign for month in _MONTHS for sign in (f"{month}-".encode(), f"-{month}".encode())]
_ZEROS = re.compile(rf"[1-9][0-9]{{{EXACT_DIGITS - 1}}}000+")
_SHORTER = "a program shortened the number"
_WORDS = r"^[A-Za-z.'-]+[ ,]+[A-Za-z.', -]+$"
_SHAPE = r"^[+-]?[0-9][0-9.,' ]*[.,' ][0-9]*$|^[+-]?[0-9]+([.,][0-9]+[eE][+-]?|[eE]\+)[0-9]{1,3}$"


def plain_numbers(array: pa.Array) -> pa.Array:
    """`1001.0`, `1001.00` and `1001,00` as 1001, where all digits are exact."""
    if any(pc.any(pc.ends_with(array, end)).as_py() for end in (".0", ".00", ",0", ",00")):
        return pc.replace_substring_regex(array, _WHOLE, r"\1")
    return array


def may_be_number(array: pa.Array) -> pa.Array:
    """A mask of the texts that `read_number` and `other_thing` might read or refuse, found on the whole array."""
    content = bytes_of(array)
    shapes = [_SHAPE] if any(sign in content for sign in (b".", b",", b"'", b" ", b"+")) else []
    shapes += ["^[0-9]{15}000+$"] if (pc.max(pc.binary_length(array)).as_py() or 0) > EXACT_DIGITS + 2 else []
    shapes += [f"^{_MONTH.pattern}$"] if b"-" in content and any(sign in content for sign in _MONTH_SIGNS) else []
    others = dict.fromkeys(shape.pattern for sign, shape in _OTHER_SIGNS.items() if sign in content)
    shapes += [f"^(?:{shape})$" for shape in others]
    shapes += [_WORDS] if b" " in content or b"," in content else []
    shapes += [f"^{_SEVERAL.pattern}$"] if any(sign in content for sign in (b" ", b",", b";")) else []
    shapes += [f"^{_JOINED}$"] if any(sign in content for sign in (b" ", b",", b";", b"/", b"&", b"+", b"|")) else []
    if not shapes:
        return pa.array(np.zeros(len(array), dtype=bool))
    return pc.match_substring_regex(array, "|".join(shapes))


def read_number(text: str, learner: bool) -> CellVerdict | None:
    """The ID that a number's spelling says, or its readings; None where it is no number's spelling.

    learner: a learner's ID with points between thousands is told too; as a course's, `18.065` is how it is written.
    """
    if found := _EXPONENT.fullmatch(text):
        return _read_exponent(text, found)
    if _SHORTENED.fullmatch(text):
        return CellVerdict(code=LOST, detail=_SHORTER)
    if found := _WHOLE_LONG.fullmatch(text):
        return _whole(next(filter(None, found.groups())))
    if _ZEROS.fullmatch(text):
        return CellVerdict(code=LOST, detail=_too_long(len(text)))
    if (found := _GROUPED.fullmatch(text)) and (learner or found["sign"] != "." or found["rest"]):
        return _read_grouped(text, found)
    return _doubt(text) if learner or _ZEROS_AROUND.fullmatch(text) else None


def are_numbered(distinct: Collection[str]) -> bool:
    """Have at least three of the distinct texts, and three quarters of them, a figure? A word is no such ID then."""
    with_figures = sum(any(map(str.isnumeric, text)) for text in distinct)
    return with_figures >= max(_FEWEST_NUMBERS, _NUMBERED * len(distinct))


def without_figure(array: pa.Array) -> pa.Array:
    """A mask of the texts that `other_thing` might take for a name among numbers."""
    return pc.match_substring_regex(array, r"^\PN+$")


def other_thing(text: str, learner: bool, may_be_name: bool, numbered: bool = False) -> CellVerdict | None:
    """What a text says that is no ID; None where it may well be one.

    learner: days and times are IDs of sessions, not of learners. may_be_name: learners are known by their names.
    numbered: the learners' IDs are, as `are_numbered` says.
    """
    if (learner and _SEVERAL.fullmatch(text)) or _is_series(text):
        several = (
            "the IDs of several learners, who need a row each" if learner else "several IDs, which need a row each"
        )
        return CellVerdict(code=AMBIGUOUS, detail=f"it looks like {several}")
    told = "a percentage" if _PERCENTAGE.fullmatch(text) else None
    if learner and _TIME.fullmatch(text):
        told = "a time"
    elif learner and _DAY.fullmatch(text) and is_date(text):
        told = "a date"
    elif learner and not may_be_name and (_NAME.fullmatch(text) or (numbered and _WORD.fullmatch(text))):
        told = "a person's name"
    return CellVerdict(code=AMBIGUOUS, detail=f"it looks like {told}, not like an ID") if told else None


def _is_series(text: str) -> bool:
    """IDs that differ in their last figures alone: `S1,S2`, `FS-7/FS-8`, `41 & 42`; `24/25`, `CS1/MA1` may be one."""
    parts = _BETWEEN.split(text)
    beginnings = {part.rstrip("0123456789").lower() for part in parts}
    if len(parts) == 1 or len(beginnings) > 1 or not all(part[-1:].isdigit() for part in parts):
        return False
    return any(map(str.isalpha, beginnings.pop())) or not re.search("[/|]", text)


def _doubt(text: str) -> CellVerdict | None:
    """What else than itself a learner's ID may be."""
    if found := _ODD.fullmatch(text):
        return CellVerdict(code=AMBIGUOUS, detail=f"it may be {found['digits']}, or {text} as it is written")
    if _NOT_WHOLE.fullmatch(text):
        number = text.replace(",", ".")
        return CellVerdict(code=AMBIGUOUS, detail=f"it may be the number {number}, which is not whole")
    if _MONTH.fullmatch(text):
        return CellVerdict(code=AMBIGUOUS, detail="it may be a date that a spreadsheet program made of an ID like 3-24")
    return None


def _read_exponent(text: str, found: re.Match[str]) -> CellVerdict | None:
    rest, power = found["rest"] or "", int(found["power"])
    if not rest and not found["sign"]:
        return None  # `1E5` may be an ID that nobody calculated
    if len(rest) == power < EXACT_DIGITS:
        return CellVerdict(found["first"] + rest)
    if power > 2 * EXACT_DIGITS:
        return CellVerdict(code=LOST, detail=_SHORTER)
    return CellVerdict(code=LOST, detail=f"{_SHORTER}: it was {Decimal(text.replace(',', '.')):f} or one near it")


def _read_grouped(text: str, found: re.Match[str]) -> CellVerdict:
    digits = re.sub("[^0-9]", "", found["digits"])
    if not found["rest"]:
        return CellVerdict(code=AMBIGUOUS, detail=f"it may be {digits}, or {text} as it is written")
    if found["rest"].strip("0"):
        return CellVerdict(code=AMBIGUOUS, detail=f"it may be the number {digits}.{found['rest']}, which is not whole")
    return _whole(digits)


def _whole(digits: str) -> CellVerdict:
    return CellVerdict(digits) if len(digits) <= EXACT_DIGITS else CellVerdict(code=LOST, detail=_too_long(len(digits)))


def _too_long(digits: int) -> str:
    return f"{digits} digits went through a number, which keeps {EXACT_DIGITS}"
