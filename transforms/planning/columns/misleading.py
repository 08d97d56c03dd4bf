"""Columns whose header names a field, although they are about something else: an order, a person, a user."""

import re
from collections.abc import Callable, Mapping, Sequence

from rollbook.rows.statuses import ATTENDED, CANCELLED, COMPLETED, ENROLLED, NO_SHOW
from transforms.planning.table.below import Below
from transforms.planning.table.header_words import meaning_of_answers, mentions, says
from transforms.planning.table.headers import header_key, name_part
from transforms.values.statuses.status_words import NO, YES, status_of
from transforms.values.text import NO_VALUE, mark_key
from transforms.vocabulary.languages import words_at, words_of

_TWO = 2
_VALIDITY = frozenset(map(words_of, words_at("validity")))
_SCHOOL_YEAR = re.compile(r"(?:0?[1-9]|1[0-3])(?:st|nd|rd|th)?(?: grade)?|[pt]?k|kg")
# From this rank on a learner's ID may be the number that a system gives its users (`Student ID`, `User ID`).
SYSTEMS_OWN = 3
# A file is anything, but that of a payroll: the number of a person, in each of its companies.
_FILES = frozenset("filenumber fileno filenr file".split())
_OF_PAYROLLS = frozenset("payrollname positionid associateid payrollcompanycode".split())
_COMPANIES = frozenset("companycode cocode payrollcompanycode payrollgroup".split())
# What stands beside the title of a person.
_OF_PEOPLE = frozenset("company organization organisation employer institution phone phonenumber department".split())
_OF_TICKETS = frozenset("orderid orderno ordernumber ordercode ticketid ticketcode ticketnumber tickettype".split())


def is_misleading(below: Below, letter: str, field: str, rank: float) -> bool:
    """Is it a number that a system made up for its users or for a booking, the title of a person, or a school year?"""
    checks: dict[str, Callable[[], bool]] = {
        "learner_employee_id": lambda: _is_no_employees(below, letter, rank),
        "learner_name": lambda: below.holds_numbers(letter),
        "grade": lambda: _is_school_year(below, letter),
        "course_name": lambda: _is_no_course(below, letter),
    }
    return field in checks and checks[field]()


def _is_no_employees(below: Below, letter: str, rank: float) -> bool:
    if header_key(below.headers[letter]) in _FILES:
        return not _is_of_one_payroll(below)
    return rank >= SYSTEMS_OWN and (below.holds_machine_ids(letter) or _is_of_a_booking(below, letter))


def _is_no_course(below: Below, letter: str) -> bool:
    header, beside = below.headers[letter], _beside(below, letter)
    if header_key(header) == "title":
        return any(name_part(other) or header_key(other) in _OF_PEOPLE for other in beside)
    if says(header, "session") and not says(header, "course") and all(map(_numbers_a_sitting, below.at_top(letter))):
        return True
    # `Course Code, Course Description`: there it is the name.
    named = [name for name in ("course", "session") if says(header, name)]
    return says(header, "description") and not any(
        says(other, name) and says(other, "id") for other in beside for name in named
    )


def _numbers_a_sitting(text: str) -> bool:
    """`Meeting 1`, `2. Sitzung` of whatever course."""
    words = [word for word in words_of(text) if not word.isdigit()]
    return len(words) < len(words_of(text)) and bool(words) and says(" ".join(words), "session")


def _is_school_year(below: Below, letter: str) -> bool:
    """Is it the year that pupils are in: `09`, `K`, `10th`, and nothing else?"""
    top = [text.strip().lower() for text in below.at_top(letter)]
    spelled = any(text[0] == "0" or text[-1].isalpha() for text in top)
    return spelled and all(map(_SCHOOL_YEAR.fullmatch, top))


def _is_of_one_payroll(below: Below) -> bool:
    """Does the sheet have the columns of a payroll, and of one company, so that a file's number is one person's?"""
    keys = {header_key(header): letter for letter, header in below.headers.items() if header}
    companies = [letter for key, letter in keys.items() if key in _COMPANIES]
    return bool(companies or keys.keys() & _OF_PAYROLLS) and all(len(below.distinct(x)) <= 1 for x in companies)


def _is_of_a_booking(below: Below, letter: str) -> bool:
    """Is it the number under which an event knows a person (`Participant ID`), whom an address identifies?"""
    if not mentions(below.headers[letter], "participant"):
        return False
    return any(below.holds_addresses(x) for x, header in below.headers.items() if header and x != letter)


def _beside(below: Below, letter: str) -> list[str]:
    """The headers of the columns next to one."""
    letters = list(below.headers)
    place = letters.index(letter)
    return [below.headers[x] for x in letters[max(place - 1, 0) : place + 2] if x != letter and below.headers[x]]


def of_attendance(offers: Sequence[tuple[float, str]], below: Below) -> list[tuple[float, str]]:
    """The (rank, letter) of columns that may be the status, that of an order behind what says who came.

    The status of an order says nothing of that; where some are cancelled, neither column says all, and they are
    equally good.
    """
    orders = [offer for offer in offers if header_key(below.headers[offer[1]]) == "status"]
    came = [letter for _, letter in offers if meaning_of_answers(below.headers[letter]).yes == ATTENDED]
    if not (orders and came and any(header_key(header) in _OF_TICKETS for header in below.headers.values())):
        return list(offers)
    best = min(rank for rank, _ in orders)
    cancelled = any(status_of(text) == CANCELLED for _, letter in orders for text in below.at_top(letter))
    return [*((best, letter) for letter in came), *(orders if cancelled else ())]


def without_rates(offers: Sequence[tuple[float, str]], below: Below) -> list[tuple[float, str]]:
    """The (rank, letter) of columns that may be the status, without those of rates where another one is none."""
    others = [offer for offer in offers if not below.holds_rates(offer[1])]
    return others or list(offers)


def without_contradicted(offers: Sequence[tuple[float, str]], below: Below) -> list[tuple[float, str]]:
    """The (rank, letter) of columns that may be the status, the best of which no other contradicts, row by row.

    A status of a course or a session (`Course Status: Completed`) says nothing of a learner who did not come. Of two
    others of which one says that somebody came and one that not, neither is better; but what a header itself asks
    (`Completed`: yes) is of the learner.
    """
    ranked = sorted(offers, key=lambda offer: offer[0])
    if len({letter for _, letter in ranked}) < _TWO:
        return list(offers)
    rank, best = ranked[0]
    if meaning_of_answers(below.headers[best]).yes:
        return list(offers)
    against = [letter for _, letter in ranked[1:] if letter != best and _is_contradicted(below, best, letter)]
    if not against:
        return list(offers)
    if any(says(below.headers[best], name) for name in ("course", "session")):
        return without_contradicted([offer for offer in offers if offer[1] != best], below)
    return [(rank, letter) for letter in dict.fromkeys((best, *against))]


def _is_contradicted(below: Below, one: str, other: str) -> bool:
    """Does one column say that somebody came where the other says that they did not?"""
    rows = below.first_rows([one, other]).dropna().drop_duplicates()
    came, none = _statuses(below, one), _statuses(below, other)
    return any(
        came(text) in (ATTENDED, COMPLETED) and none(against) in (NO_SHOW, CANCELLED)
        for text, against in zip(rows[one], rows[other], strict=True)
    )


def _statuses(below: Below, letter: str) -> Callable[[str], str | None]:
    asked = meaning_of_answers(below.headers[letter])

    def status(text: str) -> str | None:
        mark = mark_key(text)
        return asked.yes if mark in YES else asked.no if mark in NO else status_of(text)

    return status


def says_only_who_was_enrolled(header: str, have: Mapping[str, object]) -> bool:
    """Is yes under the header no more than `enrolled`, where days of completion say more?"""
    return "completed_on" in have and meaning_of_answers(header).yes == ENROLLED


def says_only_what_is_valid(below: Below, letter: str, have: Mapping[str, object]) -> bool:
    """Are the texts what has become of a certificate (`Valid`, `Expired`), where days of completion say more?

    `Overdue` alone may be a course that nobody began.
    """
    top = [text for text in below.at_top(letter) if mark_key(text) not in NO_VALUE]
    said = "completed_on" in have and bool(top) and all(words_of(text) in _VALIDITY for text in top)
    return said and any(status_of(text) is None for text in top)
