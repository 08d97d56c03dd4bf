"""Reports of who was in a meeting: the minutes of a learner over all times that they joined."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rollbook.profile import Meeting
from rollbook.text.quoted import quoted
from transforms.planning.columns.column_mapping import ColumnPlan, ProfileMismatch, letter_of
from transforms.planning.table.below import Below
from transforms.planning.table.headers import header_key
from transforms.values.text import NO_VALUE, fold

_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d):([0-5]\d)")
# The first letters of the units of nine languages; no other unit of a duration begins as these do.
_PARTS = re.compile(
    r"(?:(?P<hours>\d+)\s*(?:h|st|ho|he|or|u|g)[^\W\d]*\.?)?[\s,:]*(?:(?:and|und|et|y|e|en|i)\s)?\s*"
    r"(?:(?P<minutes>\d+)\s*m[^\W\d]*\.?)?[\s,:]*(?:(?:and|und|et|y|e|en|i)\s)?\s*(?:(?P<seconds>\d+)\s*s[^\W\d]*\.?)?",
    re.IGNORECASE,
)
_TIME_BEHIND = re.compile(r"[\sT,]+\d{1,2}[:.]\d{2}.*$")
_LEARNER = ("learner_email", "learner_employee_id", "learner_name")
_SESSION = ("session_id", "course_id", "course_name", "session_date")


def minutes_in(text: str) -> float | None:
    """The minutes of `68`, `1h 7m 10s`, `65 mins`, `59 Min. 0 Sek.` and `01:07:10`; None for a text that says none."""
    text = text.strip()
    if text.lower() in NO_VALUE or set(text) <= {"-"}:
        return 0.0
    if _NUMBER.fullmatch(text):
        return float(text.replace(",", "."))
    clock = _CLOCK.fullmatch(text)
    found = clock.groups() if clock else ()
    if not found and (parts := _PARTS.fullmatch(text)) and any(parts.groups()):
        found = parts.group("hours", "minutes", "seconds")
    hours, minutes, seconds = (int(part or 0) for part in found) if found else (0, 0, 0)
    return hours * 60 + minutes + seconds / 60 if found else None


# What Teams wrote in 2020 and 2021, in several languages: who came and went, and nothing of the meeting.
_LOGS = (
    ("Full Name", "User Action", "Timestamp"),
    ("Vollständiger Name", "Benutzeraktion", "Zeitstempel"),
    ("Nom complet", "Action de l'utilisateur", "Horodateur"),
    ("Nombre completo", "Acción del usuario", "Marca de tiempo"),
    ("Nome completo", "Ação do usuário", "Carimbo de data/hora"),
    ("Nome completo", "Azione utente", "Timestamp"),
    ("Volledige naam", "Gebruikersactie", "Tijdstempel"),
    ("Imię i nazwisko", "Akcja użytkownika", "Sygnatura czasowa"),
)


def log_of_joining(headers: Iterable[str]) -> str | None:
    """What is said of a list of who joined a Teams meeting, which identifies neither learners nor the meeting."""
    keys = {header_key(header) for header in headers if header}
    if not any(keys >= set(map(header_key, log)) for log in _LOGS):
        return None
    return (
        "This is an attendance list of Teams from 2020 or 2021: it has names, but no e-mail addresses, and does not "
        "name the meeting. Download the attendance report of the meeting instead (in Teams: the meeting, Attendance), "
        "or add the columns “Email”, “Course” and “Status”, with the names of the meeting's participants once each."
    )


def short_rows(
    below: Below, columns: Sequence[ColumnPlan], meeting: Meeting, skip: Sequence[tuple[str, tuple[str, ...]]]
) -> tuple[tuple[int, ...], str | None]:
    """The numbers of the rows of learners who were there for too short a time, and what the user is told.

    skip: (letter, texts) of rows that carry no record: their minutes do not count. Raises ProfileMismatch where no
    column has the minutes, or a cell cannot be read.
    """
    if meeting.attended_from is None:
        return (), None
    letter = _minutes_letter(below, meeting)
    found = {column.field: column.letters[0] for column in columns}
    sums: dict[tuple[str, ...], float] = defaultdict(float)
    rows: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for cells in _records(below, [letter, *found.values(), *(x for x, _ in skip)], skip):
        who = next((fold(text) for name in _LEARNER if (text := cells.get(found.get(name, "")))), "")
        if not who:
            continue
        key = (who, *(_day(cells.get(found.get(name, ""), "")) for name in _SESSION))
        sums[key] += _minutes(cells.get(letter, ""), int(cells["row"]), below.headers[letter])
        rows[key].append(int(cells["row"]))
    short = [key for key, minutes in sums.items() if minutes < meeting.attended_from]
    told = (
        f"The minutes under “{below.headers[letter]}” are added up for each learner. There for less than "
        f"{meeting.attended_from:g} minutes, and so read as no_show: {len(short)} of {len(sums)}."
    )
    return tuple(sorted(number for key in short for number in rows[key])), told


def _minutes_letter(below: Below, meeting: Meeting) -> str:
    told = [meeting.minutes] if isinstance(meeting.minutes, str) else meeting.minutes
    keys = {header_key(header) for header in below.headers.values() if header}
    there = [header for header in told if header.startswith("@") or header_key(header) in keys]
    if not there:
        raise ProfileMismatch(
            "[meeting] attended_from needs the column of minutes, which the sheet does not have. Name it: [meeting] "
            'minutes = "Duration (minutes)".'
        )
    return letter_of(there[0], below.headers, "[meeting] minutes")


def _records(
    below: Below, letters: Sequence[str], skip: Sequence[tuple[str, tuple[str, ...]]]
) -> Iterator[Mapping[str, str]]:
    """The cells of every row that is not skipped, blank ones left out, and its number under `row`."""
    passed = [(letter, {fold(text) for text in texts}) for letter, texts in skip]
    held = [x for x in dict.fromkeys(letters) if x in below.table.column_names]
    for batch in below.table.select(["row", *held]).to_batches():
        for cells in batch.to_pylist():
            if not any(fold(cells.get(letter) or "") in texts for letter, texts in passed):
                yield {name: str(text) for name, text in cells.items() if text is not None}


def _day(text: str) -> str:
    return fold(_TIME_BEHIND.sub("", text))


def _minutes(text: str, row: int, header: str) -> float:
    found = minutes_in(text)
    if found is None:
        raise ProfileMismatch(
            f"[meeting] attended_from adds up the minutes under “{header}”, but row {row} has {quoted(text)} there. "
            "Write the minutes as a number, or as 1h 7m."
        )
    return found
