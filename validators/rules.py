"""The rules, in one table: what is checked, what a failure says and what to do about it. Codes are stable."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from rollbook.rows.fields import FIELDS
from rollbook.rows.remedies import remedy_text
from rollbook.systems import SYSTEM_NAMES
from validators import RULES_VERSION
from validators.messages import fill

__all__ = ["RULES", "RULES_VERSION", "Rule", "as_markdown", "render", "system_of"]

System = Literal["database", "smarteru", "moon", "axcelerate"]
Step = Literal["reading", "cleaning", "judging", "deciding"]
STEPS: dict[Step, str] = {
    "reading": "the file is read",
    "cleaning": "the cell is cleaned",
    "judging": "the row is checked",
    "deciding": "the rows of the run are compared with each other and with what exists",
}

SYSTEMS: tuple[System, ...] = ("database", "smarteru", "moon", "axcelerate")
ENROLLING: tuple[System, ...] = ("database", "smarteru", "moon")
SMARTERU: tuple[System, ...] = ("smarteru",)
AXCELERATE: tuple[System, ...] = ("axcelerate",)

LEARNER = ("learner_email", "learner_employee_id", "learner_name")
GROUP = ("group_name", "group_id")
COURSE = ("course_id", "course_name")
SESSION = ("session_id", *COURSE, "session_date", "session_start")
DATES = ("session_date", "enrolled_on", "completed_on", "started_on", "ended_on")
DAYS = (*DATES[:3], "expires_on", *DATES[3:])
IDS = tuple(field.name for field in FIELDS.values() if field.kind == "id")
# Texts that are compared with each other or with known words, but for the learners' own.
_COMPARED = (
    *(name for name in IDS if name not in ("learner_employee_id", "contact_id")),
    *("course_name", "group_name", "status", "grade", *DAYS, "session_start", "attendance_confirmed"),
    *("outcome_code", "activity_type", "access_override"),
)
TEXTS = tuple(field.name for field in FIELDS.values() if field.kind in ("email", "id", "text", "grade"))


def system_of(destination: str) -> System:
    """The system whose rules apply to rows for a destination (`--to`): `smarteru-xml` is judged as `smarteru`."""
    name = destination.partition("-")[0]
    return next(system for system in SYSTEMS if system == name)


@dataclass(frozen=True)
class Rule:
    """One rule.

    code: its stable name.
    checks: what must hold, in one sentence.
    message, remedy, administrator: templates of what is wrong, of what the person with the sheet can do about it, and
        of what only somebody with the profile, the settings or the command line can do (blank where there is nothing).
        `{value}` is what the cell showed, `{key}` the same as a key of a profile, `{header}` its column's
        header, `{detail}` a clause or a name that the judge of the row adds, `{field}` the field's meaning,
        `{name}` its name in a profile. A part in double square brackets is left out where one of its
        placeholders has no value.
    fields: the fields that it may blame, the main one first; none: the row or the file as a whole.
    step: when it is judged.
    foresees: the target's own codes that a failure spares.
    applies: the systems whose rows it judges.
    needs: the kinds of reference data that must be loaded; the rule is not checked without them.
    elsewhere: the system whose rows are judged -> what its administrator can do instead of `administrator`.
    """

    code: str
    checks: str
    message: str
    remedy: str
    fields: tuple[str, ...] = ()
    step: Step = "judging"
    foresees: tuple[str, ...] = ()
    applies: tuple[System, ...] = SYSTEMS
    needs: tuple[str, ...] = ()
    administrator: str = ""
    elsewhere: Mapping[System, str] = field(default_factory=dict)

    @property
    def what_to_do(self) -> str:
        """The template of both remedies, the administrator's marked and on a line of its own."""
        return self.what_to_do_for("database")

    def what_to_do_for(self, system: System) -> str:
        """The same, where the rows go to this system."""
        return remedy_text(self.remedy, self.elsewhere.get(system, self.administrator))

    @property
    def field(self) -> str | None:
        """The field that the rule is about; None when it is about the row or the file as a whole."""
        return self.fields[0] if self.fields else None


_POINT_TO_THE_DATE = (
    "If each learner has a completion date, let that column feed `session_date` too. If the date is above the table, "
    'point to its cell: `[defaults] session_date = {cell = "B2"}`.'
)


_NO_NAMES = "If the column does not hold learners' names, leave it out: `[columns] learner_name = []`."


def _to_load(what: str, kind: str) -> str:
    return (
        f"Load the missing {what}: `rollbook reference load {kind} FILE`; or let imports into the database create "
        f'{kind}: `[reference] {kind} = "create"`.'
    )


def _synced(change: str, kind: str, systems: tuple[System, ...]) -> dict[System, str]:
    """What helps where these systems are to know something. change: what to do there; `{}` is the system's name."""
    return {
        system: (
            f"{change.format(SYSTEM_NAMES[system])}, then run `rollbook reference sync {system}`; or, if you loaded a "
            f"list, load it again: `rollbook reference load {kind} FILE`."
        )
        for system in systems
    }


_TABLE = (
    # The row
    Rule(
        "row.ragged",
        "A line of a text file has as many cells as the header line.",
        "This line has more or fewer cells than the header line[[: {detail}]].",
        "Remove the extra cells, or fill in the missing ones. Put quotation marks around text that contains the "
        "delimiter.",
        step="reading",
    ),
    Rule(
        "row.no_learner",
        "The row identifies a learner: by e-mail address or employee ID, or for aXcelerate by contact ID.",
        "The row does not identify a learner: {detail}.",
        "Fill in the learner's e-mail address or employee ID (for aXcelerate, the contact ID).",
        ("learner_email", "learner_employee_id", "contact_id"),
        administrator=(
            "If the learners are loaded, `[reference] match_name = true` lets the name identify the only learner who "
            "has it."
        ),
    ),
    Rule(
        "row.two_learners",
        "The e-mail and the employee ID in a row belong to the same learner.",
        "The e-mail and the employee ID belong to different learners[[: {detail}]].",
        "Correct the wrong one, or clear it.",
        ("learner_employee_id", "learner_email"),
        foresees=("moon.employee_ambiguous",),
        applies=ENROLLING,
        administrator="If the loaded learners are out of date: `rollbook reference load learners FILE`.",
        elsewhere=_synced("If the row is right, correct the learner in {}", "learners", ("smarteru", "moon")),
    ),
    Rule(
        "row.corrected_elsewhere",
        "A correction of a failed row does not undo another one that was made in the meantime: in the browser, or in "
        "another copy of the workbook.",
        "This row was corrected elsewhere in the meantime[[: {detail}]]. This correction was not loaded.",
        "If the other correction is right, you need not do anything. If not, and the row is still open, correct it in "
        "the new failed-rows workbook.",
        step="deciding",
        administrator="If the other correction is loaded and wrong, take its run back with `rollbook undo`.",
    ),
    # The learner
    Rule(
        "learner.email",
        "An e-mail address has the form name@domain.tld and follows the e-mail standards.",
        "“{value}” is not an e-mail address.",
        "Correct the address, or clear it if the row has an employee ID.",
        ("learner_email",),
        foresees=("ESH:01",),
        applies=ENROLLING,
    ),
    Rule(
        "learner.shared",
        "An e-mail address or employee ID belongs to one person: neither in a run nor in what is stored "
        "already does it appear with the names of clearly different people, which have no word in common.",
        "“{value}” appears with the names of several people[[: {detail}]].",
        "Give each person their own address or ID. If it is one person, write the name the same way in every row.",
        ("learner_email", "learner_employee_id"),
        step="deciding",
        applies=ENROLLING,
        administrator=(
            f"If the stored name is old, load the new one: `rollbook reference load learners FILE`. {_NO_NAMES}"
        ),
        elsewhere={
            system: f"{text} {_NO_NAMES}"
            for system, text in _synced(
                "If the stored name is old, correct the learner in {}", "learners", ("smarteru", "moon")
            ).items()
        },
    ),
    Rule(
        "learner.lookalike",
        "An e-mail address or learner's ID contains no character that can be mistaken for another, such as a "
        "Cyrillic letter in a Latin word.",
        "“{value}” contains a character that looks like another one[[: {detail}]].",
        "Type the address or ID again by hand, using the intended letters.",
        ("learner_email", "learner_employee_id", "contact_id"),
        step="cleaning",
    ),
    Rule(
        "learner.unknown",
        "The learner is among the loaded learners, unless unknown ones are created.",
        "“{value}” is not among the loaded learners[[; there are {detail}]].",
        "Correct the cell. If it is right, ask your administrator to add the learner.",
        LEARNER,
        foresees=("ESH:01", "ESH:02", "ESH:21", "ESH:22", "moon.employee_unknown"),
        applies=ENROLLING,
        needs=("learners",),
        administrator=_to_load("learner", "learners"),
        elsewhere=_synced("Add the learner in {}", "learners", ("smarteru", "moon")),
    ),
    Rule(
        "learner.ambiguous",
        "The row matches one loaded learner, not several.",
        "“{value}” matches several loaded learners[[: {detail}]].",
        "Fill in the employee ID, which is unique.",
        LEARNER,
        foresees=("moon.employee_ambiguous",),
        applies=ENROLLING,
        needs=("learners",),
    ),
    # The group
    Rule(
        "group.missing",
        "The row names the learner's group, by name or ID.",
        "The row does not name a group.",
        "Fill in the group's name or ID.",
        GROUP,
        foresees=("ESH:03", "ESH:04"),
        applies=SMARTERU,
        administrator='Map the column of the group, or set one for all rows: `[defaults] group_name = "Sales"`.',
    ),
    Rule(
        "group.unknown",
        "The group is among the loaded groups, unless unknown ones are created.",
        "“{value}” is not among the loaded groups.",
        "Correct the cell. If it is right, ask your administrator to add the group.",
        GROUP,
        foresees=("ESH:03", "ESH:04", "ESH:23", "ESH:24"),
        applies=ENROLLING,
        needs=("groups",),
        administrator=_to_load("group", "groups"),
        elsewhere=_synced("Add the group in {}", "groups", SMARTERU),
    ),
    Rule(
        "group.not_member",
        "The learner is a member of the row's group.",
        "The learner is not a member of the group “{value}”.",
        "Correct the group or the learner.",
        GROUP,
        applies=ENROLLING,
        needs=("memberships",),
        administrator=(
            "If both are right, add the learner to the group in the destination, then load the memberships again: "
            "`rollbook reference load memberships FILE`."
        ),
        elsewhere=_synced("If both are right, add the learner to the group in {}", "memberships", SMARTERU),
    ),
    # The course
    Rule(
        "course.missing",
        "The row names the course (for aXcelerate: the unit, workshop or e-learning, unless the row is about a "
        "class; or the module enrolment).",
        "The row does not name its {detail}.",
        "Fill it in.",
        (*COURSE, "unit_id"),
        foresees=("ESH:05", "ESH:14"),
        applies=("smarteru", "axcelerate"),
        administrator='Map the column that holds it, or set one for all rows: `[defaults] course_id = "FIRE-01"`.',
    ),
    Rule(
        "course.unknown",
        "The course is among the loaded courses, unless unknown ones are created.",
        "“{value}” is not among the loaded courses.",
        "Correct the cell. If it is right, ask your administrator to add the course.",
        COURSE,
        foresees=("ESH:05", "ESH:14"),
        applies=ENROLLING,
        needs=("courses",),
        administrator=_to_load("course", "courses"),
        elsewhere=_synced("Add the course in {}", "courses", SMARTERU),
    ),
    Rule(
        "course.not_in_group",
        "The course is assigned to the row's group.",
        "The course “{value}” is not assigned to the group[[ “{detail}”]].",
        "Correct the course or the group.",
        COURSE,
        foresees=("ESH:27",),
        applies=ENROLLING,
        needs=("group-courses",),
        administrator=(
            "If both are right, assign the course to the group in the destination, then load the assignments "
            "again: `rollbook reference load group-courses FILE`."
        ),
        elsewhere=_synced("If both are right, assign the course to the group in {}", "group-courses", SMARTERU),
    ),
    # The session
    Rule(
        "session.missing",
        "The row identifies its session: by ID, or by course and date (for SmarterU only if the sessions are "
        "loaded; for aXcelerate: the class, unless the row is about a workshop or e-learning).",
        "The row does not identify a session: {detail}.",
        "Fill in the session ID, or the course and the session's date.",
        (*SESSION, "class_id"),
        foresees=("ESH:16",),
        administrator="Map the columns that hold them, or set one value for all rows under `[defaults]`.",
    ),
    Rule(
        "session.unknown",
        "The session is among the loaded sessions, unless unknown ones are created.",
        "No loaded session matches: {detail}.",
        "Correct the cell. If it is right, ask your administrator to add the session.",
        ("session_id", "session_date"),
        foresees=("ESH:06", "ESH:15", "moon.session_unknown"),
        applies=ENROLLING,
        needs=("sessions",),
        administrator=_to_load("session", "sessions"),
        elsewhere=_synced("Add the session in {}", "sessions", ("smarteru", "moon")),
    ),
    Rule(
        "session.ambiguous",
        "The course, date and start time match one loaded session, not several.",
        "Several loaded sessions match: {detail}.",
        "Fill in the session ID, or the session's start time.",
        ("session_date",),
        applies=ENROLLING,
        needs=("sessions",),
    ),
    Rule(
        "session.not_in_course",
        "The session belongs to the row's course.",
        "The session “{value}” belongs to another course[[: {detail}]].",
        "Correct the session or the course. If the session ID is right, you can clear the course.",
        ("session_id",),
        applies=ENROLLING,
        needs=("sessions",),
    ),
    Rule(
        "session.full",
        "A session has no more learners than its `max_participants`. Seats go first to those already enrolled, "
        "then in row order.",
        "The session is full[[: {detail}]].",
        "Correct the session.",
        ("session_id",),
        step="deciding",
        foresees=("moon.session_full",),
        applies=("database", "moon"),
        needs=("sessions",),
        administrator=(
            "Cancel an enrollment in the destination, or raise `max_participants` and load the sessions again: "
            "`rollbook reference load sessions FILE`."
        ),
        elsewhere=_synced(
            "Cancel an enrollment in {}, or raise the session's `max_participants`", "sessions", ("moon",)
        ),
    ),
    # The status
    Rule(
        "status.missing",
        "The row gives the learner's status in the session.",
        "The row has no status.",
        "Fill in enrolled, attended, completed, cancelled or no_show.",
        ("status",),
        applies=ENROLLING,
        administrator='If every row has the same status, set it for the whole sheet: `[defaults] status = "…"`.',
    ),
    Rule(
        "status.unknown",
        "The status is a word that Rollbook or the profile knows.",
        "“{value}” cannot be read as a status[[: {detail}]].",
        "Write enrolled, attended, completed, cancelled or no_show.",
        ("status",),
        foresees=("ESH:07", "ESH:13"),
        applies=ENROLLING,
        administrator=(
            "To leave such rows out, use `[rows] skip` in the profile; or define the word: "
            '`[values.status] {key} = "{status}"`.'
        ),
    ),
    Rule(
        "status.not_deliverable",
        "The target accepts the status for past sessions: SmarterU takes attended, completed and no_show.",
        "SmarterU does not accept the status {value} for past sessions.",
        "Correct the status if the session has taken place; otherwise delete the row.",
        ("status",),
        foresees=("ESH:07", "ESH:13"),
        applies=SMARTERU,
        administrator="The profile can leave such rows out: `[rows] skip`.",
    ),
    # The grade
    Rule(
        "grade.letter",
        "In a session graded by letter, the grade has at most 5 characters; for SmarterU, so has a grade that is no "
        "number where the session's grade type is not known.",
        "“{value}” is too long: a letter grade has at most 5 characters.",
        "Shorten the grade.",
        ("grade",),
        foresees=("ESH:09", "ESH:17"),
        applies=ENROLLING,
        administrator="If the session is not graded by letter, correct its grade type, or load it.",
    ),
    Rule(
        "grade.pass_fail",
        "In a session graded Pass/Fail, the grade is Pass or Fail.",
        "“{value}” is neither Pass nor Fail.",
        "Write Pass or Fail.",
        ("grade",),
        foresees=("ESH:09", "ESH:18"),
        applies=ENROLLING,
        administrator=(
            'Define the word in the profile: `[values.grade] {key} = "…"`; or correct the session\'s grade type.'
        ),
    ),
    Rule(
        "grade.percentage",
        "In a session graded in percent, the grade is a number from 0 to 100.",
        "“{value}” is not a percentage from 0 to 100.",
        "Correct the number.",
        ("grade",),
        foresees=("ESH:09", "ESH:19"),
        applies=ENROLLING,
        administrator="If the session is not graded in percent, correct its grade type.",
    ),
    Rule(
        "grade.fraction",
        "A column of percentages does not also hold fractions of 1.",
        "“{value}” could be a fraction of 1 or a percentage[[: {detail}]].",
        "Format the cells as percentages in the spreadsheet program, or multiply the fractions by 100.",
        ("grade",),
        step="cleaning",
        foresees=("ESH:09", "ESH:19"),
    ),
    Rule(
        "grade.points",
        "A grade is a percentage: a number whose possible points are in another column, or in a line under the header, "
        "is one only if these are 100. If the header has them, all numbers are points, unless one of them is more.",
        "“{value}” could be points or a percentage[[: {detail}]].",
        "Write the percentage with its % sign, for example 90%.",
        ("grade",),
        step="cleaning",
        foresees=("ESH:09", "ESH:19"),
        administrator=(
            "If the numbers are right as they are, list the column of possible points under `[columns] never`, or "
            "remove the points from the header."
        ),
    ),
    Rule(
        "grade.unknown",
        "A grade is a number, a letter grade, or a word such as Pass, Fail or Distinction.",
        "“{value}” cannot be read as a grade[[: {detail}]].",
        "Write a number from 0 to 100, a letter grade of at most 5 characters, Pass or Fail.",
        ("grade",),
        step="cleaning",
        foresees=("ESH:09", "ESH:17", "ESH:18", "ESH:19"),
        administrator='Define the word in the profile: `[values.grade] {key} = "…"`.',
    ),
    Rule(
        "grade.not_attended",
        "A learner who did not attend has no grade.",
        "The row has the grade “{value}”, but its status is no_show.",
        "Remove the grade, or correct the status.",
        ("grade",),
        foresees=("ESH:20",),
        applies=ENROLLING,
    ),
    Rule(
        "grade.not_completed",
        "Only a completed session has a grade. The database and Moon ERP keep a score with any status except "
        "no_show, so the rule does not apply to them.",
        "The row has the grade “{value}”, but its status is {detail}. SmarterU takes a grade only with completed.",
        "Remove the grade, or correct the status.",
        ("grade",),
        foresees=("ESH:09",),
        applies=SMARTERU,
    ),
    Rule(
        "grade.not_graded",
        "A session that is not graded has no grades.",
        "The row has the grade “{value}”, but the session is not graded.",
        "Remove the grade.",
        ("grade",),
        foresees=("ESH:09",),
        applies=ENROLLING,
        administrator="If the session is graded, correct its grade type.",
    ),
    # Dates
    Rule(
        "date.missing",
        "A session that is identified by its course has a date. For SmarterU, the row has a date of enrollment, or "
        "else its session has a date.",
        "The date is missing: {detail}.",
        "Fill in the date. If only the course is named, the session's ID will do too.",
        ("session_date", "enrolled_on"),
        foresees=("ESH:10",),
        applies=ENROLLING,
        administrator=_POINT_TO_THE_DATE,
        elsewhere={
            "smarteru": f"`rollbook reference sync smarteru` reads the sessions' dates. {_POINT_TO_THE_DATE}",
        },
    ),
    Rule(
        "date.invalid",
        "A date is a valid date, and a time is a valid time of day.",
        "“{value}” cannot be read as {field}[[: {detail}]].",
        "Write the date as 2024-01-31, or the time as 09:30.",
        (*DAYS, "session_start"),
        step="cleaning",
        foresees=("ESH:10", "ESH:12"),
    ),
    Rule(
        "date.ambiguous",
        "The order of day, month and year is known.",
        "“{value}” can be read in more than one way[[: {detail}]].",
        "Write the date as 2024-01-31.",
        DAYS,
        step="cleaning",
        foresees=("ESH:10", "ESH:12"),
        administrator=(
            'The profile can give the order for a whole sheet: `[dates] order = "DMY"`, `"MDY"` or `"YMD"`. If a '
            'spreadsheet program may have swapped day and month in date cells: `[dates] typed = "as_is"` or '
            '`"swapped"`. If the month is in words that two languages use for different months, say which day it is: '
            '`[values.{name}] {key} = "…"`.'
        ),
    ),
    Rule(
        "date.in_future",
        "Historical dates are in the past: no date is after the day of the import.",
        "{value} is in the future[[: {detail}]].",
        "Correct the date. If the session has not taken place yet, delete the row.",
        ("session_date", "enrolled_on", "completed_on"),
        applies=ENROLLING,
    ),
    Rule(
        "date.too_old",
        "A date is not before 1950 (setting `[rules] oldest`).",
        "{value} is too long ago[[: {detail}]].",
        "Correct the date: its year may be missing.",
        DAYS,
        administrator="To accept older dates, set `[rules] oldest` in rollbook.toml.",
    ),
    Rule(
        "date.order",
        "A completion date is not before the enrollment date, and an end date is not before the start date.",
        "{value} is before {detail}.",
        "Correct whichever of the two dates is wrong.",
        ("completed_on", "ended_on"),
    ),
    Rule(
        "date.expired_before_completed",
        "A certificate does not expire before the training is completed.",
        "{value} is before {detail}.",
        "Correct whichever of the two dates is wrong. If the certificate is an earlier one, clear its expiration date.",
        ("expires_on",),
        applies=ENROLLING,
    ),
    Rule(
        "hours.range",
        "Hours and credits are numbers from 0 to 2,000.",
        "“{value}” cannot be {field}[[: {detail}]].",
        "Write the number alone, such as 7.5, or clear the cell.",
        ("hours", "credits"),
        step="cleaning",
    ),
    # Cells
    Rule(
        "id.precision_lost",
        "An ID is text: a program that treats it as a number shortens it, or drops digits after the 15th.",
        "“{value}” is stored as a number, and digits of the ID are missing[[: {detail}]].",
        "Format the column as text in the original file, fill in the full ID, and import the file again.",
        IDS,
        step="cleaning",
    ),
    Rule(
        "id.ambiguous",
        "An ID has no separators between its digits.",
        "“{value}” may not be the ID that was meant[[: {detail}]].",
        "Write the ID as it is on record, without spaces, commas or periods. If a spreadsheet program changed it, "
        "format the column as text in the original file.",
        IDS,
        step="cleaning",
    ),
    Rule(
        "value.lookalike",
        "An ID, a name of a course or group, a status, a grade or a date contains no character that can be mistaken "
        "for another, such as a Cyrillic letter in a Latin word.",
        "“{value}” contains a character that looks like another one[[: {detail}]].",
        "Type the text again by hand, using the intended letters.",
        _COMPARED,
        step="cleaning",
    ),
    Rule(
        "value.too_long",
        "Text fits within the length of its field.",
        "“{value}” is too long[[: {detail}]].",
        "Shorten the text.",
        TEXTS,
        step="cleaning",
    ),
    Rule(
        "value.unknown",
        "A yes-or-no cell contains yes or no.",
        "“{value}” is neither yes nor no[[: {detail}]].",
        "Write yes or no, or clear the cell.",
        ("attendance_confirmed",),
        step="cleaning",
        administrator='Define the word in the profile: `[values.{name}] {key} = "…"`.',
    ),
    Rule(
        "value.no_match",
        "A cell contains what the profile's pattern looks for.",
        "“{value}” does not contain what the profile looks for[[: {detail}]].",
        "Correct the cell.",
        step="cleaning",
        administrator="If the cell is right, correct the pattern under `[columns] {name}`.",
    ),
    Rule(
        "cell.control_character",
        "A cell contains no control characters.",
        "The cell contains a character that cannot be printed[[: {detail}]].",
        "Clear the cell and type its text again.",
        step="cleaning",
    ),
    Rule(
        "cell.error",
        "A cell contains no error of the spreadsheet program, such as #N/A, and no formula that was never calculated.",
        "The cell contains {value}[[, {detail},]] instead of a value.",
        "Correct the formula, or replace it with its value. If it was never calculated, open the file in a "
        "spreadsheet program and save it.",
        step="cleaning",
    ),
    Rule(
        "cell.ditto",
        "An ID or the name of a course or group is written out in every row: a ditto mark or a word such as “ditto” or "
        "“see above” is none.",
        "“{value}” repeats the cell above.",
        "Write the value of the row above.",
        step="cleaning",
    ),
    Rule(
        "cell.garbled",
        "A cell contains no letters that a program lost (�), misread (Ã© for é) or wrote in code (+AOk-, =C3=A9, "
        "\\u00e9) before the file came.",
        "“{value}” contains letters that a program lost, misread or wrote in code[[: {detail}]].",
        "Type the text again with the right letters. If there are many such cells, export the file again, as .xlsx or "
        "“CSV UTF-8”.",
        step="cleaning",
    ),
    Rule(
        "cell.shown_otherwise",
        "A cell shows the value that it contains: its number format neither changes the digits of an ID nor hides a "
        "value or replaces it with words, and the cell is not struck out.",
        "“{value}” may not be what a reader sees in the cell[[: {detail}]].",
        "Type the right value in the cell. If the value is right as it is, set the cell's format to General (to Text "
        "for an ID) in the original file, and import that file again.",
        step="cleaning",
    ),
    # aXcelerate
    Rule(
        "outcome.missing",
        "A row has something to record: for a unit, workshop, class or e-learning its outcome code or a date, for "
        "a module enrolment the access override or a date.",
        "The row has nothing to record: it has neither {detail}.",
        "Fill in the national outcome code, such as 20 for competent, or delete the row.",
        ("outcome_code",),
        applies=AXCELERATE,
        administrator="The profile can leave such rows out: `[rows] skip`.",
    ),
    Rule(
        "outcome.unknown",
        "The outcome code is a national one, or one added in the settings.",
        "“{value}” is not a known outcome code[[: {detail}]].",
        "Write one of the codes: 20 competent, 30 not competent, 40 withdrawn, 51 RPL granted, 60 credit transfer, "
        "70 continuing, …",
        ("outcome_code",),
        applies=AXCELERATE,
        administrator=(
            'Define the word in the profile: `[values.outcome_code] {key} = "…"`; or add a state\'s code '
            "with the setting `[axcelerate] outcome_codes`."
        ),
    ),
    Rule(
        "activity.unknown",
        "The type of activity is s (unit), w (workshop), p (class) or el (e-learning), or a word for one of them.",
        "“{value}” is not a known type of activity[[: {detail}]].",
        "Write s (unit), w (workshop), p (class) or el (e-learning).",
        ("activity_type",),
        step="cleaning",
        applies=AXCELERATE,
        administrator='Define the word in the profile: `[values.activity_type] {key} = "…"`.',
    ),
    Rule(
        "access.unknown",
        "The access to a module is unlocked, locked or clear.",
        "“{value}” is not a known access override[[: {detail}]].",
        "Write unlocked, locked, or clear (which removes the override); leave the cell blank to keep the access as it "
        "is.",
        ("access_override",),
        step="cleaning",
        applies=AXCELERATE,
        administrator='Define the word in the profile: `[values.access_override] {key} = "…"`.',
    ),
    Rule(
        "activity.mixed",
        "A row's values match its subject. A row with a module enrolment's ID is about the module, even if it also "
        "names a unit: a module has no outcome code, and nothing else has an access override.",
        "The row's values do not match its subject: {detail}.",
        "Use separate rows: outcomes in a row without a module enrolment's ID, overrides in a row with one.",
        ("outcome_code", "access_override"),
        applies=AXCELERATE,
    ),
    # The enrollment as a whole
    Rule(
        "enrollment.conflict",
        "Rows about the same learner and session agree.",
        "Other rows for this learner and session differ[[: {detail}]].",
        "Correct or delete the wrong rows.",
        step="deciding",
        administrator="To let one row win, import with `--on-conflict first`, `last` or `best`.",
    ),
    Rule(
        "delivery.waiting",
        "A failed row that was corrected and is being delivered is not delivered a second time.",
        "This row was corrected before and is on its way[[: {detail}]]. It was not sent again.",
        "Wait until the delivery is confirmed. If it is refused, the row can be corrected again.",
        step="deciding",
        administrator="`rollbook resume` continues a delivery that stopped.",
    ),
    Rule(
        "enrollment.exists",
        "If an enrollment already exists, the row agrees with it.",
        "This enrollment already exists with different values[[: {detail}]].",
        "Correct the row.",
        step="deciding",
        foresees=("ESH:26",),
        administrator="To replace what exists, import with `--on-existing update` or `best`.",
        elsewhere={"smarteru": "SmarterU accepts no changes: if the row is right, correct the enrollment there."},
    ),
    # The file
    Rule(
        "file.unreadable",
        "The file can be read.",
        "The file cannot be read[[: {detail}]].",
        "Open it in a spreadsheet program, save it as .xlsx or .csv, and import the copy.",
        step="reading",
    ),
    Rule(
        "file.password",
        "The file is not protected by a password.",
        "The file is protected by a password.",
        "Save it without a password, and import the copy.",
        step="reading",
    ),
    Rule(
        "file.too_large",
        "The file can be read within the memory and time limits.",
        "Reading the file exceeds the memory or time limit[[: {detail}]].",
        "Split the file into smaller ones, or save it as .csv.",
        step="reading",
        administrator="Raise `[reading] memory_mib` or `seconds`.",
    ),
    Rule(
        "file.locked",
        "No other program has the file open.",
        "Another program has the file open[[: {detail}]].",
        "Close it there, and import the file again.",
        step="reading",
    ),
    Rule(
        "file.changed",
        "The file does not change while a run reads it.",
        "The file changed after the run began.",
        "Import it again when it is no longer being written to.",
        step="reading",
    ),
    Rule(
        "file.fault",
        "Rollbook can process the file without an error of its own.",
        "Rollbook failed on this file[[: {detail}]]. This is a bug; nothing in the file was loaded.",
        "Report the bug and attach `fault-….txt` from the run's folder, which contains no cell of the file. Import "
        "the file again after Rollbook is updated.",
        step="reading",
    ),
    Rule(
        "file.no_header",
        "A sheet has a header row.",
        "No header row was found[[: {detail}]].",
        "Give the table a header row that names its columns.",
        step="cleaning",
        administrator="Say which row it is: `[sheet] header_row = 4`. `rollbook inspect` shows what was found.",
    ),
    Rule(
        "file.unused_dates",
        "Dates in the file are used where the day of the import would otherwise become the enrollment or "
        "completion date. The rows are loaded all the same.",
        "Dates in the file were not used[[: {detail}]].",
        "Name the column “Enrolled Date” or “Completion Date”, and import the file again.",
        step="cleaning",
        administrator="If it is some other date, list the column under `[columns] never`.",
    ),
    Rule(
        "file.other_table",
        "A sheet contains one table. The rows of the first table are loaded; those of another table below it are not "
        "read.",
        "Another table begins below the first, and its rows were not read[[: {detail}]].",
        "Move the other table to its own sheet, and import the file again.",
        step="cleaning",
    ),
    Rule(
        "file.missing_columns",
        "A sheet with learners also has columns for the session and the status, and every column that the profile "
        "names.",
        "Columns are missing[[: {detail}]].",
        "Add the missing columns, or rename the right ones, for example to “Email”, “Session ID” or “Status”.",
        step="cleaning",
        administrator=(
            "Map them under `[columns]`, or set one value for all rows under `[defaults]`. `rollbook inspect` "
            "shows what was found."
        ),
    ),
    Rule(
        "file.ambiguous_columns",
        "Each field has one column, not two.",
        "Several columns could be the same field[[: {detail}]].",
        "Rename or remove the columns that should not be used.",
        step="cleaning",
        administrator="Name the right column under `[columns]`.",
    ),
    Rule(
        "file.other_database",
        "A failed-rows workbook is imported into the database it came from.",
        "The workbook contains failed rows from another database[[: {detail}]].",
        "Import it into the database named on the workbook's summary sheet.",
        step="reading",
        administrator="Choose that database with `--database`.",
    ),
    Rule(
        "file.other_destination",
        "A failed-rows workbook is imported to where its rows were to go.",
        "The workbook contains failed rows that were to go elsewhere[[: {detail}]].",
        "Return it to the person who imports your files.",
        step="reading",
        administrator="Name the destination with `--to`, as the run did that wrote the workbook.",
    ),
    Rule(
        "file.damaged_workbook",
        "A failed-rows workbook still shows which row is which: by its column “Rollbook row”, or by cells that "
        "were not changed.",
        "The rows of the failed-rows workbook can no longer be identified[[: {detail}]].",
        "Make the corrections in a fresh copy of the workbook, and do not change the column “Rollbook row”.",
        step="reading",
    ),
)

RULES: dict[str, Rule] = {rule.code: rule for rule in _TABLE}


def render(failures: pd.DataFrame, system: System = "database") -> pd.DataFrame:
    """The failures (columns of rollbook.rows.failures) with two more, `message` and `remedy`, both `str`.

    system: where the rows go, for the remedy differs.
    """
    messages = fill({rule.code: rule.message for rule in _TABLE}, failures)
    remedies = fill({rule.code: rule.what_to_do_for(system) for rule in _TABLE}, failures)
    return failures.assign(message=messages, remedy=remedies)


def as_markdown() -> str:
    """The user's list of rules: what `docs/rules.md` holds."""
    parts = [_PREFACE]
    for heading, family in _FAMILIES.items():
        parts.append(f"## {heading}\n")
        parts += [_section(rule) for rule in _TABLE if rule.code.split(".")[0] in family]
    return "\n".join(parts)


_PREFACE = """# The rules

Every problem that Rollbook finds has one of these codes. Codes are stable, so you can count and filter by them. A row
is checked against all rules at once: one round of corrections is enough.

“What to do” is for the person who has the spreadsheet. “Administrator” is for the person who has the profile, the
settings and the command line. Words in braces stand for what was found.

A rule that needs reference data (`rollbook reference load KIND FILE`) is checked only if that kind is loaded. The
summary of a run lists the kinds that were missing.

This page is generated from the rules: `make docs`.
"""

_FAMILIES: dict[str, tuple[str, ...]] = {
    "Rows": ("row",),
    "Learners": ("learner",),
    "Groups": ("group",),
    "Courses": ("course",),
    "Sessions": ("session",),
    "Statuses": ("status",),
    "Grades": ("grade",),
    "Dates": ("date",),
    "Hours and credits": ("hours",),
    "Cells": ("id", "value", "cell"),
    "Outcomes of aXcelerate": ("outcome",),
    "Activities of aXcelerate": ("activity", "access"),
    "Enrollments": ("delivery", "enrollment"),
    "Files": ("file",),
}

_NAMES: dict[str, str] = {"database": "the database", **SYSTEM_NAMES}


def _section(rule: Rule) -> str:
    lines = [f"### `{rule.code}`", "", rule.checks, "", f"- Message: {_plain(rule.message)}"]
    lines += [f"- {line}" for line in _plain(f"What to do: {rule.what_to_do}").splitlines()]
    lines += [f"- Administrator, for {_NAMES[system]}: {_plain(text)}" for system, text in rule.elsewhere.items()]
    lines += [*_circumstances(rule), ""]
    return "\n".join(lines)


def _circumstances(rule: Rule) -> Iterator[str]:
    yield f"- Found when {STEPS[rule.step]}."
    if rule.fields:
        yield "- Fields: " + ", ".join(f"`{field}`" for field in rule.fields)
    if rule.applies != SYSTEMS:
        yield "- Applies to rows for " + ", ".join(_NAMES[system] for system in rule.applies)
    if rule.needs:
        yield "- Needs the reference data " + ", ".join(f"`{kind}`" for kind in rule.needs)
    if rule.foresees:
        yield "- Prevents the destination's errors " + ", ".join(rule.foresees)


def _plain(template: str) -> str:
    return template.replace("[[", "").replace("]]", "")


if __name__ == "__main__":
    sys.stdout.write(as_markdown())
