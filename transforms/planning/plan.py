"""Planning a sheet: everything is fixed before any part of it is judged."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import pandas as pd
import pyarrow as pa

from rollbook.profile import Profile, headers_of
from rollbook.rows.fields import FIELDS
from rollbook.rows.marks import has_no_day
from rollbook.text.quoted import quoted
from transforms.planning.columns.both import without_statuses
from transforms.planning.columns.bracketed import with_numbers_apart
from transforms.planning.columns.cleaners import (
    EMPTIED,
    may_look_alike,
    names_learners,
    needs_distinct,
    read_as,
    with_one_order,
)
from transforms.planning.columns.column_mapping import (
    AmbiguousColumns,
    ColumnPlan,
    ProfileMismatch,
    distinct_texts,
    letter_of,
    map_columns,
)
from transforms.planning.columns.doubts import doubts, several_starts, shared_numbers, with_clock
from transforms.planning.columns.implied import last_day, with_implied, without_own_starts, without_shared_sessions
from transforms.planning.columns.meetings import log_of_joining, short_rows
from transforms.planning.columns.points import points_of, possible_column
from transforms.planning.columns.presets import NoSuchReport, Preset, header_of_preset, preset_of, with_preset
from transforms.planning.columns.roles import Skip, are_leaders, leaders_of
from transforms.planning.columns.units import with_units
from transforms.planning.columns.unused import unused_columns, unused_dates
from transforms.planning.defaults import default_column, default_text, refuse_marked
from transforms.planning.layouts.layouts import (
    SheetAround,
    Wide,
    has_records_in_rows,
    layout_of_profile,
    matrix_in,
    pairs_in,
    recorded_layout,
    register_in,
)
from transforms.planning.layouts.matrices import NO_COMPLETION
from transforms.planning.layouts.registers import with_marks
from transforms.planning.layouts.wide import dated_headers, partly_dated
from transforms.planning.missing_columns import (
    Missing,
    addresses_unread,
    days_unread,
    is_national_id,
    missing_columns,
    national_ids_unread,
    no_learners,
)
from transforms.planning.sheet_plan import ANY_SESSION, SheetPlan
from transforms.planning.stacked import OF_SESSIONS, first_title, is_section, table_above, title_between, titles_above
from transforms.planning.table.below import Below
from transforms.planning.table.headers import header_key, is_of_other_things
from transforms.planning.table.table_detection import (
    IDENTITY,
    LEARNER,
    SEARCHED_ROWS,
    FoundHeader,
    RawRows,
    address_letters,
    fields_named,
    find_header,
    likely_delimiter,
    likely_header,
    other_table,
    row_at,
    rows_before,
    rows_of,
    sheet_letters,
)
from transforms.planning.table.title_cells import title_cells
from transforms.planning.table.two_rows import over_two_rows
from transforms.planning.titles import (
    Titles,
    TitleValue,
    outranks,
    read_titles,
    title_column,
    told,
    usable,
    without_marked,
)
from transforms.values.cleaner import text_series
from transforms.values.dates.dates import Order
from transforms.values.grades import beyond_percentages, of_few_points
from transforms.values.id_numbers import are_numbered

__all__ = ["ANY_SESSION", "SheetPlan", "plan_sheet"]


def plan_sheet(
    sheet_table: RawRows,
    marks: pd.DataFrame | None = None,
    *,
    sheet_name: str,
    sheet_position: int,
    file_name: str,
    from_workbook: bool,
    profile: Profile,
    destination: str,
    today: date,
    recorded: SheetPlan | None = None,
) -> SheetPlan:
    """The plan of a raw sheet (column `row` and one string column a letter); never raises for what a sheet holds.

    sheet_table: a `pa.Table`, or a long sheet's rows on disk, which are looked at batch by batch.

    recorded: an earlier plan of the same sheet, of which only some rows may be in the table (a retry): its header,
        its usual columns, its defaults and what it inferred are taken where the profile does not say otherwise.
    """
    bare = SheetPlan(
        sheet_name,
        sheet_position,
        "skipped",
        rows=len(sheet_table),
        from_workbook=from_workbook,
        destination=destination,
        today=today.isoformat(),
        typed=profile.dates.typed,
    )
    if profile.sheet.name is not None and profile.sheet.name.strip().casefold() != sheet_name.strip().casefold():
        return replace(bare, message=f"The profile names the sheet “{profile.sheet.name}”.")
    if len(sheet_table) == 0 and recorded is None:
        return replace(bare, message="The sheet is empty.")
    work = _Work(sheet_table, marks, bare, profile, file_name, recorded)
    try:
        return work.plan()
    except (ProfileMismatch, AmbiguousColumns) as problem:
        if isinstance(problem, NoSuchReport | AmbiguousColumns) and not work.may_hold_learners():
            return work.without_learners()
        code = "ambiguous_columns" if isinstance(problem, AmbiguousColumns) else "missing_columns"
        return work.failed(f"file.{code}", _sentence(str(problem)))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


@dataclass
class _Work:
    """One sheet on its way to a plan."""

    table: RawRows
    marks: pd.DataFrame | None
    bare: SheetPlan
    profile: Profile
    file_name: str
    recorded: SheetPlan | None
    header: FoundHeader | None = field(default=None, init=False)
    above: FoundHeader | None = field(default=None, init=False)
    preset: Preset | None = field(default=None, init=False)
    # Letters of the days on which the learners began, each on their own, or on which the courses ended.
    own_days: set[str] = field(default_factory=set, init=False)

    def plan(self) -> SheetPlan:
        constants = self._constants()
        preset = preset_of(self.profile, self.table, self.recorded.preset if self.recorded else None)
        self.header = self._find_header(constants, preset)
        if self.header is None:
            return self._without_header()
        if preset is not None:
            self.preset = with_preset(preset, self.profile, self.header.cells)
            self.profile, self.bare = self.preset.profile, replace(self.bare, preset=preset)
            constants = self._constants()
        other = self._other_table(self.header) if self.recorded is None else None
        below = self._below(other)
        wide, columns = self._layout(below, constants)
        sessions = wide.sessions if wide else ()
        fed = {column.field for column in columns} | (wide.fed if wide else set())
        constants = {name: text for name, text in constants.items() if name not in fed}
        titles = self._titles(below, columns, {*constants, *(wide.fed if wide else ())}, bool(sessions))
        columns = self._without_outranked(columns, titles.values)
        constants |= {title.field: title.text for title in titles.values}
        columns, implied = self._implied(columns, below, constants, bool(sessions))
        missing = missing_columns(columns, sessions, constants, self.header, below.headers, self.bare.destination)
        if missing is not None and missing.skip and (log := log_of_joining(below.headers.values())):
            return self.failed("file.missing_columns", log)
        if missing is not None and missing.skip:
            return replace(self._described(below, other), message=missing.message)
        if missing is not None:
            return replace(
                self._described(below, other),
                state="failed",
                code="file.missing_columns",
                message=" ".join([missing.told() if wide else self._hinted(missing, below, columns), *titles.doubts]),
                columns=tuple(self._inferred(column, below) for column in columns),
            )
        refused = self._unread_addresses(below, {column.field for column in columns} | constants.keys())
        refused = refused or self._title_between(below, columns, titles.values, bool(sessions))
        refused = refused or self._sessions_not_apart(below, columns, bool(sessions))
        if refused:
            return self.failed("file.missing_columns", refused)
        plan = self._read(below, other, columns, wide, constants, titles.values)
        return replace(plan, note=" ".join(filter(None, [plan.note, *implied])) or None)

    def _title_between(
        self, below: Below, columns: Sequence[ColumnPlan], titles: Sequence[TitleValue], across: bool
    ) -> str | None:
        """What is said of a line between the learners, where the titles above the table may not hold below it."""
        said = [title for title in titles if title.field in OF_SESSIONS]
        letters = [x for column in columns if column.field in IDENTITY for x in column.letters]
        if self.recorded is not None or self.header is None or across or not said or not letters:
            return None
        one = not any(column.field in ("session_date", "session_id") for column in columns)
        found = title_between(below.table, self.header, letters, said, self.bare.destination, one)
        if found is None:
            return None
        row, text = found
        return (
            f"Row {row} (“{text}”) stands between the learners and may be the title of another course or day than cell "
            f"{said[0].cell} says. Write the course and the date into columns of their own, or move each table to a "
            "sheet of its own. Administrator: if all rows are of one session, set it in a profile: [defaults] "
            "course_name and session_date."
        )

    def _sessions_not_apart(self, below: Below, columns: Sequence[ColumnPlan], across: bool) -> str | None:
        if across or self.preset or self.recorded is not None:
            return None
        return several_starts(columns, below) or shared_numbers(columns, below)

    def _layout(self, below: Below, constants: Mapping[str, str]) -> tuple[Wide | None, tuple[ColumnPlan, ...]]:
        """The wide layout, if the sheet has it, and the columns beside its sessions; else those of all fields."""
        sheet = self._around(below)
        given = self._recorded_layout() or layout_of_profile(below, sheet)
        if given or self.recorded is not None or self.profile.sheet.layout is not None:
            return given, self._mapped(below, given)
        register = register_in(below, sheet)
        if register:
            columns = self._mapped(below, replace(register, by_itself=False))
            if not has_records_in_rows(columns, constants, below):
                return register, self._mapped(below, register)
        pairs = pairs_in(below, sheet)
        if pairs:
            columns = self._mapped(below, replace(pairs, by_itself=False))
            if not has_records_in_rows(columns, constants, below):
                return pairs, self._mapped(below, pairs)
        columns = self._mapped(below, None)
        matrix = None if has_records_in_rows(columns, constants, below) else matrix_in(below, columns, sheet)
        return matrix, self._mapped(below, matrix) if matrix else columns

    def _recorded_layout(self) -> Wide | None:
        recorded = self.recorded
        if recorded is None or recorded.cell is None or self.profile.sheet.is_wide:
            return None
        return None if self.profile.sheet.layout == "long" else recorded_layout(recorded.cell, recorded.sessions)

    def _around(self, below: Below) -> SheetAround:
        assert self.header is not None
        today, left_out = date.fromisoformat(self.bare.today), (*self._never(below), *self._ignore(below))
        months, names = self._months(), (self.file_name, self.bare.name)
        table, header = self.table, self.header
        return SheetAround(self.profile, self.bare.from_workbook, today, months, left_out, table, header, names)

    def _mapped(self, below: Below, wide: Wide | None) -> tuple[ColumnPlan, ...]:
        columns = map_columns(
            self._as_usual(below),
            self.profile,
            self.bare.destination,
            skipped=(*(wide.all_letters if wide else ()), *self._feeding_nothing(below)),
            points=bool(possible_column(below, self._never(below))),
            unwanted=wide.unwanted if wide else (),
            recorded=self.recorded.columns if self.recorded else None,
        )
        if self.recorded is None:
            said = {*self.profile.columns, *(wide.unwanted if wide else ())}
            columns = with_numbers_apart(columns, below, said)
        return without_statuses(tuple(self._worded(column) for column in columns), below)

    def _as_usual(self, below: Below) -> Below:
        """The rows under the usual headers that a preset has for those of its reports."""
        if self.preset is None or not self.preset.report.read_as:
            return below
        own = {header_key(header) for _, header in self._profile_headers()}
        usual = {x: h if header_key(h) in own else self.preset.read_as(h) for x, h in below.headers.items()}
        return replace(below, headers=usual)

    def _feeding_nothing(self, below: Below) -> tuple[str, ...]:
        """The letters of the columns that the profile or the preset keeps from feeding a field."""
        preset = self.preset
        none = (x for x, header in below.headers.items() if preset and header and preset.has_no_field(header))
        return (*self._never(below), *self._ignore(below), *none)

    def _implied(
        self, columns: tuple[ColumnPlan, ...], below: Below, constants: Collection[str], wide: bool
    ) -> tuple[tuple[ColumnPlan, ...], tuple[str, ...]]:
        """The columns with those that their dates imply, and what is said about them."""
        if wide or self.recorded is not None:
            return columns, ()
        usual = self._as_usual(below)
        whole, of_units = with_units(columns, usual)
        kept, shared = without_shared_sessions(whole, usual)
        names = (self.file_name, self.bare.name)
        apart = without_own_starts(kept, usual)
        self.own_days = {x for column in kept if column not in apart for x in column.letters}
        if last := last_day(apart, usual):
            self.own_days |= set(last.letters)
        found, implied = with_implied(apart, usual, constants, self.bare.destination, names)
        told = (*filter(None, [of_units]), *shared, *implied)
        for letter, header in usual.headers.items():
            told = tuple(text.replace(f"“{header}”", f"“{below.headers[letter]}”") for text in told)
        found = found if self.preset else with_clock(found, usual)
        return tuple(self._under_own_headers(column, below) for column in found), told

    def _under_own_headers(self, column: ColumnPlan, below: Below) -> ColumnPlan:
        return replace(column, headers=tuple(below.headers[x] for x in column.letters)) if self.preset else column

    def _read(
        self,
        below: Below,
        other: FoundHeader | None,
        columns: tuple[ColumnPlan, ...],
        wide: Wide | None,
        constants: Mapping[str, str],
        titles: tuple[TitleValue, ...],
    ) -> SheetPlan:
        sessions = wide.sessions if wide else ()
        skip = tuple(
            (self._skip_letter(header, below.headers, bool(sessions)), tuple(texts))
            for header, texts in self.profile.rows.skip.items()
        )
        never, ignore = self._never(below), self._ignore(below)
        fed_by = {x for c in columns for x in c.letters} | {x for s in sessions for x in s.letters}
        leaders, left = self._leaders(below, {*fed_by, *never, *ignore, *(letter for letter, _ in skip)})
        skip += leaders
        used = fed_by | {letter for letter, _ in skip}
        left_out = used | {*never, *ignore}
        unused = self._unused(below, left_out)
        known = {below.headers[x] for x in self.own_days}
        odd = [x for x in unused if x[0] not in known and not self._is_of_the_report(x[0])]
        fed = {column.field for column in columns} | constants.keys() | (wide.fed if wide else set())
        columns = tuple(self._inferred(column, below) for column in columns)
        if self.recorded is None:
            columns = with_one_order(columns, below, self.bare.reading, [title.text for title in titles])
        cell = self._cell(wide, below) if wide else None
        short, added_up = self._short_rows(below, columns, skip)
        plan = replace(
            self._described(below, other),
            state="read",
            layout="wide" if sessions else "long",
            columns=columns,
            unmapped=tuple(h for x, h in below.headers.items() if h and x not in left_out),
            sessions=sessions,
            cell=cell,
            constants=tuple(sorted(constants.items())),
            defaults=self._defaults(constants, titles, columns, below.spoken),
            titles=titles,
            skip=skip,
            short=short,
            never=never,
            ignore=ignore,
            unused=unused,
            unused_dates=self._unused_dates(below, odd, columns, fed),
        )
        layout = wide.note(cell, below) if wide and cell else None
        preset = self.preset.note if self.preset else None
        around = self._around(below).rows if cell and cell.field == "status" else ()
        doubted = doubts(columns, below, around) if self.recorded is None else ()
        notes = [preset, layout, told(titles), added_up, *left, plan.note, self._odd_grades(below, plan, fed), *doubted]
        return replace(plan, note=" ".join(filter(None, notes)) or None)

    def _leaders(self, below: Below, known: Collection[str]) -> tuple[Skip, tuple[str, ...]]:
        """The rows of those who held the meeting, by columns that feed nothing; known: letters of all others."""
        if self.recorded is not None:
            return tuple(one for one in self.recorded.skip if are_leaders(one[1]) and one[0] not in known), ()
        return leaders_of(below, [x for x in below.headers if below.headers[x] and x not in known])

    def _is_of_the_report(self, header: str) -> bool:
        """Does the preset know that the header names no field, or something else?"""
        preset = self.preset
        return preset is not None and (preset.has_no_field(header) or is_of_other_things(preset.read_as(header)))

    def _short_rows(
        self, below: Below, columns: Sequence[ColumnPlan], skip: Sequence[tuple[str, tuple[str, ...]]]
    ) -> tuple[tuple[int, ...], str | None]:
        if self.recorded is not None:
            return self.recorded.short, None
        return short_rows(below, columns, self.profile.meeting, skip)

    def _unread_addresses(self, below: Below, fed: Collection[str]) -> str | None:
        """Of a sheet that identifies no learner: the column whose addresses, or national ID numbers, would do so."""
        if self.recorded is not None or self.profile.reference.match_name or IDENTITY & set(fed):
            return None
        letter = next((x for x in below.headers if below.holds_addresses(x)), None)
        if letter:
            return addresses_unread(letter, below.headers[letter])
        letter = next((x for x, header in below.headers.items() if is_national_id(header) and below.filled(x)), None)
        return national_ids_unread(letter, below.headers[letter]) if letter else None

    def _never(self, below: Below) -> tuple[str, ...]:
        return tuple(letter_of(header, below.headers, "[columns] never") for header in self.profile.never)

    def _ignore(self, below: Below) -> tuple[str, ...]:
        return tuple(letter_of(header, below.headers, "[columns] ignore") for header in self.profile.ignore)

    def _odd_grades(self, below: Below, plan: SheetPlan, fed: Collection[str]) -> str | None:
        """Of a grade type that is known later, a rule says the same, row by row."""
        grade = next((column for column in plan.columns if column.field == "grade"), None)
        if grade is None or "grade_type" in fed or self.recorded is not None:
            return None
        texts = distinct_texts(below, grade)
        if grade.headers and not grade.out_of and (few := of_few_points(texts)):
            header = " ".join(grade.headers[0].split())
            return (
                f"Column {grade.letters[0]} ({header}) has no number above 20, such as {few.strip()}: loaded "
                f"unchanged. If these are points, write in the header of how many, such as “{header} /20”."
            )
        odd: str | None = next(iter(beyond := beyond_percentages(texts)), None)
        if odd is not None and len(grade.letters) == 1 and grade.pattern is None:
            odd = below.text_of_record(grade.letters[0], beyond, plan.judge)
        if odd is None:
            return None
        where = f"Column {grade.letters[0]} ({' '.join(grade.headers[0].split())})" if grade.headers else "The grades"
        some = f"numbers outside 0 to 100, such as {odd.strip()}"
        return f"{where} has {some}: loaded unchanged if the session has no grade type."

    def _unused(self, below: Below, used: set[str]) -> tuple[tuple[str, int], ...]:
        if self.recorded is None:
            return unused_columns(below, used)
        left = {header or f"@{letter}" for letter, header in below.headers.items() if letter not in used}
        return tuple((name, count) for name, count in self.recorded.unused if name in left)

    def _unused_dates(
        self, below: Below, unused: Sequence[tuple[str, int]], columns: Sequence[ColumnPlan], fed: Collection[str]
    ) -> tuple[str, ...]:
        """Only the database enters the day of the import for a date that the sheet does not have."""
        if self.bare.destination != "database":
            return ()
        if self.recorded is None:
            return unused_dates(below, unused, columns, fed, self.bare.reading)
        left = {name for name, _ in unused} if not {"enrolled_on", "completed_on"} <= set(fed) else set()
        return tuple(name for name in self.recorded.unused_dates if name in left)

    def _described(self, below: Below, other: FoundHeader | None) -> SheetPlan:
        assert self.header is not None
        rows = len(below.table)
        first = _row_number(below.table, 0) if rows else self.header.row + 1
        last = _row_number(below.table, rows - 1) if rows else self.header.row
        if self.recorded is not None:
            first, last = self.recorded.first_row, self.recorded.last_row
        return replace(
            self.bare,
            rows=rows,
            header_row=self.header.row or None,
            first_row=first,
            last_row=last,
            headers=tuple(below.headers.items()),
            note=" ".join(filter(None, [self._note_above(), _note(other)])) or None,
            other_row=other.row if other else None,
            above_row=self.above.row if self.above and not is_section(self.table, self.header.row) else None,
        )

    def _note_above(self) -> str | None:
        """What is said of a table of other people above the one that is read."""
        if self.above is None:
            return None
        if self.header and is_section(self.table, self.header.row):
            row = self.above.row
            return f"The table above, with its header in row {row}, is not read: it is of those who held the meeting."
        return (
            f"The table above, with its header in row {self.above.row}, is not read. If its people are to be imported "
            "too, move it to a sheet of its own."
        )

    def failed(self, code: str, message: str) -> SheetPlan:
        """The plan of a sheet that cannot be read."""
        row = self.header.row if self.header else None
        headers = tuple(self.header.cells.items()) if self.header else ()
        return replace(self.bare, state="failed", code=code, message=message, header_row=row or None, headers=headers)

    def may_hold_learners(self) -> bool:
        """Does a header, the profile or a default name a learner?"""
        named = fields_named(self.header.cells, self.bare.destination, {}) if self.header else frozenset()
        return bool((named | self.profile.columns.keys() | self.profile.defaults.keys()) & LEARNER)

    def without_learners(self) -> SheetPlan:
        """The plan of a sheet of another kind."""
        assert self.header is not None
        return replace(self._described(self._below(None), None), message=no_learners(self.header.cells.values()))

    # The header

    def _find_header(self, constants: Mapping[str, str], preset: str | None) -> FoundHeader | None:
        if self.recorded is not None and self.profile.sheet.header_row in (None, self.recorded.header_row):
            return FoundHeader(
                self.recorded.header_row or 0, {x: h for x, h in self.recorded.headers if h}, frozenset()
            )
        told = self._profile_headers()
        if self.profile.sheet.header_row is not None:
            return self._given_header(self.profile.sheet.header_row, told)
        wanted = _wanted(told)
        if preset is not None and (found_row := header_of_preset(preset, self.table)):
            own = FoundHeader(*found_row, frozenset())
            if is_section(self.table, own.row):
                _, looks = find_header(self.table, self.bare.destination, wanted, constants)
                self.above = table_above(self.table, own, looks)
            return own
        found, looks = find_header(self.table, self.bare.destination, wanted, constants)
        self.above = table_above(self.table, found, looks) if found else None
        if found is not None and self.above is None:
            return over_two_rows(self.table, found, self.bare.destination, wanted, constants)
        if found is None and told and all(header.startswith("@") for _, header in told):
            return FoundHeader(0, {}, frozenset())
        return found

    def _given_header(self, row: int, told: Iterable[tuple[str, str]]) -> FoundHeader | None:
        cells = row_at(self.table, row)
        if not cells:
            raise ProfileMismatch(f"[sheet] header_row = {row}, but that row is blank: give the row of the headers.")
        wanted = _wanted(told)
        found = FoundHeader(row, cells, fields_named(cells, self.bare.destination, wanted))
        whole = over_two_rows(self.table, found, self.bare.destination, wanted, self.profile.defaults)
        return whole if whole.row == row else found

    def _profile_headers(self) -> list[tuple[str, str]]:
        """(field, header) of every column that the profile names."""
        told = []
        for name, column in self.profile.columns.items():
            told += [(name, header) for header in headers_of(column)]
        return told + [
            ("", header)
            for header in (*self.profile.rows.skip, *self.profile.never, *self.profile.ignore)
            if header != ANY_SESSION
        ]

    def _without_header(self) -> SheetPlan:
        delimiter = None if self.bare.from_workbook else likely_delimiter(self.table)
        if delimiter is not None:
            return self.failed(
                "file.no_header",
                f"No header row was recognized. Every line has the same number of “{delimiter}”, which may be the "
                "delimiter: save the file with commas instead. Administrator: or set [file] delimiter = "
                f"{json.dumps(delimiter, ensure_ascii=False)} in a profile.",
            )
        addresses = address_letters(self.table)
        if addresses:
            return self.failed(
                "file.no_header",
                f"No header row was recognized, although column {addresses[0]} contains e-mail addresses. Give the "
                "columns headers, such as “Email”, “Session ID” and “Status”. Administrator: or name them by letter in "
                f'a profile, [columns] learner_email = "@{addresses[0]}", and the headers\' row, [sheet] header_row.',
            )
        guess = likely_header(self.table)
        if guess is None:
            return replace(self.bare, message="The sheet is empty.")
        shown = ", ".join(quoted(text) for text in list(guess.cells.values())[:8])
        return replace(
            self.bare, code="file.no_header", message=f"No header row was recognized. The sheet begins with {shown}."
        )

    # What stands below it

    def _other_table(self, header: FoundHeader) -> FoundHeader | None:
        """Where another table begins with its titles, also one with the same headers under titles of its own."""

        def titled(row: int) -> bool:
            return bool(titles_above(self.table, row, self.bare.destination).values)

        other = other_table(self.table, header, self.bare.destination, titled)
        return replace(other, row=first_title(self.table, other.row)) if other else None

    def _below(self, other: FoundHeader | None) -> Below:
        assert self.header is not None
        first = rows_before(self.table, self.header.row + 1)
        last = rows_before(self.table, other.row) if other else len(self.table)
        letters = sheet_letters(self.table)
        if self.recorded is not None:
            letters = tuple(dict.fromkeys((*self.recorded.header_of, *letters)))
        headers = {letter: self.header.cells.get(letter, "") for letter in letters}
        return Below(headers, self.table.slice(first, last - first))

    def _months(self) -> tuple[str, ...]:
        """The letters of the headers that show only a month or a year; they are stored as its first day."""
        if self.header is None or self.marks is None:
            return ()
        here = self.marks[self.marks["row"] == self.header.row]
        return tuple(x for x, kind in zip(here["column"], here["kind"], strict=True) if has_no_day(kind))

    def _cell(self, wide: Wide, below: Below) -> ColumnPlan:
        column = self._worded(ColumnPlan(wide.cell, wide.letters))
        if self.recorded is None and wide.cell == "status":
            return with_marks(column, below, self._around(below).rows)
        distinct = pa.concat_arrays([below.distinct(letter) for letter in wide.all_letters]).unique()
        order = self.profile.dates.order
        read = read_as(column, _series(distinct), self.bare.reading, order, spoken=below.spoken)
        if wide.cell == "completed_on":
            read = replace(read, no_record=tuple(sorted(NO_COMPLETION)))
        if wide.cell == "grade":
            read = replace(read, out_of=points_of(below, column.letters, None))
        return _as_recorded(read, self.recorded.cell if self.recorded else None, order)

    def _inferred(self, column: ColumnPlan, below: Below) -> ColumnPlan:
        if self.recorded is None and names_learners(column.field) and len(column.letters) == 1:
            column = replace(column, numbered=are_numbered(below.counted(column.letters)))
        if not self._needs_distinct(column, below):
            return column
        order = self.profile.dates.order
        if self.recorded is not None:
            same = next(
                (c for c in self.recorded.columns if (c.field, c.letters) == (column.field, column.letters)), None
            )
            if same is not None:
                return _as_recorded(column, same, order)
        script = may_look_alike(column.field) and below.script_in_use
        read = read_as(column, distinct_texts(below, column), self.bare.reading, order, script, below.spoken)
        if column.field != "grade":
            return read
        return replace(read, out_of=points_of(below, column.letters, possible_column(below, self._never(below))))

    def _needs_distinct(self, column: ColumnPlan, below: Below) -> bool:
        alike = may_look_alike(column.field) and (self.recorded is not None or below.holds_foreign(column.letters))
        return alike or needs_distinct(column.field)

    def _worded(self, column: ColumnPlan) -> ColumnPlan:
        empties = column.field in EMPTIED.get(self.bare.destination, ())
        return replace(column, values=self._words(column.field), empties=empties)

    def _words(self, name: str) -> tuple[tuple[str, str], ...]:
        return tuple(self.profile.values.get(name, {}).items())

    def _skip_letter(self, header: str, headers: Mapping[str, str], wide: bool) -> str:
        if wide and header == ANY_SESSION and header not in headers.values():
            return ANY_SESSION
        return letter_of(header, headers, "[rows] skip")

    def _constants(self) -> dict[str, str]:
        recorded = dict(self.recorded.constants) if self.recorded else {}
        if self.marks is not None and self.recorded is None:
            refuse_marked(self.profile.defaults, self.marks)
        return {
            name: default_text(name, default, self.table, self.file_name, self.bare.name, recorded)
            for name, default in self.profile.defaults.items()
        }

    def _defaults(
        self,
        constants: Mapping[str, str],
        titles: Sequence[TitleValue],
        columns: Sequence[ColumnPlan],
        spoken: Collection[str],
    ) -> tuple[ColumnPlan, ...]:
        """How constants are read; of a day in a title, the order of day and month may be that of the columns."""
        said, order = {title.field: title for title in titles}, self.profile.dates.order
        orders = {order} if order else {column.date_order for column in columns if column.date_order}
        return tuple(
            title_column(said[name], self.bare.reading, next(iter(orders)) if len(orders) == 1 else None, spoken)
            if name in said
            else default_column(name, text, self._words(name), self.bare.reading, order)
            for name, text in sorted(constants.items())
            if name in FIELDS
        )

    def _titles(self, below: Below, columns: Sequence[ColumnPlan], defaults: Collection[str], across: bool) -> Titles:
        """What the titles say that nothing else does, or better than a column of when each person came."""
        fed = {column.field for column in columns} | set(defaults)
        if self.recorded is not None:
            return Titles(tuple(title for title in self.recorded.titles if title.field not in fed))
        assert self.header is not None
        above = self.table.slice(0, min(rows_before(self.table, self.header.first_row), SEARCHED_ROWS))
        lines = [line for line in rows_of(above) if line[1]]
        if self.above is not None and not is_section(self.table, self.header.row):
            lines = [line for line in lines if line[0] >= first_title(self.table, self.header.row)]
        found = title_cells(lines, sheet_letters(self.table))
        titles = without_marked(read_titles(found, self.bare.destination, below.spoken), self.marks)
        days = next((column for column in columns if column.field == "session_date" and not column.by_profile), None)
        title = next((title for title in titles.values if title.field == "session_date"), None)
        outranked = days is not None and outranks(title, days.headers, self.bare.destination)
        fed -= {"session_date"} if outranked else set()
        return replace(titles, values=usable(titles.values, fed, defaults, across))

    def _without_outranked(
        self, columns: tuple[ColumnPlan, ...], titles: Sequence[TitleValue]
    ) -> tuple[ColumnPlan, ...]:
        said = {title.field for title in titles}
        return tuple(column for column in columns if column.field not in said)

    def _hinted(self, missing: Missing, below: Below, columns: Sequence[ColumnPlan]) -> str:
        fed = {x for column in columns for x in column.letters}
        unmapped = [x for x in below.headers if x not in fed]
        if not any(column.field == "session_date" for column in columns) and (
            unread := days_unread(below, unmapped, self.bare.destination)
        ):
            return missing.told(unread=unread)
        months = self._months()
        dates = dated_headers(below.headers, self.bare.from_workbook, date.fromisoformat(self.bare.today), months)
        return missing.told(len(dates), partly_dated(below.headers, months))


def _wanted(told: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Folded header -> field, of those that a profile names."""
    return {header_key(header): name for name, header in told if not header.startswith("@")}


def _as_recorded(column: ColumnPlan, recorded: ColumnPlan | None, order: Order | None) -> ColumnPlan:
    if recorded is None:
        return column
    return replace(
        column,
        date_order=order or recorded.date_order,
        suspect_swap=recorded.suspect_swap,
        clock=recorded.clock,
        serials=recorded.serials,
        language=recorded.language,
        day_second=recorded.day_second and order != "YMD",
        decimal_comma=recorded.decimal_comma,
        fraction=recorded.fraction,
        thousands=recorded.thousands,
        meaning=recorded.meaning,
        own_script=recorded.own_script,
        numbered=recorded.numbered,
        out_of=recorded.out_of,
        legend=recorded.legend,
        no_record=recorded.no_record,
    )


def _series(array: pa.Array) -> pd.Series:
    return text_series(array.cast(pa.large_string()), pd.RangeIndex(len(array)))


def _row_number(table: RawRows, place: int) -> int:
    (batch,) = table.select(["row"]).slice(place, 1).to_batches()
    return int(batch.column(0)[0].as_py())


def _note(other: FoundHeader | None) -> str | None:
    if other is None:
        return None
    shown = ", ".join(list(other.cells.values())[:4])
    return f"Another table begins in row {other.row} ({shown}, …): rows from there on are not read."
