"""The rules, in one table: what is checked, what a failure says and what to do about it. Codes are stable."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from rollbook.fields import FIELDS
from validators import RULES_VERSION
from validators.messages import fill

__all__ = ["RULES", "RULES_VERSION", "Rule", "as_markdown", "render"]

System = Literal["database", "smarteru", "moon", "axcelerate"]
Step = Literal["reading", "cleaning", "judging", "deciding"]
STEPS: dict[Step, str] = {
    "reading": "the file is read",
    "cleaning": "the cell is cleaned",
    "judging": "the row is judged",
    "deciding": "all rows of the run are compared with each other and with what exists",
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
IDS = tuple(field.name for field in FIELDS.values() if field.kind == "id")
TEXTS = tuple(field.name for field in FIELDS.values() if field.kind in ("email", "id", "text", "grade"))


@dataclass(frozen=True)
class Rule:
    """One rule.

    code: its stable name.
    checks: what must hold, in one sentence.
    message, remedy: templates. `{value}` is what the cell showed, `{header}` its column's header, `{detail}` a clause
        or a name that the judge of the row adds, `{field}` the field's meaning, `{name}` its name in a profile. What
        stands in double square brackets is left out where one of its placeholders has no value.
    fields: the fields that it may blame, the main one first; none: the row or the file as a whole.
    step: when it is judged.
    foresees: the target's own codes that a failure spares.
    applies: the systems whose rows it judges.
    needs: the kinds of reference data that must be loaded; the rule is not checked without them.
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

    @property
    def field(self) -> str | None:
        """The field that the rule is about; None when it is about the row or the file as a whole."""
        return self.fields[0] if self.fields else None


_TABLE = (
    # The row
    Rule(
        "row.ragged",
        "A line of a text file has as many cells as the header line.",
        "This line has more or fewer cells than the header line[[: {detail}]].",
        "Put quotation marks around a text that holds the delimiter, or remove the surplus cells.",
        step="reading",
    ),
    Rule(
        "row.no_learner",
        "The row names a learner: by e-mail or employee ID, for aXcelerate by contact ID.",
        "The row names no learner: {detail}.",
        "Fill one in. Where the learners are loaded and their names unique, `[reference] match_name = true` takes the "
        "name.",
        ("learner_email", "learner_employee_id", "contact_id"),
    ),
    Rule(
        "row.two_learners",
        "E-mail and employee ID of a row belong to one and the same learner.",
        "E-mail and employee ID belong to different learners[[: {detail}]].",
        "Correct the one that is wrong, or blank it. Where the loaded learners are out of date: "
        "`rollbook reference load learners FILE`.",
        ("learner_employee_id", "learner_email"),
        foresees=("moon.employee_ambiguous",),
        applies=ENROLLING,
    ),
    # The learner
    Rule(
        "learner.email",
        "An e-mail address has the form of one, name@domain.tld, by the rules of the e-mail standards.",
        "“{value}” is not an e-mail address.",
        "Correct the address, or blank it where the row has an employee ID.",
        ("learner_email",),
        foresees=("ESH:01",),
        applies=ENROLLING,
    ),
    Rule(
        "learner.shared",
        "An e-mail address or employee ID is one person's: in one run it does not stand beside names of clearly "
        "different people, which have no word in common.",
        "“{value}” stands beside the names of several people[[: {detail}]].",
        "Give each person an address or ID of their own. If it is one person, write the name the same way in all rows. "
        "If the column does not hold learners' names, a profile can leave it out: `[columns] learner_name = []`.",
        ("learner_email", "learner_employee_id"),
        step="deciding",
        applies=ENROLLING,
    ),
    Rule(
        "learner.lookalike",
        "An e-mail address or learner's ID holds no character that may be taken for another one, such as a Cyrillic "
        "letter in a Latin word.",
        "\u201c{value}\u201d holds a character that looks like another one[[: {detail}]].",
        "Type the address or ID again by hand, in the letters that are meant.",
        ("learner_email", "learner_employee_id", "contact_id"),
        step="cleaning",
    ),
    Rule(
        "learner.unknown",
        "The learner is one of the loaded learners, unless unknown ones are created.",
        "“{value}” is none of the loaded learners.",
        "Correct the cell; or load the missing learner: `rollbook reference load learners FILE`; or, for the database, "
        'let the import create learners: `[reference] learners = "create"`.',
        LEARNER,
        foresees=("ESH:01", "ESH:02", "ESH:21", "ESH:22", "moon.employee_unknown"),
        applies=ENROLLING,
        needs=("learners",),
    ),
    Rule(
        "learner.ambiguous",
        "The row names one loaded learner and not several.",
        "“{value}” may be any of several loaded learners[[: {detail}]].",
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
        "The row names no group.",
        'Fill in the group, map its column, or give all rows one: `[defaults] group_name = "Sales"`.',
        GROUP,
        foresees=("ESH:03", "ESH:04"),
        applies=SMARTERU,
    ),
    Rule(
        "group.unknown",
        "The group is one of the loaded groups, unless unknown ones are created.",
        "“{value}” is none of the loaded groups.",
        "Correct the cell; or load the missing group: `rollbook reference load groups FILE`; or, for the database, let "
        'the import create groups: `[reference] groups = "create"`.',
        GROUP,
        foresees=("ESH:03", "ESH:04", "ESH:23", "ESH:24"),
        applies=ENROLLING,
        needs=("groups",),
    ),
    Rule(
        "group.not_member",
        "The learner is a member of the row's group.",
        "The learner is not a member of the group “{value}”.",
        "Correct the group or the learner; or add the learner to the group there and load the memberships again: "
        "`rollbook reference load memberships FILE`.",
        GROUP,
        applies=ENROLLING,
        needs=("memberships",),
    ),
    # The course
    Rule(
        "course.missing",
        "The row names the course (for aXcelerate: the unit, workshop or e-learning, unless it is about a class; or "
        "the module enrolment).",
        "The row names no {detail}.",
        'Fill it in, map its column, or give all rows one, as in `[defaults] course_id = "FIRE-01"`.',
        (*COURSE, "unit_id"),
        foresees=("ESH:05", "ESH:14"),
        applies=("smarteru", "axcelerate"),
    ),
    Rule(
        "course.unknown",
        "The course is one of the loaded courses, unless unknown ones are created.",
        "“{value}” is none of the loaded courses.",
        "Correct the cell; or load the missing course: `rollbook reference load courses FILE`; or, for the database, "
        'let the import create courses: `[reference] courses = "create"`.',
        COURSE,
        foresees=("ESH:05", "ESH:14"),
        applies=ENROLLING,
        needs=("courses",),
    ),
    Rule(
        "course.not_in_group",
        "The course is assigned to the row's group.",
        "The course “{value}” is not assigned to the group[[ “{detail}”]].",
        "Correct the course or the group; or assign the course there and load the assignments again: "
        "`rollbook reference load group-courses FILE`.",
        COURSE,
        foresees=("ESH:27",),
        applies=ENROLLING,
        needs=("group-courses",),
    ),
    # The session
    Rule(
        "session.missing",
        "The row names its session: by ID, or by course and date (for SmarterU only where the sessions are loaded; "
        "for aXcelerate: the class, unless the row is about a workshop or e-learning).",
        "The row names no session: {detail}.",
        "Fill in the session ID, or the course and the session's date; map their columns, or give them under "
        "`[defaults]`.",
        (*SESSION, "class_id"),
        foresees=("ESH:16",),
    ),
    Rule(
        "session.unknown",
        "The session is one of the loaded sessions, unless unknown ones are created.",
        "No loaded session fits: {detail}.",
        "Correct the cell; or load the missing session: `rollbook reference load sessions FILE`; or, for the database, "
        'let the import create sessions: `[reference] sessions = "create"`.',
        ("session_id", "session_date"),
        foresees=("ESH:06", "ESH:15", "moon.session_unknown"),
        applies=ENROLLING,
        needs=("sessions",),
    ),
    Rule(
        "session.ambiguous",
        "Course, date and start time fit one loaded session and not several.",
        "Several loaded sessions fit: {detail}.",
        "Fill in the session ID, or the start time of the session.",
        ("session_date",),
        applies=ENROLLING,
        needs=("sessions",),
    ),
    Rule(
        "session.not_in_course",
        "The session belongs to the row's course.",
        "The session “{value}” belongs to another course[[: {detail}]].",
        "Correct the session or the course; blank the course where the session's ID is enough.",
        ("session_id",),
        applies=ENROLLING,
        needs=("sessions",),
    ),
    Rule(
        "session.full",
        "A session takes no more learners than its `max_participants`; seats go to those enrolled, then in row order.",
        "The session has no seat left[[: {detail}]].",
        "Correct the session, cancel an enrollment there, or raise `max_participants`: "
        "`rollbook reference load sessions FILE`.",
        ("session_id",),
        step="deciding",
        foresees=("moon.session_full",),
        applies=("database", "moon"),
        needs=("sessions",),
    ),
    # The status
    Rule(
        "status.missing",
        "The row says what became of the learner in the session.",
        "The row has no status.",
        "Fill in one of enrolled, attended, completed, cancelled, no_show; where all rows of the sheet mean the same: "
        '`[defaults] status = "…"`.',
        ("status",),
        applies=ENROLLING,
    ),
    Rule(
        "status.unknown",
        "The status is a word that Rollbook or the profile knows.",
        "“{value}” is not a status that Rollbook knows[[: {detail}]].",
        "Write one of enrolled, attended, completed, cancelled, no_show; or say what the word means: "
        '`[values.status] "{value}" = "{status}"`.',
        ("status",),
        foresees=("ESH:07", "ESH:13"),
        applies=ENROLLING,
    ),
    Rule(
        "status.not_deliverable",
        "The status has a historical form in the target: SmarterU takes attended, completed and no_show.",
        "SmarterU's history has no form for the status {value}.",
        "Leave such rows out (`[rows] skip`), or correct the status if the session has taken place.",
        ("status",),
        foresees=("ESH:07", "ESH:13"),
        applies=SMARTERU,
    ),
    # The grade
    Rule(
        "grade.letter",
        "In a session graded by letters the grade has at most 5 characters.",
        "“{value}” is too long for a letter grade, which has at most 5 characters.",
        "Shorten the grade, or correct the session's grade type.",
        ("grade",),
        foresees=("ESH:09", "ESH:17"),
        applies=ENROLLING,
    ),
    Rule(
        "grade.pass_fail",
        "In a session graded Pass/Fail the grade is Pass or Fail.",
        "“{value}” is neither Pass nor Fail.",
        'Write Pass or Fail; say what the word means: `[values.grade] "{value}" = "…"`; or correct the grade '
        "type of the session.",
        ("grade",),
        foresees=("ESH:09", "ESH:18"),
        applies=ENROLLING,
    ),
    Rule(
        "grade.percentage",
        "In a session graded in per cent the grade is a number from 0 to 100.",
        "“{value}” is not a percentage from 0 to 100.",
        "Correct the number, or the session's grade type.",
        ("grade",),
        foresees=("ESH:09", "ESH:19"),
        applies=ENROLLING,
    ),
    Rule(
        "grade.fraction",
        "A column of percentages holds per cents and no fractions of 1.",
        "“{value}” may be a fraction of 1 or a percentage[[: {detail}]].",
        "Format the cells as per cent in the spreadsheet program, or multiply fractions by 100.",
        ("grade",),
        step="cleaning",
        foresees=("ESH:09", "ESH:19"),
    ),
    Rule(
        "grade.unknown",
        "A grade is a number in figures, a letter grade, or a word as Pass, Fail or Distinction.",
        "“{value}” cannot be read as a grade[[: {detail}]].",
        'Write a number from 0 to 100, a letter, Pass or Fail; or say what the word means: `[values.grade] "{value}" = '
        '"Pass"`.',
        ("grade",),
        step="cleaning",
        foresees=("ESH:09", "ESH:17", "ESH:18", "ESH:19"),
    ),
    Rule(
        "grade.not_attended",
        "Who did not attend has no grade.",
        "The row has the grade “{value}”, but its status is no_show.",
        "Remove the grade, or correct the status.",
        ("grade",),
        foresees=("ESH:20",),
        applies=ENROLLING,
    ),
    Rule(
        "grade.not_completed",
        "Only a completed session has a grade. The database and Moon ERP keep a score beside any status but no_show, "
        "so there it is no failure.",
        "The row has the grade “{value}”, but its status is {detail}: SmarterU takes a grade with completed only.",
        "Remove the grade, or correct the status.",
        ("grade",),
        foresees=("ESH:09",),
        applies=SMARTERU,
    ),
    Rule(
        "grade.not_graded",
        "A session that is not graded has no grades.",
        "The row has the grade “{value}”, but the session is not graded.",
        "Remove the grade, or correct the session's grade type.",
        ("grade",),
        foresees=("ESH:09",),
        applies=ENROLLING,
    ),
    # Dates
    Rule(
        "date.missing",
        "A session that is named by its course has a date.",
        "The row names a course but neither a session ID nor the session's date.",
        "Fill in the session's date or ID. Where every learner has a date of completion of their own, let that column "
        'feed `session_date` too; where the date stands above the table: `[defaults] session_date = {cell = "B2"}`.',
        ("session_date",),
        applies=ENROLLING,
    ),
    Rule(
        "date.invalid",
        "A date is a date, and a time a time of day.",
        "“{value}” cannot be read as {field}[[: {detail}]].",
        "Write it as 2024-01-31 (a time as 09:30), or type it as a date in the spreadsheet program.",
        (*DATES, "session_start"),
        step="cleaning",
        foresees=("ESH:10", "ESH:12"),
    ),
    Rule(
        "date.ambiguous",
        "The order of day, month and year is known.",
        "“{value}” can be read in more than one way[[: {detail}]].",
        'Write the date as 2024-01-31. For a whole sheet a profile can say the order: `[dates] order = "DMY"`, `"MDY"` '
        'or `"YMD"`; for cells typed as dates that a spreadsheet program may have swapped, `[dates] typed = "as_is"` '
        'or `"swapped"`.',
        DATES,
        step="cleaning",
        foresees=("ESH:10", "ESH:12"),
    ),
    Rule(
        "date.in_future",
        "History lies in the past: a date is not after the day of the import.",
        "{value} lies in the future[[: {detail}]].",
        "Correct the date; leave rows of sessions that have not taken place out of the history.",
        ("session_date", "enrolled_on", "completed_on"),
        applies=ENROLLING,
    ),
    Rule(
        "date.too_old",
        "A date is not before 1950 (setting `[rules] oldest`).",
        "{value} is too long ago[[: {detail}]].",
        "Correct the date: its year may have been lost. For older history set `[rules] oldest` in rollbook.toml.",
        DATES,
    ),
    Rule(
        "date.order",
        "Completion is not before enrollment, and an end not before its start.",
        "{value} is before {detail}.",
        "Correct the one of the two dates that is wrong.",
        ("completed_on", "ended_on"),
    ),
    # Cells
    Rule(
        "id.precision_lost",
        "An ID is text: a program that takes it for a number shortens it, or loses the digits after the 15th.",
        "“{value}” is a number, and digits of the ID are lost[[: {detail}]].",
        "Format the column as text in the source, fill in the whole ID, and import again.",
        IDS,
        step="cleaning",
    ),
    Rule(
        "id.ambiguous",
        "An ID is written without separators between its digits.",
        "\u201c{value}\u201d may be more than one ID[[: {detail}]].",
        "Write the ID without spaces, commas and points, or format the column as text in the source.",
        IDS,
        step="cleaning",
    ),
    Rule(
        "value.lookalike",
        "An ID, or the name of a course or group, holds no character that may be taken for another one, such as a "
        "Cyrillic letter in a Latin word.",
        "\u201c{value}\u201d holds a character that looks like another one[[: {detail}]].",
        "Type the text again by hand, in the letters that are meant.",
        (*(name for name in IDS if name not in ("learner_employee_id", "contact_id")), "course_name", "group_name"),
        step="cleaning",
    ),
    Rule(
        "value.too_long",
        "A text fits into the field.",
        "“{value}” is too long[[: {detail}]].",
        "Shorten the text.",
        TEXTS,
        step="cleaning",
    ),
    Rule(
        "value.unknown",
        "A cell with an answer of yes or no holds one.",
        "“{value}” is neither yes nor no[[: {detail}]].",
        'Write yes or no, leave the cell blank, or say what the word means: `[values.{name}] "{value}" = "…"`.',
        ("attendance_confirmed", "access_override"),
        step="cleaning",
    ),
    Rule(
        "value.no_match",
        "A cell holds what the profile's pattern looks for in it.",
        "“{value}” does not hold what the profile looks for[[: {detail}]].",
        "Correct the cell, or the pattern under `[columns] {name}`.",
        step="cleaning",
    ),
    Rule(
        "cell.control_character",
        "A cell holds no control characters.",
        "The cell holds a character that cannot be printed[[: {detail}]].",
        "Type the cell's text anew.",
        step="cleaning",
    ),
    Rule(
        "cell.error",
        "A cell holds no error of the spreadsheet program, as #N/A, and no formula that was never calculated.",
        "The cell holds {value}[[, {detail},]] instead of a value.",
        "Correct the formula, or replace it with its value. If it was never calculated, open the file in a spreadsheet "
        "program and save it.",
        step="cleaning",
    ),
    # aXcelerate
    Rule(
        "outcome.missing",
        "A row says something: of a unit, workshop, class or e-learning its outcome code or a date, of a module "
        "enrolment the override of access or a date.",
        "The row says nothing: it has neither {detail}.",
        "Fill in the national outcome code, as 20 for competent; or leave the row out (`[rows] skip`).",
        ("outcome_code",),
        applies=AXCELERATE,
    ),
    Rule(
        "outcome.unknown",
        "The outcome code is a national one, or one that the settings add.",
        "“{value}” is no outcome code that is known[[: {detail}]].",
        "Write one of the codes: 20 competent, 30 not competent, 40 withdrawn, 51 RPL granted, 60 credit transfer, "
        '70 continuing, …; say what a word means: `[values.outcome_code] "{value}" = "…"`; or add a code of a '
        "state: setting `[axcelerate] outcome_codes`.",
        ("outcome_code",),
        applies=AXCELERATE,
    ),
    Rule(
        "activity.unknown",
        "The type of activity is s (unit), w (workshop), p (class) or el (e-learning), or a word for one of them.",
        "“{value}” is no type of activity that is known[[: {detail}]].",
        'Write s, w, p or el; or say what the word means: `[values.activity_type] "{value}" = "…"`.',
        ("activity_type",),
        step="cleaning",
        applies=AXCELERATE,
    ),
    Rule(
        "activity.mixed",
        "What a row says fits what it is about. A row with a module enrolment's ID is about the module, whatever unit "
        "it names beside it: a module has no outcome code, and nothing else has an override of access.",
        "The row says what does not fit what it is about: {detail}.",
        "Say it in a row of its own: outcomes in one without a module enrolment's ID, overrides in one with it.",
        ("outcome_code", "access_override"),
        applies=AXCELERATE,
    ),
    # The enrollment as a whole
    Rule(
        "enrollment.conflict",
        "Rows about the same learner and session say the same.",
        "Other rows say something else about this learner and session[[: {detail}]].",
        "Correct or remove the wrong rows; or let one win: `--on-conflict first`, `last` or `best`.",
        step="deciding",
    ),
    Rule(
        "enrollment.exists",
        "An enrollment that exists already says the same.",
        "This enrollment exists already and differs[[: {detail}]].",
        "Correct the row; or let it replace what exists: `--on-existing update` or `best`. SmarterU takes no change of "
        "what it holds.",
        step="deciding",
        foresees=("ESH:26",),
    ),
    # The file
    Rule(
        "file.unreadable",
        "The file can be read.",
        "The file cannot be read[[: {detail}]].",
        "Open it in a spreadsheet program, save it as .xlsx or .csv, and import that.",
        step="reading",
    ),
    Rule(
        "file.password",
        "The file has no password.",
        "The file is protected by a password.",
        "Save it without a password, and import that.",
        step="reading",
    ),
    Rule(
        "file.too_large",
        "The file can be read within the limits on memory and time.",
        "Reading the file takes more than the limits allow[[: {detail}]].",
        "Cut the file into smaller ones, save it as .csv, or raise `[reading] memory_mib` or `seconds`.",
        step="reading",
    ),
    Rule(
        "file.locked",
        "No other program holds the file.",
        "Another program holds the file[[: {detail}]].",
        "Close it there, and import again.",
        step="reading",
    ),
    Rule(
        "file.changed",
        "The file stays the same while a run reads it.",
        "The file has changed since the run began.",
        "Import it again when nobody writes to it any more.",
        step="reading",
    ),
    Rule(
        "file.fault",
        "Rollbook handles the file without a failure of its own.",
        "Rollbook failed on this file[[: {detail}]]. This is a bug; nothing in the file was loaded.",
        "Report it and attach `fault-….txt` from the run's folder, which holds no cell of the file. Import the file "
        "again when Rollbook is updated.",
        step="reading",
    ),
    Rule(
        "file.no_header",
        "A sheet has a header row.",
        "No header row was found[[: {detail}]].",
        "Name the row: `[sheet] header_row = 4`. `rollbook inspect FILE` shows what was found.",
        step="cleaning",
    ),
    Rule(
        "file.unused_dates",
        "Dates in the file are used where the day of the import would stand in for a date of enrollment or "
        "completion. The rows are loaded all the same.",
        "Dates in the file were not used[[: {detail}]].",
        "Name the column “Enrolled Date” or “Completion Date” and import the file again; or, if it is another date, "
        "list it in `[columns] never`.",
        step="cleaning",
    ),
    Rule(
        "file.missing_columns",
        "A sheet with learners has columns for the session and the status as well, and all that the profile names.",
        "Columns are missing[[: {detail}]].",
        "Map them under `[columns]`, or give all rows one value under `[defaults]`. `rollbook inspect FILE` shows what "
        "was found.",
        step="cleaning",
    ),
    Rule(
        "file.ambiguous_columns",
        "One column feeds a field and not two.",
        "Two columns may be the same field[[: {detail}]].",
        "Name the one that counts under `[columns]`.",
        step="cleaning",
    ),
    Rule(
        "file.other_database",
        "A failed-rows workbook is imported into the database that it came from.",
        "The workbook holds failed rows of another database[[: {detail}]].",
        "Import it into that database: `--database` names it. The workbook's summary sheet says which one it is.",
        step="reading",
    ),
    Rule(
        "file.damaged_workbook",
        "A failed-rows workbook still tells which of its rows is which: by its column “Rollbook row”, or by cells that "
        "were not changed.",
        "The rows of the failed-rows workbook cannot be told apart any more[[: {detail}]].",
        "Correct a fresh copy of the workbook, and leave the column “Rollbook row” as it is.",
        step="reading",
    ),
)

RULES: dict[str, Rule] = {rule.code: rule for rule in _TABLE}


def render(failures: pd.DataFrame) -> pd.DataFrame:
    """The failures (columns of rollbook.failures) with two more, `message` and `remedy`, both `str`."""
    messages = fill({rule.code: rule.message for rule in _TABLE}, failures)
    remedies = fill({rule.code: rule.remedy for rule in _TABLE}, failures)
    return failures.assign(message=messages, remedy=remedies)


def as_markdown() -> str:
    """The user's list of rules: what `docs/rules.md` holds."""
    parts = [_PREFACE]
    for heading, family in _FAMILIES.items():
        parts.append(f"## {heading}\n")
        parts += [_section(rule) for rule in _TABLE if rule.code.split(".")[0] in family]
    return "\n".join(parts)


_PREFACE = """# The rules

Every problem that Rollbook finds is a failure with one of these codes. Codes are stable: what counts them today counts
them tomorrow. A row is judged by all rules at once, so that one round of corrections is enough.

A rule that needs reference data (`rollbook reference load KIND FILE`) is checked only where that kind was loaded; the
summary of a run says which were not. In the messages, words in braces stand for what was found.

This page is made from the rules themselves: `make docs`.
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
    "Cells": ("id", "value", "cell"),
    "Outcomes of aXcelerate": ("outcome",),
    "Activities of aXcelerate": ("activity",),
    "Enrollments": ("enrollment",),
    "Files": ("file",),
}

_NAMES: dict[System, str] = {
    "database": "the database",
    "smarteru": "SmarterU",
    "moon": "Moon ERP",
    "axcelerate": "aXcelerate",
}


def _section(rule: Rule) -> str:
    lines = [f"### `{rule.code}`", "", rule.checks, "", f"- Message: {_plain(rule.message)}"]
    lines += [f"- What to do: {_plain(rule.remedy)}", *_circumstances(rule), ""]
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
        yield "- Foresees " + ", ".join(rule.foresees)


def _plain(template: str) -> str:
    return template.replace("[[", "").replace("]]", "")


if __name__ == "__main__":
    sys.stdout.write(as_markdown())
