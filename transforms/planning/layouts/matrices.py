"""Training matrices: a row a learner, a column a course, the day of completion in the cell."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import pairwise, takewhile

import pandas as pd
import pyarrow as pa

from rollbook.rows.fields import FIELDS
from transforms.planning.layouts.wide import SessionColumn
from transforms.planning.table.below import Below
from transforms.planning.table.headers import header_key, known_keys, name_part, usual_entries
from transforms.values.cleaner import text_series
from transforms.values.dates.date_readings import is_date
from transforms.values.dates.dates import clean_dates, infer_order
from transforms.values.lookalikes import own_script
from transforms.values.text import clean_text, fold
from transforms.vocabulary.languages import listed, words_at

# Cells that say that there is no completion to record.
NO_COMPLETION = frozenset(map(str.casefold, listed("refused")["no_record"])) | frozenset(
    "n/a | n.a. | na | n/r | not applicable | not required | not needed | tbc | tba | tbd | to be confirmed | none | "
    "null | - | -- | \u2013 | \u2014".split(" | ")
)
# `Booked 12/06/2023` is none, but shows that the column is of days.
_WITH_A_DATE = re.compile(r"\d{1,2}[-./]\d{1,2}[-./]\d{2,4}|\d{4}-\d{2}-\d{2}")
_FEWEST = 2
_HALF = 0.5
# Planned days are few; where many lie ahead they are those of expiration.
_MOST_AHEAD = 0.1
_OF_TRAINING = re.compile("|".join(map(re.escape, words_at("about_training"))), re.IGNORECASE)
_OF_EXPIRY = re.compile(
    r"expir|\bvalid (?:un)?til|\bvalid to\b|\bvalidity\b|renewal|renew by|\bdue\b|overdue|ablauf|ablaeuf|gültig bis|"
    r"fällig|échéance|caduc|vencim|vigen|scaden|validade|verval|geldig|ważn|wygas|انتهاء|صلاحية",
    re.IGNORECASE,
)
# Days of other things than courses, which stand in the same sheets.
_OF_OTHER_THINGS = re.compile(
    r"\bdates?\b|datum\b|fecha|\bdata d|تاريخ|birth|\bdob\b|geburt|naiss|nacim|nascit|\bhired?\b|\bjoin(?:ed|ing)\b|"
    r"\bstart(?:ed)?$|^start|\bbegan\b|\bleav(?:er|ing)\b|\bleft\b|contract (?:start|end)|probation|apprais|review$|"
    r"\b(?:last|next)\b|\bsince\b|\bcreated\b|\bupdated\b|\bmodified\b|log[ -]?in\b|\bseen\b|\bdbs\b|\bvisa\b|"
    r"passport|insurance|work permit|"
    r"driving licen[cs]e|licen[cs]es?$|eintritt|austritt|embauche|ingreso|admiss|terminat|resign|deadline|complet|"
    r"enrol|\bregistered\b|\bregistration\b|\bassigned\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Matrix:
    """The columns of a sheet that may be courses, with days of completion in their cells.

    taken: letters that feed something else, or are left out.
    """

    below: Below
    taken: Collection[str]
    today: date
    from_workbook: bool

    @cached_property
    def letters(self) -> list[str]:
        """Columns under headers that name nothing else, in which dates stand, and hardly anything else."""
        unnamed = [x for x, header in self.below.headers.items() if header and x not in self.taken and _may_be(header)]
        return [letter for letter in unnamed if _holds_days(self.below, letter)]

    def is_certain(self, texts: Iterable[str]) -> bool:
        """Do two courses or more have days that are past, in a sheet that says it is about training?

        texts: names of file and sheet, and the lines above the header; these may say that the days are of expiration.
        """
        if len(self.letters) < _FEWEST:
            return False
        headers = [" ".join(self.below.headers[letter].split()).casefold() for letter in self.letters]
        said = [*texts, *headers]
        about = is_about_training(said) and not _OF_EXPIRY.search(_joined(said))
        return bool(about) and len(set(headers)) == len(headers) and self._ahead() <= _MOST_AHEAD

    def _ahead(self) -> float:
        """Of the days, the share of those after today; those that may be read in two ways do not count."""
        counted = self.below.counted(self.letters)
        cells = text_series(pa.array(list(counted), pa.large_string()), pd.RangeIndex(len(counted)))
        order = infer_order(cells, self.from_workbook, self.today, self.below.spoken).order
        # Two-digit years are those of the coming century too.
        later = self.today.replace(year=self.today.year + 50)
        days = clean_dates(cells, order, None, False, later, self.from_workbook).values
        weights = pd.Series(list(counted.values()))
        ahead = (days > pd.Timestamp(self.today)).to_numpy()
        return float(weights[ahead].sum()) / max(float(weights[days.notna().to_numpy()].sum()), 1.0)


def is_about_training(texts: Iterable[str]) -> bool:
    """Do the names of file and sheet, the lines around a table or its headers say that it is about training?"""
    return bool(_OF_TRAINING.search(_joined(texts)))


def _joined(texts: Iterable[str]) -> str:
    return " \n ".join(texts)


def _holds_days(below: Below, letter: str) -> bool:
    counted = below.counted([letter])
    counted = Counter({text: n for text, n in counted.items() if text.strip().casefold() not in NO_COMPLETION})
    days = sum(n for text, n in counted.items() if is_date(text) or _WITH_A_DATE.search(text))
    return any(map(is_date, counted)) and days > _HALF * counted.total()


def _may_be(header: str) -> bool:
    """May a header be the name of a course?"""
    # `Induction` names a course too, but no column of days is one of names of courses.
    fields = {entry.field for _, entry in usual_entries(header, "")} - {"course_name"}
    named = header_key(header) in known_keys() or name_part(header) or fields
    text = " ".join(header.split())
    other = _OF_EXPIRY.search(text) or _OF_OTHER_THINGS.search(text)
    return not named and not other and any(c.isalpha() for c in header)


def course_columns(
    below: Below, letters: Sequence[str], courses: Sequence[str] | None = None
) -> tuple[SessionColumn, ...]:
    """The courses that these columns are headed by; courses: their names, where the headers say more."""
    headers: Sequence[str | None] = courses or [" ".join(below.headers[letter].split()) or None for letter in letters]
    names = pa.array(headers, pa.large_string())
    numbers = {letter: number for number, letter in enumerate(below.headers, start=1)}
    cells = text_series(names, pd.RangeIndex(len(letters)))
    own = own_script(names.drop_null(), True, below.script_in_use)
    cleaned = clean_text(cells, FIELDS["course_name"].max_length, True, own)
    return tuple(
        SessionColumn(
            letter,
            numbers[letter],
            below.headers[letter],
            problem=code if isinstance(code, str) else None,
            detail=detail if isinstance(detail, str) else None,
            course_name=name if isinstance(name, str) else None,
        )
        for letter, name, code, detail in zip(letters, cleaned.values, cleaned.code, cleaned.detail, strict=True)
    )


def course_pairs(below: Below, left_out: Collection[str]) -> tuple[SessionColumn, ...]:
    """The courses that have two columns beside each other: `Forklift Completed, Forklift Expires`.

    None where a learner has a day of expiry without that of completion, which would be lost.
    """
    found: dict[str, tuple[str, str]] = {}
    for letter, beside in pairwise(below.headers):
        name = _course_of(below, letter, beside)
        if name and not {letter, beside} & set(left_out):
            if name in found or below.any_without(beside, [letter]):
                return ()
            found[name] = letter, beside
    columns = course_columns(below, [letter for letter, _ in found.values()], list(found))
    return tuple(replace(column, expires=beside) for column, (_, beside) in zip(columns, found.values(), strict=True))


def _course_of(below: Below, letter: str, beside: str) -> str | None:
    """The course whose days of completion and of expiry stand in two columns; None where they are none."""
    words, others = below.headers[letter].split(), below.headers[beside].split()
    same = sum(1 for _ in takewhile(lambda pair: fold(pair[0]) == fold(pair[1]), zip(words, others, strict=False)))
    name, said, expires = " ".join(words[:same]).strip(" -:/|"), " ".join(words[same:]), " ".join(others[same:])
    if not name or not expires or not _may_be(name):
        return None
    fields = {entry.field for _, entry in usual_entries(said, "")}
    of_expiry = any(
        entry.field == "expires_on" and below.holds(beside, entry) for _, entry in usual_entries(expires, "")
    )
    is_day = not said or bool(fields & {"completed_on", "session_date"})
    return name if is_day and of_expiry and _holds_days(below, letter) else None
