"""Messy sheets as people keep them, made by Hypothesis, and an account of them that owes nothing to Rollbook."""

import csv
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import openpyxl
from hypothesis import settings
from hypothesis import strategies as st

Place = tuple[str, str, int, str | None]
# So few, for an example is a whole import; more where more are asked for.
EXAMPLES = (settings.default or settings()).max_examples // 6

LEARNERS = (
    ("ana@example.com", "0071", "Ana Álvarez"),
    ("ben@example.com", "72", "Ben Brown"),
    ("ülkü@example.com", "A-73", "Ülkü Öz"),
    ("dora@example.com", "74", "Dora Diaz"),
)
SESSIONS = (("S-1", "C-1", "2023-03-01"), ("S-2", "C-1", "2023-03-02"), ("007", "C 2", "2023-03-02"))
STATUSES = {
    "completed": ("Completed", "COMPLETE ", "completed"),
    "attended": ("Attended", " present", "P"),
    "no_show": ("No show", "absent"),
    "cancelled": ("Cancelled", "withdrawn"),
}
ENROLLED = ("", "2023-01-05", "2023-02-17")

# What is wrong with a record: field -> what stands in its cell -> the code that must be told.
WRONG = (
    ("status", "perhaps", "status.unknown"),
    ("status", "", "status.missing"),
    ("enrolled_on", "#DIV/0!", "cell.error"),
    ("enrolled_on", "2023-02-30", "date.invalid"),
    ("enrolled_on", "2999-01-01", "date.in_future"),
    ("enrolled_on", "1899-12-31", "date.too_old"),
    ("learner_email", "ana(at)example.com", "learner.email"),
    ("learner_employee_id", "9-A" * 30, "value.too_long"),
)
HEADERS = {
    "learner_email": ("Email", "E-mail address", "EMAIL"),
    "learner_employee_id": ("Employee ID", "Employee number"),
    "learner_name": ("Name", "Learner name"),
    "session_id": ("Session ID", "session id"),
    "course_id": ("Course ID",),
    "session_date": ("Session date",),
    "status": ("Status",),
    "grade": ("Grade", "Score"),
    "enrolled_on": ("Enrolled on",),
    "region": ("Region of work",),
    "salary": ("Remuneration (internal)",),
}
TITLES: tuple[tuple[tuple[str, ...], ...], ...] = ((), (("Training history 2023",),), (("History",), ()))
NOISE = ("blank", "repeated header", "totals", "note")
COURSE_OF_WIDE = "C-WIDE"
WIDE_PROFILE = f'[applies]\nfiles = "wide*"\n[sheet]\nlayout = "wide"\n[defaults]\ncourse_id = "{COURSE_OF_WIDE}"\n'


@dataclass(frozen=True)
class Record:
    """One record.

    named: does it name the learner by `both`, `email` or `id`, or `two` learners; codes: what must be told of it.
    """

    learner: int
    named: str
    session: str
    content: tuple[str, ...]
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """A sheet as it is written: its lines, and by row number its records (by column, None in a long sheet)."""

    name: str
    lines: tuple[tuple[str, ...], ...]
    records: dict[tuple[int, str | None], Record]
    ignored: int


@dataclass(frozen=True)
class File:
    """A file of one sheet (CSV) or several (xlsx)."""

    name: str
    sheets: tuple[Sheet, ...]
    delimiter: str = ","
    encoding: str = "utf-8"

    def write(self, folder: Path) -> Path:
        """Write the file."""
        path = folder / self.name
        if path.suffix == ".xlsx":
            _write_workbook(path, self.sheets)
        else:
            with path.open("w", encoding=self.encoding, newline="") as file:
                csv.writer(file, delimiter=self.delimiter).writerows(self.sheets[0].lines)
        return path


def _write_workbook(path: Path, sheets: Sequence[Sheet]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        page = book.create_sheet(sheet.name)
        for number, line in enumerate(sheet.lines, 1):
            for column, text in enumerate(line, 1):
                if text:
                    page.cell(number, column, text).data_type = "e" if text == "#DIV/0!" else "s"
    book.save(path)


@dataclass(frozen=True)
class Account:
    """What must become of the records: their places by outcome, and how many rows carry none."""

    places: dict[str, set[Place]]
    codes: dict[Place, frozenset[str]]
    ignored: int

    @property
    def rows(self) -> dict[str, int]:
        """As `--json` tells it, without the zeros."""
        told = {outcome: len(places) for outcome, places in self.places.items() if places}
        told |= {"read": sum(told.values())} | ({"ignored": self.ignored} if self.ignored else {})
        return {name: number for name, number in told.items() if number}


def account(folder: Path, files: Sequence[File], on_conflict: str = "reject") -> Account:
    """Count what the files hold, by hand."""
    records = {
        (str(folder / file.name), sheet.name, row, column): record
        for file in sorted(files, key=lambda file: str(folder / file.name))
        for sheet in file.sheets
        for (row, column), record in sorted(sheet.records.items(), key=lambda entry: (entry[0][0], _width(entry[0][1])))
    }
    good = {place: record for place, record in records.items() if not record.codes}
    linked = {record.learner for record in good.values() if record.named == "both"}
    groups: dict[tuple[object, str], list[Place]] = {}
    for place, record in good.items():
        who: object = record.learner if record.learner in linked else (record.learner, record.named)
        groups.setdefault((who, record.session), []).append(place)
    places: dict[str, set[Place]] = {"loaded": set(), "duplicate": set(), "rejected": set(records.keys() - good.keys())}
    for copies in groups.values():
        differ = len({good[place].content for place in copies}) > 1
        if differ and on_conflict == "reject":
            places["rejected"] |= set(copies)
            continue
        kept = copies[-1] if differ and on_conflict == "last" else copies[0]
        places["loaded"].add(kept)
        places["duplicate"] |= set(copies) - {kept}
    ignored = sum(sheet.ignored for file in files for sheet in file.sheets)
    return Account(places, {place: frozenset(record.codes) for place, record in records.items()}, ignored)


def codes_of(found: dict[str, list[dict[str, Any]]]) -> dict[Place, frozenset[str]]:
    """What the ledger tells of each record."""
    parts = {line["part_id"]: line for line in found["parts"]}
    told: dict[Place, frozenset[str]] = defaultdict(frozenset)
    for line in found["failures"]:
        told[place_of(parts[line["part_id"]], line)] |= {line["code"]}
    return told


def place_of(part: dict[str, Any], line: dict[str, Any]) -> Place:
    """Where a line of rollbook_rows or rollbook_failures stood."""
    column = "ABCDEF"[line["col_no"] - 1] if line["col_no"] else None
    return part["source_file"], part["source_sheet"], line["row_no"], column


def _width(column: str | None) -> tuple[int, str]:
    return (len(column or ""), column or "")


@st.composite
def records(draw: st.DrawFn, *, disputes: bool = False) -> Record:
    """A record of few learners and sessions, so that copies and conflicts are common."""
    codes = draw(st.sampled_from([(), (), (), (0,), (1,), (2,), (3,), (4,), (5,), (6,), (7,), (0, 3), (6, 7)]))
    status = draw(st.sampled_from(["completed", "completed", "attended", "no_show", "cancelled"]))
    grade = draw(st.sampled_from(["", "80", "92.5"])) if status == "completed" else ""
    return Record(
        draw(st.integers(0, len(LEARNERS) - 1)),
        draw(st.sampled_from(["both", "both", "email", "id"])) if not disputes else "two",
        str(draw(st.integers(0, len(SESSIONS) - 1))),
        (status, grade, draw(st.sampled_from(ENROLLED))),
        tuple(WRONG[number][2] for number in codes),
    )


@st.composite
def long_sheets(draw: st.DrawFn, name: str, *, disputes: bool, ragged: bool) -> Sheet:
    """A sheet with a record a row, under title rows and among all that is no record."""
    kinds: list[st.SearchStrategy[Record] | st.SearchStrategy[str]] = [
        records(disputes=disputes),
        records(),
        records(),
        st.sampled_from(NOISE),
    ]
    by_course = draw(st.booleans())
    session = ("course_id", "session_date") if by_course else ("session_id",)
    extra = draw(st.sets(st.sampled_from(["learner_name", "region", "salary"])))
    fields = draw(
        st.permutations(["learner_email", "learner_employee_id", *session, "status", "grade", "enrolled_on", *extra])
    )
    header = tuple(draw(st.sampled_from(HEADERS[field])) for field in fields)
    lines = list(draw(st.sampled_from(TITLES)))
    titles = len(lines)
    lines.append(header)
    wanted = draw(st.lists(st.one_of(kinds), min_size=2, max_size=9))
    found: dict[tuple[int, str | None], Record] = {}
    for entry in wanted:
        if isinstance(entry, Record):
            line, found[len(lines) + 1, None] = _record_line(draw, fields, entry, by_course)
            lines.append(line)
        else:
            lines.append(_noise(str(entry), header, fields))
    if ragged and len(found) > 4 and "blank" not in wanted and draw(st.booleans()):
        place = max(found)
        lines[place[0] - 1] += ("one too many",)
        found[place] = replace(found[place], codes=(*found[place].codes, "row.ragged"))
    while lines and not any(lines[-1]):
        lines.pop()
    return Sheet(name, tuple(lines), found, len(lines) - 1 - len(found) if len(lines) > titles else 0)


def _record_line(
    draw: st.DrawFn, fields: Sequence[str], record: Record, by_course: bool
) -> tuple[tuple[str, ...], Record]:
    email, number, name = LEARNERS[record.learner]
    session_id, course, day = SESSIONS[int(record.session)]
    status, grade, enrolled = record.content
    cells = {
        "learner_email": draw(st.sampled_from([email, email.upper(), f" {email}"])) if record.named != "id" else "",
        "learner_employee_id": {"email": "", "two": LEARNERS[record.learner - 1][1]}.get(record.named, number),
        "learner_name": name,
        "session_id": session_id,
        "course_id": course,
        "session_date": day,
        "status": draw(st.sampled_from(STATUSES[status])),
        "grade": grade,
        "enrolled_on": enrolled,
        "region": "North, East",
        "salary": "=SUM(A1:A9)",
    }
    cells |= {field: text for field, text, code in WRONG if code in record.codes}
    about = f"{course}/{day}" if by_course else session_id
    return tuple(cells[field] for field in fields), replace(record, session=about)


def _noise(kind: str, header: tuple[str, ...], fields: Sequence[str]) -> tuple[str, ...]:
    """A line that is no record: its total is in a column that names no learner, else it would be one."""
    last = max(place for place, field in enumerate(fields) if not field.startswith("learner_"))
    totals = ("Total", *("12" if place == last else "" for place in range(1, len(header))))
    return {
        "blank": (),
        "repeated header": header,
        "totals": totals,
        "note": ("Exported on Monday by the training department",),
    }[kind]


DAYS = ("2023-05-02", "2023-05-03", "2023-05-31")


@st.composite
def wide_sheets(draw: st.DrawFn, name: str) -> Sheet:
    """A sheet with a row a learner and a column a session, headed by its day."""
    header = ("Name", "Email", "Employee ID", *DAYS)
    lines: list[tuple[str, ...]] = [("Register of attendance",), header]
    found: dict[tuple[int, str | None], Record] = {}
    for _ in range(draw(st.integers(1, 5))):
        learner = draw(st.integers(0, len(LEARNERS) - 1))
        known = draw(st.integers(0, 4)) > 0
        email, number, named = LEARNERS[learner]
        cells = []
        for place, day in enumerate(DAYS):
            status = draw(st.sampled_from(["", "completed", "attended", "no_show", "?!"]))
            cells.append(STATUSES[status][0] if status in STATUSES else status)
            if status:
                codes = ("status.unknown",) * (status == "?!") + ("learner.email",) * (not known)
                about = f"{COURSE_OF_WIDE}/{day}"
                found[len(lines) + 1, "DEF"[place]] = Record(learner, "both", about, (status, "", ""), codes)
        lines.append((named, email if known else "nobody", number, *cells))
    held = {row for row, _ in found}
    return Sheet(name, tuple(lines), found, len(lines) - 1 - len(held))


@st.composite
def csv_files(draw: st.DrawFn, name: str, *, disputes: bool) -> File:
    """A CSV file, wide where its name begins so."""
    wide = name.startswith("wide")
    sheet = draw(wide_sheets(name) if wide else long_sheets(name, disputes=disputes, ragged=True))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]))
    return File(f"{name}.csv", (sheet,), draw(st.sampled_from([",", ";", "\t"])), encoding)


@st.composite
def workbooks(draw: st.DrawFn, name: str, *, disputes: bool) -> File:
    """A workbook of two sheets of records and one that holds none."""
    sheets = [draw(long_sheets(title, disputes=disputes, ragged=False)) for title in ("2022", "All & more")]
    lookup = Sheet("Lookup", (("Code", "Meaning"), ("C-1", "Safety")), {}, 0)
    return File(f"{name}.xlsx", (sheets[0], lookup, sheets[1]))


@st.composite
def histories(draw: st.DrawFn, *, disputes: bool = False) -> list[File]:
    """A few files: CSV, a wide one or a workbook among them. disputes: some rows name two learners."""
    names = draw(st.sampled_from([["b"], ["b", "a"], ["wide", "b"], ["c", "wide", "a"], ["book", "a"]]))
    return [
        draw(workbooks(name, disputes=disputes) if name == "book" else csv_files(name, disputes=disputes))
        for name in names
    ]


def write_all(folder: Path, files: Sequence[File]) -> list[Path]:
    """Write the files and their profiles into a new folder; the paths in the order given.

    A few names in a Windows encoding may be doubtful: such a file's profile says which it is.
    """
    (folder / "profiles").mkdir(parents=True)
    for file in files:
        wide = file.name.startswith("wide")
        said = f'[file]\nencoding = "{file.encoding}"\n' if file.encoding == "cp1252" else ""
        text = (WIDE_PROFILE if wide else f'[applies]\nfiles = "{file.name}"\n') + said
        (folder / "profiles" / f"{file.name}.toml").write_text(text, encoding="utf-8")
    return [file.write(folder) for file in files]
