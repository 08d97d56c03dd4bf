"""The page `docs/headers-and-words.md`: which headers and words are recognized, made from the tables that do it."""

import sys
from collections.abc import Iterable, Iterator, Mapping

from rollbook.rows.fields import FIELDS
from transforms.planning.table.headers import LAST_RESORT, NAME_PARTS, NO_FIELDS, USUAL, Condition, Usual
from transforms.values import activity_words
from transforms.values.statuses import access_words, status_table, status_words, yes_no
from transforms.vocabulary.languages import raw, words_in

_PREFACE = """# Headers and words

Which headers and words Rollbook recognizes without a profile. Anything else needs a line in a
[profile](profiles.md): a header under `[columns]`, a word under `[values.FIELD]`. Nothing is guessed.

Upper and lower case, accents, spaces, punctuation and underscores make no difference: `E-Mail`, `e_mail` and `EMAIL`
are the same header. `rollbook inspect FILE` shows what was recognized in a file.

This page is generated from the tables themselves: `make docs`.
"""
_HEADERS = """## Headers

If several columns of a sheet could be the same field, the header listed first wins. Two on the same line are ambiguous
(`file.ambiguous_columns`): rename one, or choose in a profile. Also recognized are headers with a qualifier, such as
`Score %`, `Completion Date (UTC)` or `Email (work)`, and the form `Date of completion`.
"""
_ONLY: Mapping[Condition, str] = {
    "addresses": "only if the column holds e-mail addresses",
    "address_names": "only if the column holds e-mail addresses",
    "repeats": "only if values repeat",
    "sittings": "only if the values are not just numbers of sittings, or dates",
    "answers": "if the cells are yes or no, or ticks",
    "codes": "only if the values end with a code in parentheses",
    "dates": "only if the column holds dates",
    "names": "only if the column holds names",
    "id_numbers": "only if each text is a number or a code",
    "codes_of_figures": "only if the texts are codes with figures",
    "wordings": "only if the texts are words, not codes with figures",
    "single_words": "only if the texts are single words, such as codes",
    "phrases": "only if the texts are more than single words",
    "times": "only if the column holds times",
    "statuses": "only if the column holds words of a status",
    "figures": "only if the column holds nothing but numbers",
    "words": "only if the column holds more than numbers",
    "expiries": "only if the column holds dates, or says that there is none",
    "amounts": "only if the column holds numbers, or times as `1:30`",
}


def as_markdown() -> str:
    """The whole page."""
    sections = (
        _headers(),
        _names(),
        _header_words(),
        _statuses(),
        _bookings(),
        _yes_no(),
        _grades(),
        _months(),
        _activities(),
        _access(),
    )
    return "\n".join([_PREFACE, *("\n".join(section) for section in sections)])


def _headers() -> Iterator[str]:
    yield _HEADERS
    yield from _table(("Field", "Meaning", "Headers"), map(_field_line, dict.fromkeys(usual.field for usual in USUAL)))
    yield "\nThese headers are recognized, but belong to no field: " + _listed(NO_FIELDS.split(" | ")) + ".\n"


def _field_line(field: str) -> tuple[str, str, str]:
    entries: dict[tuple[float, str], list[str]] = {}
    for usual in sorted((usual for usual in USUAL if usual.field == field), key=lambda usual: usual.rank):
        entries.setdefault((usual.rank, _condition(usual)), []).extend(usual.spellings.split(" | "))
    lines = [_listed(words) + (f" ({why})" if why else "") for (_, why), words in entries.items()]
    return f"`{field}`", FIELDS[field].meaning, "<br>".join(lines)


def _condition(usual: Usual) -> str:
    last = "if there is no better column" if usual.rank == LAST_RESORT else ""
    where = "for aXcelerate" if usual.destination else ""
    return ", ".join(filter(None, (_ONLY[usual.only] if usual.only else "", where, last)))


def _names() -> Iterator[str]:
    yield "A name in separate columns is joined into `learner_name`:\n"
    parts = zip(("First", "Middle", "Last"), NAME_PARTS, strict=True)
    yield from _table(("Part", "Headers"), ((part, _listed(spellings)) for part, spellings in parts))
    yield "\nEach may begin with employee, student, learner, participant, attendee or user: `Employee First Name`.\n"


# What the classes of the vocabulary's headers say, in the order in which they are listed.
_PARTS = {
    "employee": "an employee",
    "learner": "a learner",
    "course": "a course",
    "material": "of these, what ranks behind a course",
    "session": "a session",
    "group": "a group",
    "id": "an identifier",
    "email": "an e-mail address",
    "login": "a login name",
    "name": "a name",
    "title": "a title",
    "description": "a description",
    "date": "a date",
    "start": "a beginning",
    "time": "a time",
    "status": "a status",
    "outcome": "a result",
    "attended": "attendance",
    "completed": "completion",
    "booking": "the status of a booking",
    "enrolled": "enrollment",
    "assigned": "of these, what ranks behind enrollment",
    "grade": "a grade",
    "percent": "a percentage",
    "assessment": "an assessment",
    "comment": "a comment",
    "expires": "an expiration",
    "certificate": "a certificate",
    "hours": "hours",
    "credits": "credits",
}


def _header_words() -> Iterator[str]:
    yield "## Headers in other words and languages\n"
    yield (
        "Any other header is read by its words: `Delegate e-mail`, `Date de la session`, `Kursnummer`. All words must "
        "be known in one language, and what is below the header must agree: addresses, dates, names, numbers. "
        "Words such as *of*, *your* or *required* are skipped.\n"
    )
    parts = ((what, _by_language("headers", part)) for part, what in _PARTS.items())
    yield from _table(("What the header names", "Words"), parts)
    yield ""
    fields = dict.fromkeys(field for file in raw().values() for field in file.get("fields", {}))
    yield "Some headers are known as a whole:\n"
    yield from _table(("Field", "Headers"), ((f"`{field}`", _by_language("fields", field)) for field in fields))
    yield ""


def _by_language(section: str, name: str) -> str:
    """The words of each language that has some, one language a line."""
    said = {file["language"]: file.get(section, {}).get(name) for file in raw().values()}
    return "<br>".join(f"{language}: {_listed(words_in(words))}" for language, words in said.items() if words)


def _statuses() -> Iterator[str]:
    yield "## Statuses\n"
    yield from _table(("Status", "Words"), ((f"`{name}`", _by_language("status", name)) for name in status_table.WORDS))
    yield "\nThese words could mean more than one thing, so they are rejected (`status.unknown`):\n"
    yield from _table(("Why", "Words"), map(_doubt_line, status_table.REFUSED.items()))
    beside = "<br>".join(
        f"{file['language']}: {_listed(words_in(file['beside']))}" for file in raw().values() if "beside" in file
    )
    yield (
        "\nBesides a known word, in parentheses or after a dash, the cell may hold a number, a date, the same status "
        "in other words, or one of these: `Complete (online)`, `Passed - 85`. Anything else makes it unknown: "
        "`Completed - failed`.\n"
    )
    yield from _table(("Words that may be beside a status",), [(beside,)])
    yield (
        "\nYes, no and ticks are a status only under a header that is itself one: under `Attended`, yes is `attended` "
        "and no is `no_show`; under `Completed`, yes is `completed`.\n"
    )


def _bookings() -> Iterator[str]:
    yield (
        "\nA booking beside a column that says who came (`Booking status` and `Attended`) is read with it: who came "
        "decides, a cancelled booking is `cancelled`, and where nobody noted who came, the booking is `enrolled`.\n"
    )
    what = {"standing": "a booking", "waiting": "a booking without a seat, which is no absence"}
    yield from _table(("Words of", "Words"), ((said, _by_language("bookings", kind)) for kind, said in what.items()))
    yield (
        "\nWhere a column has the roles of people in a meeting, and learners among them, the rows of those who held it "
        "are left out, and the summary says so.\n"
    )
    who = {"learner": "learners", "leader": "who held it"}
    yield from _table(("Roles of", "Words"), ((said, _by_language("roles", kind)) for kind, said in who.items()))
    yield ""


def _doubt_line(doubt: tuple[str, tuple[str, ...]]) -> tuple[str, str]:
    why, words = doubt
    kind = next((kind for kind, reason in status_table.REASONS.items() if reason == why), "")
    listed = set(status_table.words_of_kind(kind))
    marks = _listed(word for word in words if word not in listed)
    return why, "<br>".join(filter(None, (marks, _by_language("refused", kind))))


def _yes_no() -> Iterator[str]:
    yield "## Yes and no\n"
    yield from _table(
        ("Answer", "Words"), (("yes", _listed(sorted(yes_no.TRUE))), ("no", _listed(sorted(yes_no.FALSE))))
    )
    yield (
        f"\nA cross ({_listed(sorted(status_words.CROSS))}) is a yes only under a header that is a status, and only if "
        "the column has no other ticks.\n"
    )


def _grades() -> Iterator[str]:
    yield "## Grades\n"
    yield "Numbers with or without %, letter grades of at most 5 characters, and these words:\n"
    grades = ("Pass", "Fail", "Distinction", "Merit")
    yield from _table(("Grade", "Words"), ((grade, _by_language("grades", grade)) for grade in grades))
    yield ""


def _months() -> Iterator[str]:
    names = ", ".join(sorted(file["language"] for file in raw().values()))
    yield f"Months and days of the week are known in {len(raw())} languages: {names}.\n"


def _activities() -> Iterator[str]:
    yield "## Types of activity (aXcelerate)\n"
    yield from _table(
        ("Type", "Words"), ((f"`{kind}`", _listed(words)) for kind, words in activity_words.WORDS.items())
    )


def _access() -> Iterator[str]:
    yield "\n## Access to modules (aXcelerate)\n"
    yield from _table(
        ("Access", "Words"), ((f"`{name}`", _listed(words)) for name, words in access_words.WORDS.items())
    )
    yield "\nAny other no, and `none`, are rejected (`access.unknown`): they may mean `locked` or `clear`."


def _table(headers: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(headers)} |"
    yield f"|{'---|' * len(headers)}"
    for line in lines:
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


if __name__ == "__main__":
    sys.stdout.write(as_markdown() + "\n")
