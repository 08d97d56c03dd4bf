"""The usual headers: which spellings name which field, in a closed table made from real sheets."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from rapidfuzz import process

from rollbook.rows.fields import FIELDS
from transforms.planning.table.header_words import Evidence, Meaning, meanings, name_parts, says
from transforms.values.text import fold

# When a spelling counts only for what stands below it.
_Below = Literal[
    "addresses",
    "address_names",
    "repeats",
    "sittings",
    "answers",
    "codes",
    "dates",
    "figures",
    "words",
    "codes_of_figures",
    "single_words",
    "phrases",
    "wordings",
]
Condition = _Below | Evidence

AXCELERATE = "axcelerate"
# The rank of headers that mislead: they count only where nothing better stands.
LAST_RESORT = 9


@dataclass(frozen=True)
class Usual:
    """Spellings of one field that are equally good evidence.

    rank: the strongest is 0; of two columns for one field the one with the lower rank counts, equal ones are ambiguous.
    only: holds where the column's values are e-mail addresses (under a header for names too), or repeat, or are not
        the numbers of sittings, or are answers to a header that is itself a status (`Attended`: yes), or end in a code
        in brackets, or are dates, days of expiration, amounts, figures or anything else.
    destination: holds only there; such a spelling names no other field for that destination.
    in_words: no spelling of the table, but one of words that are known.
    """

    field: str
    rank: float
    spellings: str
    only: Condition | None = None
    destination: str | None = None
    in_words: bool = False


# Spellings are separated by " | ". Facts: real exports of learning systems, registers, meeting and webinar reports.
USUAL = (
    Usual("learner_email", 0, "learner email | employee email | student email | participant email | attendee email"),
    Usual("learner_email", 1, "email | email address | user email | email id | mail"),
    Usual("learner_email", 2, "ad email"),
    Usual("learner_email", 3, "participant id (upn) | user principal name | upn"),
    Usual("learner_email", 4, "login id | sis login id | username | user name | login", only="addresses"),
    Usual("learner_email", 5, "learner | student | employee | participant | attendee | delegate", only="address_names"),
    Usual("learner_email", 5, "learner name | employee name | student name | participant name", only="address_names"),
    Usual("learner_email", 6, "name | full name", only="address_names"),
    Usual("learner_employee_id", 0, "employee id | employee number | employee no | emp id | emp no"),
    Usual("learner_employee_id", 0, "emp number"),
    # Of a payroll: ADP's `Associate ID` is its own.
    Usual("learner_employee_id", 0.2, "file number | file no | file nr", only="id_numbers"),
    # The organization's number comes before that of a school, and any before the number that a system gives its users.
    Usual("learner_employee_id", 1, "sis user id | employee badge id | id number | id no"),
    Usual("learner_employee_id", 2, "student number | id student | learner number | learner no | student no"),
    Usual("learner_employee_id", 3, "student id | learner id | sid | npm"),
    Usual("learner_employee_id", 4, "user id"),
    # Systems that list people by number and name.
    Usual("learner_employee_id", 2.5, "employee", only="id_numbers"),
    Usual("learner_employee_id", LAST_RESORT, "id | nr", only="repeats"),
    Usual("learner_name", 0, "learner name | employee name | student name | participant name | full name"),
    Usual("learner_name", 1, "name (original name) | nom complet | nama"),
    Usual("learner_name", 2, "name | student | learner | employee"),
    Usual("learner_name", 2.5, "attendee | participant | delegate", only="names"),
    Usual("learner_name", 3, "user name", only="names"),
    Usual("group_name", 0, "group name"),
    Usual("group_name", 1, "group"),
    Usual("group_name", 2, "section name | klasse | kelas"),
    Usual("group_name", 3, "section"),
    Usual("group_id", 0, "group id | group identifier"),
    # Beside the organization's code the ID is the number that a system gives its courses.
    Usual("course_id", 0, "course code | course number | course no"),
    Usual("course_id", 0.1, "course id"),
    Usual("course_id", 1, "learning module id | training program id | training programme id | item id | code module"),
    Usual("course_id", 1, "item code | item number | item no | catalog number | catalogue number | course key"),
    Usual("course_id", 1, "catalog code | catalogue code"),
    Usual("course_id", 2, "course shortname | course1 | course-class code | class code"),
    Usual("course_name", 0, "course name | course title"),
    Usual("course_name", 1, "training name | training title | training course | training program name"),
    Usual("course_name", 1, "training programme name | training program | training programme"),
    Usual("course_name", 2, "course"),
    Usual("course_name", 3, "item title | item name | meeting title | titre de la reunion"),
    Usual("course_name", 4, "session name | topic | title"),
    Usual("session_id", 0, "session id | session code | training session id | course session id | sess id | sess code"),
    Usual("session_id", 0, "learning module session id"),
    # Often the number of the sitting.
    Usual("session_id", 1, "session number | session no | sess number | sess no", only="sittings"),
    Usual("session_id", 1, "locator number | schedule number", only="sittings"),
    Usual("session_id", 1, "lesson id | class id | meeting id | schedule id"),
    Usual("session_id", 2, "section id"),
    Usual("session_id", 3, "event id"),
    # A code in one file, the name of a course in another.
    Usual("session_id", 3, "event", only="codes_of_figures"),
    Usual("course_name", 4.5, "event", only="wordings"),
    # One a row in one file, one a session in another.
    Usual("session_id", LAST_RESORT, "training id", only="repeats"),
    # The number of the sitting within a day is no identity, nor is a date: courses of one day are several sessions. A
    # name may be one, or name the course.
    Usual("session_id", LAST_RESORT, "session", only="sittings"),
    Usual("course_name", LAST_RESORT, "session", only="sittings"),
    # A title in one file, a group of pupils in another.
    Usual("course_name", LAST_RESORT, "class", only="phrases"),
    Usual("session_date", 0, "session date | training date | attendance date | class date | event date"),
    Usual("session_date", 1, "training start date | session starts | session start date"),
    Usual("session_date", 1, "session start time", only="dates"),
    Usual("session_date", 1, "class start date time | class start date"),
    Usual("session_date", 2, "date"),
    Usual("session_date", 3, "start date"),
    Usual("session_date", 4, "first join"),
    Usual("session_date", 5, "join time | timestamp | heure d'arrivee"),
    Usual("session_date", 1, "session start | class start time | event start time", only="dates"),
    # The day on which an appointment was made may be called `Date Scheduled`.
    Usual("session_date", 3.3, "start time", only="dates"),
    Usual("status", 1.1, "attendee type | participant type", only="statuses"),
    Usual("session_date", 4.5, "from | from date", only="dates"),
    Usual("session_date", 6, "attended", only="dates"),
    Usual("session_date", 7, "session", only="dates"),
    Usual("session_start", 0, "session start | class start time | event start time"),
    Usual("session_start", 0, "session start time", only="times"),
    Usual("session_start", 1, "start time | heure de debut"),
    Usual("session_start", 2, "from"),
    Usual("status", 0, "attendance status | completion status"),
    Usual("status", 0.5, "enrollment status | enrolment status"),
    Usual("status", 0, "participation status | transcript status | training status | training outcome"),
    Usual("status", 0.9, "attendance | attendance type"),
    Usual("status", 0.9, "item status", only="statuses"),
    Usual("status", 1, "status"),
    Usual("status", 1.1, "attendance description", only="statuses"),
    Usual("status", 1.2, "attendance code | attendance mark", only="statuses"),
    # A result in figures is a grade.
    Usual("status", 2, "result | final result | outcome", only="words"),
    Usual("status", 3, "attended | completed | present | cancelled | canceled | absent | no show", only="answers"),
    Usual("grade", 0, "grade | final grade | grade percentage | final assigned egrade"),
    Usual("grade", 1, "score | final score | completion score | percentage | enrollment score | enrolment score"),
    Usual("grade", 1.5, "high score"),
    Usual("grade", 2, "mark | marks"),
    Usual("grade", 2.5, "result | final result | outcome", only="figures"),
    Usual("enrolled_on", 0, "enrolled date | enrolled on | enrolled at | enrollment date | enrolment date"),
    Usual("enrolled_on", 0, "date enrolled | enroltimestart1 | enrollment created date | enrollment creation date"),
    Usual("enrolled_on", 1, "registration date | date registration"),
    Usual("enrolled_on", 1.3, "assignment date"),
    Usual("completed_on", 0, "completed date | completed on | completed at | completion date | date completed"),
    Usual("completed_on", 0, "enrollment completed date | enrolment completed date | enrollment completion date"),
    Usual("completed_on", 1, "training end date"),
    Usual("completed_on", 2, "completed | passed", only="dates"),
    Usual("enrolled_on", 2, "enrolled | registered", only="dates"),
    Usual("attendance_confirmed", 0, "attendance confirmed"),
    Usual("feedback", 0, "feedback"),
    Usual("feedback", 1, "feedback comments"),
    Usual("feedback", 2, "comments"),
    Usual("feedback", 3, "remarks"),
    Usual("feedback", 4, "notes"),
    Usual("feedback", 5, "note | comment"),
    # What stands beside a record counts only where every row could hold it: else it is another column that is kept.
    Usual(
        "expires_on", 0, "certificate expiry date | certificate expiration date | certificate expires", only="expiries"
    ),
    Usual("expires_on", 0, "certification expiry date | certification expiration date", only="expiries"),
    Usual("expires_on", 0, "certificate valid until | certificate expires on | certificate expiry", only="expiries"),
    Usual("expires_on", 1, "expires on | expiry date | expiration date | date expires | expire date", only="expiries"),
    Usual("expires_on", 2, "expires | expiry | expiration | valid until | valid to | valid through", only="expiries"),
    Usual("certificate_number", 0, "certificate number | certificate no | certificate id | certificate nr"),
    Usual("certificate_number", 0, "cert number | cert no | cert id | certification number | certification no"),
    Usual("certificate_number", 1, "certification id | certificate code | certificate serial number"),
    Usual("certificate_number", 1, "certificate ref | certificate reference | certificate reference number"),
    Usual("hours", 0, "hours attended | attended hours | hours completed | completed hours", only="amounts"),
    Usual("hours", 1, "hours | training hours | number of hours | no of hours | learning hours", only="amounts"),
    Usual("hours", 2, "contact hours | instruction hours | course hours | class hours | session hours", only="amounts"),
    Usual("hours", 2, "duration (hours) | duration in hours | duration hours | duration (h)", only="amounts"),
    Usual("hours", 2, "length (hours) | length in hours | cpd hours | cpe hours | ce hours", only="amounts"),
    Usual("credits", 0, "credits earned | earned credits | credits awarded | ceus earned", only="amounts"),
    Usual("credits", 1, "credits | training credits | cpd points | cpd credits | cme credits", only="amounts"),
    Usual("credits", 1, "cpe credits | ce credits | ceu | ceus | ects | ects credits | pdu | pdus", only="amounts"),
    Usual("contact_id", 0, "contact id", destination=AXCELERATE),
    Usual("contact_id", 1, "student number", destination=AXCELERATE),
    Usual("class_id", 0, "class id | program instance id", destination=AXCELERATE),
    Usual("class_id", 1, "instance id", destination=AXCELERATE),
    Usual("class_id", 2, "class code", destination=AXCELERATE),
    Usual("unit_id", 0, "unit id | unit code | unit of competency code", destination=AXCELERATE),
    Usual("unit_id", 1, "national code | subject code", destination=AXCELERATE),
    Usual("activity_type", 0, "activity type", destination=AXCELERATE),
    Usual("activity_type", 1, "type", destination=AXCELERATE),
    Usual("outcome_code", 0, "outcome code | outcome id national", destination=AXCELERATE),
    Usual("outcome_code", 1, "competent | competency", destination=AXCELERATE),
    Usual("outcome_code", 2, "outcome", destination=AXCELERATE),
    # In exports of registers `Competency achieved/pass (20)` stands under `Status`.
    Usual("outcome_code", 3, "status | result", only="codes", destination=AXCELERATE),
    Usual("started_on", 0, "activity start date | commenced date", destination=AXCELERATE),
    Usual("started_on", 1, "start date", destination=AXCELERATE),
    Usual("ended_on", 0, "activity end date | activity finish date", destination=AXCELERATE),
    Usual("ended_on", 1, "end date | finish date", destination=AXCELERATE),
    Usual("module_enrolment_id", 0, "module enrolment id | module enrollment id", destination=AXCELERATE),
    Usual("module_enrolment_id", 1, "module name | learning module name", destination=AXCELERATE),
    Usual("enrol_id", 0, "enrol id | enroll id | enrolment id | enrollment id", destination=AXCELERATE),
    Usual("access_override", 0, "access override", destination=AXCELERATE),
)

# Of two equally good columns the first counts: they are shown and decide nothing.
FIRST_COUNTS = frozenset({"learner_name", "feedback"})

# A name in parts; a word like "employee" may stand before each.
NAME_PARTS = (
    ("first name", "given name", "forename", "personal", "personal name", "preferred name"),
    ("middle name",),
    ("last name", "surname", "family", "family name"),
)
_BEFORE_NAMES = ("", "employee", "student", "learner", "participant", "attendee", "user")

# Met as headers and never a field: they tell a header row, and another table, by them.
NO_FIELDS = (
    "record id | no | # | join time | leave time | first join | last leave | in-meeting duration | duration | "
    "role | duration (minutes) | guest | recording consent | department | job level | job title | join date | "
    "registered | num registered | attendees | num attended | num_attended | student count | participants | "
    "length | manager id | manager first name | manager last name | mentor id | trainer id | trainer | "
    "instructor | teacher | delivered by | tutors | marked by tutor | revision date | required date | "
    "due date | created on | modified on | created | modified | last modified | updated | last updated | created at | "
    "updated at | modified at | birth date | minutes late | feedback rating | level | password | phone | "
    "end time | "
    "end date | provider | training cost | course category | hire date | dob | date of birth | date of hire | "
    "birthday | renewal date | deadline | termination date | last login | first access date | last access date | "
    "first access | last access | last accessed | first accessed | last activity | last activity date | "
    "started on | started at | started date | date started | started | time exited | exit time | time left | "
    "time out | sign-out time | check-out time | clock-out time | checked out at | left at | departure time | "
    # Of reports of meetings, in other languages.
    "letztes verlassen | verlassenszeit | dauer der besprechung | dauer | rolle | dernier départ | heure de départ | "
    "durée de la réunion | rôle | última salida | hora de salida | duración de la reunión | rol"
)


_QUALIFIED = 0.5
# `(out of 40)`, `/ 40`, `(max. 40 points)`: how many points were possible; `Part 2 / 3` says nothing of points.
OUT_OF = (
    r"(?:out\s+of\s+|(?<!\d)(?<!\d\s)\b(?:sobre|sur|von|su)\s+|\bmax(?:imum|\.)?:?\s*|(?<!\d)(?<!\d\s)/\s*)"
    r"(?P<points>\d+(?:[.,]\d+)?)(?:\s*(?:points?|marks?|pts\.?))?"
)
_ZONE = (
    r"(?:[ecmp]st\s?/\s?[ecmp]dt|"
    r"utc|gmt|[ecmp][sd]t|ak[sd]t|hst|bst|ist|wes?t|ces?t|ees?t|msk|jst|kst|sgt|hkt|a[ecw][sd]t|nz[sd]t|sast)"
    r"(?:\s*[+-]\s*\d{1,2}(?::?\d\d)?)?|local|(?:africa|america|asia|australia|europe|pacific)/\w+"
)
_LOOKED_UP = "employee|learner|staff|participant|student|trainee|attendee|session|course|class|event|training"
_DATES = rf"(?:{_ZONE})(?:\s?time(?:\s?zone)?)?|[dmy]{{1,4}}[-./ ][dmy]{{1,4}}[-./ ][dmy]{{1,4}}"
_UNNAMED = OUT_OF.replace("?P<points>", "?:")
# (what stands behind a usual header in brackets or without, the kinds of field that it says nothing new of).
_QUALIFIERS: tuple[tuple[re.Pattern[str], frozenset[str] | None], ...] = (
    *(
        (re.compile(rf"(?P<name>.*?\S)\s*(?:[(\[]\s*(?:{words})\s*[)\]]|{bare})", re.IGNORECASE), kinds)
        for words, bare, kinds in (
            (_UNNAMED, rf"\s*{_UNNAMED}", frozenset({"grade"})),
            (r"in\s+%|%|per\s?cent|percentage|pct", r"\s(?:in\s+)?%|%|[\s_]pct", frozenset({"grade"})),
            (_DATES, r"\sutc", frozenset({"date", "time"})),
            (r"work|business|office|company", r"-\s+work", frozenset({"email"})),
            (r"required|mandatory|optional", r"\*", None),
            # Columns that a base looks up in another table: `Email (from Employee)`.
            (rf"from\s+(?:{_LOOKED_UP})s?", r"(?!)", None),
        )
    ),
    (re.compile(r"(?:%|per\s?cent(?:age)?)\s+(?P<name>\S.*)", re.IGNORECASE), frozenset({"grade"})),
)
_OF = re.compile(
    r"(?P<what>name|title|date|id|code|e-?mail|email address|status) of (?:the )?(?P<whose>.+)", re.IGNORECASE
)


@cache
def header_key(header: str) -> str:
    """How headers are compared: folded, `#` as number, and without apostrophes and the stars of what is required."""
    numbered = header.replace("#", " number ") if header.strip() != "#" else header
    return fold(numbered).translate({ord(c): None for c in "'\u2019*?"})


# What rows for aXcelerate say beside its own fields: who the learner is. A row must not be refused for a cell of
# another field, which goes nowhere.
_BESIDE = {AXCELERATE: frozenset({"learner_email", "learner_employee_id", "learner_name"})}


@cache
def usual_headers(destination: str) -> dict[str, tuple[Usual, ...]]:
    """Folded spelling -> the entries that hold for the destination; an entry made for it puts others aside."""
    found: dict[str, list[Usual]] = {}
    for usual in USUAL:
        general = usual.destination is None and usual.field in _BESIDE.get(destination, {usual.field})
        if general or usual.destination == destination:
            for spelling in usual.spellings.split(" | "):
                found.setdefault(header_key(spelling), []).append(usual)
    return {key: tuple(u for u in entries if u.destination) or tuple(entries) for key, entries in found.items()}


# The day on which a course ends may be that of its completion.
_MAY_BE_OURS = frozenset(["enddate"])


@cache
def _other_things() -> frozenset[str]:
    expiries = {key for key, entries in usual_headers("").items() if all(u.field == "expires_on" for u in entries)}
    return frozenset(filter(None, map(header_key, NO_FIELDS.split(" | ")))) - _MAY_BE_OURS | expiries


def is_of_other_things(header: str) -> bool:
    """Whether it is known that a header names nothing of an attendance, such as a date of birth."""
    of_session = says(header, "session") and (says(header, "end") or says(header, "completed"))
    others = any(says(header, name) for name in ("joined", "submitted", "other"))
    return header_key(header) in _other_things() or of_session or others


def usual_entries(
    header: str, destination: str, spoken: frozenset[str] = frozenset()
) -> tuple[tuple[float, Usual], ...]:
    """(rank, entry) of what a header may name; one that is written with a qualifier ranks behind one that is not.

    spoken: the languages of the sheet's other headers, which say whether `Note` is a remark or a grade.
    """
    usual = usual_headers(destination)
    said = meanings(header)
    native = tuple(meaning for code in sorted(spoken) for meaning in said.get(code, ()))
    if native:
        return _in_words(header, native, destination)
    exact = usual.get(header_key(header), ())
    if exact or header_key(header) in known_keys() - _elsewhere(destination):
        return _ranked(exact)
    if varied := _varied_entries(header, usual, destination, spoken):
        return tuple((rank + _QUALIFIED, entry) for rank, entry in varied if rank < LAST_RESORT)
    return _in_words(header, said.get("en") or next(iter(said.values()), ()), destination)


@cache
def _elsewhere(destination: str) -> frozenset[str]:
    """The folded spellings that are headers for other destinations only."""
    return (
        frozenset(usual_headers(AXCELERATE)) - frozenset(usual_headers(""))
        if destination != AXCELERATE
        else frozenset()
    )


def _in_words(header: str, said: Iterable[Meaning], destination: str) -> tuple[tuple[float, Usual], ...]:
    beside = _BESIDE.get(destination)
    entries = (Usual(m.field, LAST_RESORT, header, m.evidence, in_words=True) for m in said)
    return tuple(
        (meaning.rank, entry)
        for meaning, entry in zip(said, entries, strict=True)
        if beside is None or entry.field in beside
    )


def _varied_entries(
    header: str, usual: Mapping[str, tuple[Usual, ...]], destination: str, spoken: frozenset[str]
) -> tuple[tuple[float, Usual], ...]:
    """(rank, entry) of `Completion Date (UTC)`, `Score %`, `Date of completion` and `Course name/title`."""
    for pattern, kinds in _QUALIFIERS:
        if found := pattern.fullmatch(header.strip()):
            name = found["name"]
            native = tuple(meaning for code in sorted(spoken) for meaning in meanings(name).get(code, ()))
            whole = () if native else usual.get(header_key(name), ()) or _turned(name, usual)
            entries = _ranked(whole) or _in_words(name, native or meanings(name).get("en", ()), destination)
            return tuple(offer for offer in entries if kinds is None or FIELDS[offer[1].field].kind in kinds)
    return _ranked(_turned(header, usual) or _alternatives(header, usual))


def _ranked(entries: Iterable[Usual]) -> tuple[tuple[float, Usual], ...]:
    return tuple((entry.rank, entry) for entry in entries)


def _turned(header: str, usual: Mapping[str, tuple[Usual, ...]]) -> tuple[Usual, ...]:
    """`Date of completion` as `completion date`."""
    found = _OF.fullmatch(header.strip())
    return usual.get(header_key(f"{found['whose']} {found['what']}"), ()) if found else ()


def _alternatives(header: str, usual: Mapping[str, tuple[Usual, ...]]) -> tuple[Usual, ...]:
    """`Course name/title`, where `course name` and `course title` are the same field."""
    first, *others = (part.strip() for part in header.split("/"))
    before = " ".join(first.split()[:-1])
    entries = tuple(entry for entry in usual.get(header_key(first), ()) if entry.only != "figures")
    fields = {entry.field for entry in entries}
    for other in others:
        same = usual.get(header_key(f"{before} {other}"), ()) or usual.get(header_key(other), ())
        fields &= {entry.field for entry in same if entry.rank < LAST_RESORT}
    return tuple(entry for entry in entries if others and entry.field in fields)


@cache
def known_spellings() -> frozenset[str]:
    """Every spelling that is a header somewhere whatever stands below it, whether it names a field or not."""
    usual = {spelling for usual in USUAL if usual.only is None for spelling in usual.spellings.split(" | ")}
    return frozenset(usual | set(NO_FIELDS.split(" | ")))


@cache
def known_keys() -> frozenset[str]:
    """The folded spellings of all headers that are known, those of a name's parts too."""
    spellings = {f"{before} {part}" for part in _all_parts() for before in _BEFORE_NAMES} | known_spellings()
    spellings |= {spelling for usual in USUAL if usual.only for spelling in usual.spellings.split(" | ")}
    return frozenset(filter(None, map(header_key, spellings)))


def _all_parts() -> Iterable[str]:
    return (spelling for part in NAME_PARTS for spelling in part)


def name_part(header: str) -> tuple[str, int] | None:
    """(what stands before, which part: 0 first, 1 middle, 2 last) of a header of a part of the learner's name."""
    part = _name_parts().get(header_key(header)) or next(iter(name_parts(header)), None)
    # In German, `Username` is the last name of a user.
    return None if part and says(header, "login") else part


@cache
def _name_parts() -> dict[str, tuple[str, int]]:
    return {
        header_key(f"{before} {spelling}"): (before, number)
        for number, part in enumerate(NAME_PARTS)
        for spelling in part
        for before in _BEFORE_NAMES
    }


def nearest_header(wanted: str, headers: Iterable[str]) -> str | None:
    """The header that reads most like the wanted one, if any does."""
    by_key = {header_key(header): header for header in headers}
    best = process.extractOne(header_key(wanted), list(by_key), score_cutoff=60)
    return by_key[best[0]] if best else None
