"""Why aXcelerate does not take a row, in one table: its own refusals have no codes of their own."""

from collections.abc import Mapping

from destinations.row_target import RefusalCode

NOT_ENROLLED = "axcelerate.not_enrolled"
AMBIGUOUS = "axcelerate.ambiguous"
UNIT_CODE = "axcelerate.unit_code"
INCOMPLETE = "axcelerate.incomplete"
REFUSED = "axcelerate.refused"

_WHAT = ("unit_id", "class_id", "module_enrolment_id", "enrol_id", "activity_type", "contact_id")
_SAID = ("outcome_code", "started_on", "ended_on", "access_override")

_TABLE = (
    RefusalCode(
        NOT_ENROLLED,
        "The contact has no such enrolment in aXcelerate.",
        "Correct contact, class, unit or module enrolment, or enrol the contact in aXcelerate; then import the row "
        "again.",
        _WHAT,
    ),
    RefusalCode(
        AMBIGUOUS,
        "Several of the contact's enrolments in aXcelerate fit the row.",
        "Name the unit by its ID instead of its code, or remove the enrolment in aXcelerate that is one too many.",
        _WHAT,
    ),
    RefusalCode(
        UNIT_CODE,
        "aXcelerate does not say which of the class's units has this code.",
        "Write the unit's ID instead of its code.",
        ("unit_id",),
    ),
    RefusalCode(
        INCOMPLETE,
        "aXcelerate's report on module enrolments does not show what is needed to find this one.",
        "Let the user behind the web service token see module enrolments in reports; if the message names the class or "
        "the enrolment, give `class_id` or `enrol_id` in the sheet instead. Then `rollbook retry` the run.",
        ("module_enrolment_id", "enrol_id", "class_id"),
    ),
    RefusalCode(
        REFUSED,
        "aXcelerate refuses what the row says.",
        "Do what its message asks for; then import the row again.",
        (*_SAID, *_WHAT),
    ),
)

CODES: Mapping[str, RefusalCode] = {code.code: code for code in _TABLE}


def find(code: str) -> RefusalCode:
    """What is known of a code; raises KeyError for one that is not in the table."""
    return CODES[code]
