"""Headers that are made up of known words: `Delegate e-mail`, `Kursnummer` and `Date de la session` in any language."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import pandas as pd

from transforms.values.statuses.status_words import StatusMeaning, status_meaning
from transforms.vocabulary.languages import Language, languages, words_of

# When a header counts only for what stands below it.
Evidence = Literal[
    "addresses",
    "ids",
    "id_numbers",
    "names",
    "texts",
    "dates",
    "times",
    "statuses",
    "numbers",
    "expiries",
    "amounts",
    "titles",
]

_LONGEST = 16
_LONGEST_PHRASE = 4
_SHORTEST_PART = 2
# What stands between the two parts of a word of two: `Teilnahmestatus`, `Schulungsdatum`, `Kursenummer`.
_JOINTS = ("", "s", "n", "en", "e", "es")
# Where a hyphen may follow the joint: `Schulungs-Datum`. Elsewhere an s is a plural: `Participants no`.
_HYPHENATED = ("de", "nl")


@dataclass(frozen=True)
class Meaning:
    """What a header may mean.

    rank: how good it is as evidence, as `headers.Usual.rank`. evidence: what must stand below it.
    """

    field: str
    rank: float
    evidence: Evidence


# (field, rank, classes that the header has, classes that it may have too, what must stand below it). A header of other
# words, or of these in another make-up, means nothing certain. The organization's number of a person ranks before that
# of a system; a session's own date before that of a course, and before any date.
_RULES: tuple[tuple[str, float, str, str, Evidence], ...] = (
    ("learner_email", 0.5, "learner email", "work name", "addresses"),
    ("learner_email", 0.5, "employee email", "work name", "addresses"),
    ("learner_email", 1.5, "email", "work id name", "addresses"),
    ("learner_email", 1.5, "learner email id", "work", "addresses"),
    ("learner_email", 1.5, "employee email id", "work", "addresses"),
    ("learner_email", 4.5, "login", "learner employee work id", "addresses"),
    ("learner_email", 0.5, "guest email", "work name", "addresses"),
    ("learner_email", 5.5, "learner", "name", "addresses"),
    ("learner_email", 5.5, "employee", "name", "addresses"),
    ("learner_email", 7.5, "private_email", "learner employee", "addresses"),
    ("learner_employee_id", 0.5, "employee id", "learner", "ids"),
    ("learner_employee_id", 2.5, "employee", "", "id_numbers"),
    ("learner_employee_id", 3.5, "learner id", "", "ids"),
    ("learner_name", 0.5, "learner name", "employee", "names"),
    ("learner_name", 0.5, "employee name", "", "names"),
    ("learner_name", 0.5, "guest name", "", "names"),
    ("learner_name", 1.5, "first_name last_name", "name learner employee guest middle_name", "names"),
    ("learner_name", 2.5, "name", "", "names"),
    ("learner_name", 2.5, "learner", "", "names"),
    ("learner_name", 2.5, "employee", "", "names"),
    ("learner_name", 2.5, "guest", "", "names"),
    ("group_name", 1.5, "group", "name title", "texts"),
    ("group_id", 0.5, "group id", "", "ids"),
    ("course_id", 0.5, "course id", "", "ids"),
    ("course_id", 9, "unit id", "", "ids"),
    ("course_name", 9, "unit name", "", "texts"),
    ("course_name", 0.5, "course name", "title", "texts"),
    ("course_name", 0.5, "course title", "", "texts"),
    ("course_name", 2.5, "course", "", "texts"),
    ("course_name", 5.5, "course description", "", "titles"),
    ("course_name", 5.6, "session description", "", "titles"),
    ("course_name", 3.5, "course attended", "name title", "titles"),
    ("course_name", 3.5, "session attended", "name title", "titles"),
    ("course_name", 4.5, "session name", "course title", "texts"),
    ("course_name", 4.5, "session title", "course", "texts"),
    ("session_id", 0.5, "session id", "course", "ids"),
    ("session_date", 0.5, "session date", "course start time", "dates"),
    ("session_date", 0.5, "session start", "course time", "dates"),
    ("session_date", 1.5, "course date", "start time", "dates"),
    ("session_date", 1.5, "course start", "time", "dates"),
    ("session_date", 1.5, "attended date", "course session time", "dates"),
    ("session_date", 2.5, "date", "time", "dates"),
    ("session_date", 3.2, "unit start", "date time", "dates"),
    ("session_date", 3.5, "start date", "time", "dates"),
    ("session_date", 4.5, "start", "time", "dates"),
    ("session_date", 5.5, "joined", "date time", "dates"),
    ("session_date", 5.5, "submitted", "date time", "dates"),
    ("session_date", 6.5, "attended", "course session learner", "dates"),
    ("session_start", 0.5, "session start", "course time", "times"),
    ("session_start", 0.5, "session time", "course", "times"),
    ("session_start", 0.5, "course time", "start", "times"),
    ("session_start", 1.5, "start", "time", "times"),
    ("session_start", 2.5, "time", "", "times"),
    ("status", 0.5, "attended status", "course session learner", "statuses"),
    ("status", 0.6, "completed status", "course session learner", "statuses"),
    ("status", 0.61, "completed status description", "course session learner", "statuses"),
    ("status", 0.62, "completed status id", "course session learner", "statuses"),
    ("status", 0.8, "enrolled status", "course session learner", "statuses"),
    ("status", 0.9, "course status", "", "statuses"),
    ("status", 1.5, "status", "", "statuses"),
    ("status", 1.5, "learner status", "", "statuses"),
    ("status", 1.5, "guest status", "", "statuses"),
    ("status", 1.5, "attended", "course session learner", "statuses"),
    ("status", 1.5, "attended outcome", "course session learner", "statuses"),
    ("status", 2.2, "assessment status", "course", "statuses"),
    ("status", 2.5, "outcome", "course assessment", "statuses"),
    ("grade", 0.5, "grade", "course assessment percent", "numbers"),
    ("grade", 1.5, "outcome percent", "course assessment", "numbers"),
    ("grade", 1.5, "percent", "assessment", "numbers"),
    ("grade", 2.5, "outcome", "course assessment", "numbers"),
    ("enrolled_on", 0.5, "enrolled date", "course session time learner", "dates"),
    ("enrolled_on", 2.5, "enrolled", "course session time", "dates"),
    ("completed_on", 0.5, "completed date", "course time learner", "dates"),
    ("completed_on", 2.5, "completed", "course", "dates"),
    ("feedback", 2.5, "comment", "learner attended", "texts"),
    ("expires_on", 0.5, "expires", "date certificate course", "expiries"),
    ("certificate_number", 0.5, "certificate id", "course", "ids"),
    ("hours", 0.5, "hours", "course session", "amounts"),
    ("credits", 0.5, "credits", "course session", "amounts"),
)
_IGNORED = frozenset({"filler", "signing_in"})
# Classes that say more of words of other classes, and make no header by themselves.
_SAID_ONLY = frozenset({"checked_in", "participant"})
_NOTHING = frozenset[str]()


@cache
def _rules() -> tuple[tuple[frozenset[str], frozenset[str], Meaning], ...]:
    return tuple(
        (frozenset(has.split()), frozenset(f"{has} {may}".split()), Meaning(field, rank, evidence))
        for field, rank, has, may, evidence in _RULES
    )


# Kinds of evidence for fields that whole headers name.
_EVIDENCE: dict[str, Evidence] = {
    "learner_email": "addresses",
    "learner_name": "names",
    "session_start": "times",
    "status": "statuses",
    "grade": "numbers",
    "hours": "amounts",
    "credits": "amounts",
    "session_date": "dates",
    "enrolled_on": "dates",
    "completed_on": "dates",
    "expires_on": "expiries",
    "course_name": "titles",
}
_WHOLE_RANK, _WHOLE_COURSE = 0.5, 4.2
# Classes of words that say less of a field than others: a program or a path than the courses in it, the day on which
# somebody was assigned than that of the registration. How far these rank behind.
_LESS: dict[str, tuple[frozenset[str], float]] = {
    "material": (frozenset({"course_name", "course_id"}), 3),
    "assigned": (frozenset({"enrolled_on"}), 0.3),
}


@cache
def meanings(header: str) -> dict[str, tuple[Meaning, ...]]:
    """Language code -> what the header means in that language, without those in which it means nothing."""
    words = words_of(header)
    if not 0 < len(words) <= _LONGEST:
        return {}
    found = {code: tuple(dict.fromkeys(_meanings(words, language))) for code, language in languages().items()}
    return {code: said for code, said in found.items() if said}


def _meanings(words: tuple[str, ...], language: Language) -> Iterator[Meaning]:
    if words in language.fields:
        for field in language.fields[words]:
            rank = _WHOLE_COURSE if field == "course_name" else _WHOLE_RANK
            yield Meaning(field, rank, _EVIDENCE.get(field, "ids" if field.endswith("_id") else "texts"))
        return
    said = frozenset().union(*_phrases(words, language) or ())
    for classes in readings(words, language):
        for has, may, meaning in _rules():
            if has <= classes <= may:
                yield _ranked(meaning, said)


def _ranked(meaning: Meaning, said: frozenset[str]) -> Meaning:
    """The meaning, behind others where one of the header's classes says less of the field."""
    behind = sum(far for name, (fields, far) in _LESS.items() if name in said and meaning.field in fields)
    if not behind:
        return meaning
    evidence: Evidence = "titles" if meaning.field == "course_name" else meaning.evidence
    return replace(meaning, rank=meaning.rank + behind, evidence=evidence)


def name_parts(header: str) -> tuple[tuple[str, int], ...]:
    """(whose, which part: 0 first, 1 middle, 2 last) of a header of a part of the learner's name, in any language."""
    found: list[tuple[str, int]] = []
    for language in languages().values():
        for classes in readings(words_of(header), language):
            rest = classes - {"learner", "employee", "guest", "name"}
            found += [("", part) for part, named in enumerate(_PARTS) if rest == {named}]
    return tuple(dict.fromkeys(found))


_WHO_AND_WHAT = frozenset({"learner", "guest", "employee", "course", "session"})
_ASKED = tuple(frozenset({name}) for name in ("attended", "completed"))
_PARTS = ("first_name", "middle_name", "last_name")


def meaning_of_answers(header: str, distinct: pd.Series | None = None) -> StatusMeaning:
    """What yes and no say under the header, in the words of a status or others: `Did the learner attend?`.

    distinct: the column's texts.
    """
    meaning = status_meaning(header, distinct)
    asked = None if meaning.yes else _asked(header)
    return replace(status_meaning(asked, distinct), header=header) if asked else meaning


@cache
def _asked(header: str) -> str | None:
    """The word of the status that a header of other words asks for."""
    for language in languages().values():
        asked = {classes - _WHO_AND_WHAT for classes in readings(words_of(header), language)}
        if len(asked) == 1 and (classes := asked.pop()) in _ASKED:
            return next(iter(classes))
    return None


@cache
def says(header: str, name: str) -> bool:
    """Whether a header is of known words, one of which has this class in some language."""
    found = (_phrases(words_of(header), language) for language in languages().values())
    return any(name in classes for phrases in found for classes in phrases or ())


def mentions(text: str, name: str) -> bool:
    """Whether a phrase of this class stands in a text of whatever else: `Anwesenheitsliste Brandschutz`."""
    words = words_of(text)
    phrases = {words[a:b] for a in range(len(words)) for b in range(a + 1, min(a + _LONGEST_PHRASE, len(words)) + 1)}
    return any(name in language.headers.get(x, _NOTHING) for language in languages().values() for x in phrases)


@cache
def spoken(headers: tuple[str, ...]) -> frozenset[str]:
    """The languages, other than English, that most headers are written in which English does not explain."""
    votes = Counter(code for header in headers for code in _foreign(header))
    return frozenset(code for code, count in votes.items() if count == max(votes.values()))


def written_in(headers: Iterable[str], code: str) -> bool:
    """Is there a header that only this language explains?"""
    own, *others = sorted(languages().values(), key=lambda language: language.code != code)
    return any(_is_known(h, own) and not any(_is_known(h, other) for other in others) for h in headers if h)


@cache
def _foreign(header: str) -> frozenset[str]:
    known = {code for code, language in languages().items() if _is_known(header, language)}
    return frozenset() if "en" in known else frozenset(known)


def _is_known(header: str, language: Language) -> bool:
    words = words_of(header)
    return 0 < len(words) <= _LONGEST and (words in language.fields or any(readings(words, language)))


def readings(words: tuple[str, ...], language: Language) -> tuple[frozenset[str], ...]:
    """The sets of classes that the words may have together; none where a word is unknown in the language."""
    return _readings(words, language.code)


@cache
def _readings(words: tuple[str, ...], code: str) -> tuple[frozenset[str], ...]:
    phrases = _phrases(words, languages()[code])
    if phrases is None:
        return ()
    found = {frozenset[str]()}
    for classes in phrases:
        found = {one | ({each} - _IGNORED) for one in found for each in classes - _SAID_ONLY or classes}
    return tuple(sorted(found, key=sorted))


def _phrases(words: tuple[str, ...], language: Language) -> list[frozenset[str]] | None:
    """The classes of each phrase, the longest first; None where a word is unknown."""
    known = language.headers
    found: list[frozenset[str]] = []
    place = 0
    while place < len(words):
        for length in range(min(_LONGEST_PHRASE, len(words) - place), 0, -1):
            if classes := known.get(words[place : place + length]):
                found.append(classes)
                place += length
                break
        else:
            parts = _parts_of(words[place], known)
            may_join = parts is None and place < len(words) - 1 and language.code in _HYPHENATED
            joined = _stem(words[place], known) if may_join else None
            if parts is None and joined is None:
                return None
            found += parts or [joined or _NOTHING]
            place += 1
    return found


def _parts_of(word: str, known: Mapping[tuple[str, ...], frozenset[str]]) -> list[frozenset[str]] | None:
    """The classes of the two or three words that stand together as one: `coursename`, `Schulungsdatum`.

    A word that changes nothing is no part of one: `Désinscription` is no `inscription`.
    """
    for place in range(len(word) - _SHORTEST_PART, _SHORTEST_PART - 1, -1):
        first = _stem(word[:place], known)
        if first is None:
            continue
        rest = known.get((word[place:],), _NOTHING) - _IGNORED
        others = [rest] if rest else _parts_of(word[place:], known)
        if others is not None:
            return [first, *others]
    return None


def _stem(part: str, known: Mapping[tuple[str, ...], frozenset[str]]) -> frozenset[str] | None:
    stems: Iterable[str] = (part.removesuffix(joint) for joint in _JOINTS if part.endswith(joint))
    found = (known.get((stem,), _NOTHING) - _IGNORED for stem in stems if len(stem) >= _SHORTEST_PART)
    return next(filter(None, found), None)
