"""The columns of the template, in a table: what a sheet for a destination should have."""

from dataclasses import dataclass
from typing import Literal

from rollbook.rows.examples import EXAMPLE_ADDRESSES
from rollbook.rows.statuses import STATUSES

Look = Literal["plain", "text", "date"]


@dataclass(frozen=True)
class TemplateColumn:
    """A column.

    header: one of the usual headers of `field`. explained: what to write. examples: the cells of the example rows.
    look: `text` for IDs, which keep their zeros; `date` for real dates (the examples are ISO text). choices: what the
    drop-down offers.
    """

    header: str
    field: str
    explained: str
    examples: tuple[str, str]
    look: Look = "plain"
    choices: tuple[str, ...] = ()


_EMAIL = TemplateColumn(
    "Email",
    "learner_email",
    "The learner's e-mail address. Required, unless there is an employee ID.",
    EXAMPLE_ADDRESSES,
)
_WHO = (
    _EMAIL,
    TemplateColumn(
        "Employee ID",
        "learner_employee_id",
        "The learner's employee number. Required, unless there is an e-mail address.",
        ("00417", "00982"),
        "text",
    ),
    TemplateColumn(
        "Name", "learner_name", "The learner's name. It is shown, and identifies nobody.", ("Ann Smith", "Bo Lee")
    ),
)
_GROUP = TemplateColumn("Group", "group_name", "The learner's group in SmarterU. Required.", ("Sales", "Sales"))
_SESSION = (
    TemplateColumn(
        "Course",
        "course_name",
        "The name of the course. Required, unless there is a session ID.",
        ("Fire Safety", "First Aid"),
    ),
    TemplateColumn(
        "Session ID",
        "session_id",
        "The code of the session, if there is one. Then course and date may be blank.",
        ("", "FA-2023-05"),
        "text",
    ),
    TemplateColumn(
        "Session date",
        "session_date",
        "The day of the session. Required with a course, unless there is a session ID.",
        ("2023-03-14", "2023-05-02"),
        "date",
    ),
    TemplateColumn(
        "Status",
        "status",
        "What became of it: choose from the list. Required.",
        ("completed", "no_show"),
        choices=STATUSES,
    ),
)
_RESULT = (
    TemplateColumn("Grade", "grade", "A percentage, a letter, Pass or Fail. Blank if there is none.", ("92", "")),
    TemplateColumn(
        "Enrolled on", "enrolled_on", "The day of enrollment. Blank: the day of the import.", ("2023-02-20", ""), "date"
    ),
    TemplateColumn(
        "Completed on",
        "completed_on",
        "The day of completion. Blank: the day of the session.",
        ("2023-03-14", ""),
        "date",
    ),
    TemplateColumn("Hours", "hours", "The hours of training, such as 7.5.", ("3.5", "")),
    TemplateColumn("Credits", "credits", "The credits earned.", ("2", "")),
    TemplateColumn(
        "Certificate number", "certificate_number", "The number of the certificate.", ("C-00815", ""), "text"
    ),
    TemplateColumn("Expires on", "expires_on", "The day on which the certificate expires.", ("2026-03-14", ""), "date"),
    TemplateColumn("Comments", "feedback", "Remarks on the learner's attendance.", ("Passed at once", "Was ill")),
)
_AXCELERATE = (
    TemplateColumn("Contact ID", "contact_id", "The contact in aXcelerate. Required.", EXAMPLE_ADDRESSES, "text"),
    *_WHO[2:],
    TemplateColumn("Class ID", "class_id", "The class (program instance). Required.", ("501", "501"), "text"),
    TemplateColumn("Unit code", "unit_id", "The unit. Required.", ("HLTAID011", "HLTAID009"), "text"),
    TemplateColumn(
        "Outcome code", "outcome_code", "The national outcome code. Required, or a date.", ("20", "40"), "text"
    ),
    TemplateColumn("Activity start date", "started_on", "The start of the unit.", ("2023-03-14", "2023-03-14"), "date"),
    TemplateColumn("Activity end date", "ended_on", "The end of the unit.", ("2023-03-15", "2023-03-15"), "date"),
)


def template_columns(destination: str) -> tuple[TemplateColumn, ...]:
    """The columns for a destination, as `--to` names it."""
    if destination == "axcelerate":
        return _AXCELERATE
    smarteru = destination.startswith("smarteru")
    return (*_WHO, *([_GROUP] if smarteru else []), *_SESSION, *_RESULT)
