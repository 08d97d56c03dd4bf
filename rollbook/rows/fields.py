"""The fields of a canonical row, in one table: what a profile maps columns to."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "email", "id", "text", "status", "grade", "date", "time", "yes_no", "activity", "outcome", "access", "amount"
]


@dataclass(frozen=True)
class Field:
    """One field of a canonical row.

    kind: how its cells are cleaned and which dtype it has in a canonical frame: `date` is datetime64[s],
        `yes_no` is pandas' `boolean`, `amount` is float64, everything else is `str`; a missing value is NaN, NaT or NA.
    max_length: characters that the destination keeps; longer is `value.too_long`.
    stored: part of an enrollment's content, compared between copies and with what exists.
    """

    name: str
    kind: Kind
    meaning: str
    max_length: int = 255
    stored: bool = False


_TABLE = (
    Field("learner_email", "email", "the learner's e-mail address", 254),
    Field("learner_employee_id", "id", "the learner's employee number", 64),
    Field("learner_name", "text", "the learner's name: shown, never matched unless the profile says so"),
    Field("group_name", "text", "the learner's group, by name"),
    Field("group_id", "id", "the learner's group, by identifier", 64),
    Field("course_id", "id", "the course, by its code", 64),
    Field("course_name", "text", "the course, by name"),
    Field("session_id", "id", "the session, by its code", 128),
    Field("session_date", "date", "the day of the session"),
    Field("session_start", "time", "the session's start time, HH:MM", 5),
    Field("status", "status", "what became of the learner in the session", 16, stored=True),
    Field("grade", "grade", "the result: a percentage, a letter, Pass or Fail", 32, stored=True),
    Field("enrolled_on", "date", "the day of enrollment", stored=True),
    Field("completed_on", "date", "the day of completion", stored=True),
    Field("attendance_confirmed", "yes_no", "whether somebody confirmed the attendance", stored=True),
    Field("feedback", "text", "remarks on the learner's attendance", 4000, stored=True),
    Field("expires_on", "date", "the day on which the certificate expires", stored=True),
    Field("certificate_number", "id", "the number of the certificate", 128, stored=True),
    Field("hours", "amount", "the hours of training", stored=True),
    Field("credits", "amount", "the credits earned", stored=True),
    Field("contact_id", "id", "aXcelerate: the contact", 64),
    Field("class_id", "id", "aXcelerate: the class (program instance)", 64),
    Field("unit_id", "id", "aXcelerate: the unit, by ID or national code", 64),
    Field("activity_type", "activity", "aXcelerate: what the row is about: s unit, w workshop, p class, el e-learning"),
    Field("outcome_code", "outcome", "aXcelerate: the national outcome code", 16),
    Field("started_on", "date", "aXcelerate: the start of the unit"),
    Field("ended_on", "date", "aXcelerate: the end of the unit"),
    Field("module_enrolment_id", "id", "aXcelerate: the enrolment in a learning-plan module, or its name", 150),
    Field("enrol_id", "id", "aXcelerate: the enrolment", 64),
    Field("access_override", "access", "aXcelerate: access to the module whatever its dates say", 16),
)

FIELDS: dict[str, Field] = {field.name: field for field in _TABLE}
STORED: tuple[str, ...] = tuple(field.name for field in _TABLE if field.stored)
