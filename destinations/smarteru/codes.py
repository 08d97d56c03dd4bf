"""SmarterU's error codes, in one table: what each says, what to do, whom it concerns, which fields it may blame."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Scope = Literal["block", "group", "call", "account"]

EMAIL, EMPLOYEE = ("learner_email",), ("learner_employee_id",)
LEARNER = (*EMAIL, *EMPLOYEE)
GROUP_NAME, GROUP_ID = ("group_name",), ("group_id",)
GROUP = (*GROUP_NAME, *GROUP_ID)
COURSE, SESSION = ("course_id",), ("session_id",)
STATUS, GRADE, ENROLLED = ("status",), ("grade",), ("enrolled_on",)

ALREADY_ENROLLED = "ESH:26"
UNKNOWN_FAILURE = "SU:9999"
# What the codes of `enrollSessionHistory` begin with; the others are about calls of any method.
METHOD_CODES = "ESH:"


@dataclass(frozen=True)
class SmarterUCode:
    """One code.

    code: as SmarterU writes it.
    meaning, remedy: a sentence each, for people.
    scope: `block`: one enrollment; `group`: all enrollments of one group; `call`: the whole call was refused and none
        of its enrollments was looked at; `account`: the keys or their permissions, whatever is sent.
    fields: Rollbook's fields that it may blame, the main one first.
    """

    code: str
    meaning: str
    remedy: str
    scope: Scope
    fields: tuple[str, ...] = ()


_OURS = (
    "Nothing of the call was taken. `rollbook resume` sends it again; if it is refused again, tell Rollbook's authors."
)
_KEYS = "Set ROLLBOOK_SMARTERU_ACCOUNT_API and ROLLBOOK_SMARTERU_USER_API to the account's keys; `rollbook resume`."
_LATER = "Run `rollbook resume` later: what SmarterU may have taken is recognized then."
_PERMISSION = (
    "Let the owner of the SmarterU account give the user behind the API key this permission; then `rollbook resume`."
)
_LETTER = "Write a letter grade of at most 5 characters."
_PASSED = "Write Pass or Fail."
_PERCENT = "Write a number from 0 to 100."
_NO_GRADE = "Remove the grade, or correct the status."
_WHO = "Correct the learner, or add the learner in SmarterU; then import the row again."
_WHICH_GROUP = "Correct the group, or create it in SmarterU; then import the row again."
_WHICH_COURSE = "Correct the course, or create it in SmarterU; then import the row again."
_WHICH_SESSION = "Correct the session, or create it in the course in SmarterU; then import the row again."
_WHICH_DATE = "Correct the date. If every date is refused, the account wants another `date_format`."
_WHICH_STATUS = "Write attended, completed or no_show."

_TABLE = (
    # The call as a whole
    SmarterUCode(
        "SU:01", "The call held no POST data, or came over plain HTTP.", "Let `url` begin with https://.", "call"
    ),
    SmarterUCode("SU:02", "The call held no field `Package`.", _OURS, "call"),
    SmarterUCode("SU:03", "The XML is not well-formed.", _OURS, "call"),
    SmarterUCode("SU:04", "The XML has no root named SmarterU.", _OURS, "call"),
    SmarterUCode("SU:05", "AccountAPI is missing.", _KEYS, "call"),
    SmarterUCode("SU:06", "UserAPI is missing.", _KEYS, "call"),
    SmarterUCode("SU:07", "The method is missing.", _OURS, "call"),
    SmarterUCode("SU:08", "The parameters are missing.", _OURS, "call"),
    SmarterUCode("SU:09", "The parameters are empty.", _OURS, "call"),
    SmarterUCode("SU:10", "The API keys are not valid.", _KEYS, "account"),
    SmarterUCode("SU:11", "The method is not known.", _OURS, "call"),
    SmarterUCode("SU:12", "The XML does not have the structure that the method wants.", _OURS, "call"),
    SmarterUCode("SU:13", "The XML has an element where none may be.", _OURS, "call"),
    SmarterUCode("SU:9999", "SmarterU failed and does not know why.", _LATER, "call"),
    # Enrollments
    SmarterUCode("ESH:01", "The e-mail address is not valid.", _WHO, "block", EMAIL),
    SmarterUCode("ESH:02", "The employee ID is not valid.", _WHO, "block", EMPLOYEE),
    SmarterUCode("ESH:03", "The group's name is not valid.", _WHICH_GROUP, "group", GROUP_NAME),
    SmarterUCode("ESH:04", "The group's ID is not valid.", _WHICH_GROUP, "group", GROUP_ID),
    SmarterUCode("ESH:05", "The course ID is not valid.", _WHICH_COURSE, "block", COURSE),
    SmarterUCode("ESH:06", "The session ID is not valid.", _WHICH_SESSION, "block", SESSION),
    SmarterUCode("ESH:07", "The status is not valid.", _WHICH_STATUS, "block", STATUS),
    SmarterUCode("ESH:09", "The grade is not valid.", "Correct the grade, or remove it.", "block", GRADE),
    SmarterUCode("ESH:10", "The date of enrollment is not valid.", _WHICH_DATE, "block", ENROLLED),
    SmarterUCode("ESH:11", "The API user does not have permission for this method.", _PERMISSION, "account"),
    SmarterUCode("ESH:12", "The date of enrollment is not valid.", _WHICH_DATE, "block", ENROLLED),
    SmarterUCode("ESH:13", "The status is not valid.", _WHICH_STATUS, "block", STATUS),
    SmarterUCode("ESH:14", "The course ID is not valid.", _WHICH_COURSE, "block", COURSE),
    SmarterUCode("ESH:15", "The session ID is not valid.", _WHICH_SESSION, "block", SESSION),
    SmarterUCode(
        "ESH:16", "The session ID is missing.", "Fill in the session; then import the row again.", "block", SESSION
    ),
    SmarterUCode("ESH:17", "The grade is not valid in a session with letter grades.", _LETTER, "block", GRADE),
    SmarterUCode("ESH:18", "The grade is not valid in a session that is passed or failed.", _PASSED, "block", GRADE),
    SmarterUCode("ESH:19", "The grade is not valid in a session graded in percent.", _PERCENT, "block", GRADE),
    SmarterUCode("ESH:20", "Who did not attend cannot have a grade.", _NO_GRADE, "block", (*GRADE, *STATUS)),
    SmarterUCode("ESH:21", "The e-mail address belongs to no user.", _WHO, "block", EMAIL),
    SmarterUCode("ESH:22", "The employee ID belongs to no user.", _WHO, "block", EMPLOYEE),
    SmarterUCode("ESH:23", "There is no group with this name.", _WHICH_GROUP, "group", GROUP_NAME),
    SmarterUCode("ESH:24", "There is no group with this ID.", _WHICH_GROUP, "group", GROUP_ID),
    SmarterUCode(
        "ESH:25",
        "The API user may not assign a course under this group.",
        "Let the owner of the SmarterU account give the permission; then `rollbook retry` the run.",
        "group",
        (*GROUP, *COURSE),
    ),
    SmarterUCode(
        ALREADY_ENROLLED,
        "The learner is already enrolled in the session.",
        "Nothing, if what SmarterU holds is right; else correct the enrollment there.",
        "block",
        (*SESSION, *LEARNER),
    ),
    SmarterUCode(
        "ESH:27",
        "The course is not assigned to the learner's group.",
        "Assign the course to the group in SmarterU, or name another of the learner's groups; import the row again.",
        "block",
        (*COURSE, *GROUP),
    ),
    SmarterUCode(
        "ESH:28",
        "SmarterU could not record the enrollment, and does not say why.",
        "Look the learner and the session up in SmarterU; then `rollbook retry` the run.",
        "block",
        (*SESSION, *LEARNER),
    ),
)  # fmt: skip

CODES: Mapping[str, SmarterUCode] = {code.code: code for code in _TABLE}

_CODE = re.compile(r"([A-Z]+)\s*[:\-_ ]?\s*0*([0-9]+)")
# `Enrollment [block #]` in the documentation; whether the brackets are sent is not known. What stands after a quotation
# mark is a name that somebody gave: the group 'Enrollment [7] - Nurses' is no block.
_BLOCK = re.compile(
    r"""[^'"‘’“”«`]*?\benroll?ments?\s*(?:
        [\[(]\s*(?:block)?\s*\#?\s*(?P<inside>[0-9]{1,9})\s*[\])]
      | (?:block)?\s*\#?\s*(?P<plain>[0-9]{1,9})\s*(?:$|[-–—:.,](?![0-9]))
    )""",
    re.IGNORECASE | re.VERBOSE,
)


def code_of(text: str) -> str:
    """A code as the table writes it (`ESH:01`), from any case and blanks; what has another form comes back trimmed."""
    upper = "".join(text.split()).upper()
    match = _CODE.fullmatch(upper)
    return f"{match[1]}:{match[2]:0>2}" if match else upper


def block_named(message: str) -> int | None:
    """The number of the block that a message begins with, as `Enrollment [3] - …` or `Enrollment 3 - …`."""
    match = _BLOCK.match(message)
    return (int(match["inside"] or match["plain"]) or None) if match else None


def find(code: str, message: str) -> SmarterUCode:
    """What is known of a code, in any writing.

    One that is not in the table is about a block if the message names one, else about the call, unless what else is
    known of the call says otherwise (`attribution.settle`).
    """
    known = CODES.get(code_of(code))
    if known:
        return known
    scope: Scope = "call" if block_named(message) is None else "block"
    return SmarterUCode(
        code_of(code), "Rollbook does not know this code of SmarterU's.", "See what its message says.", scope
    )
