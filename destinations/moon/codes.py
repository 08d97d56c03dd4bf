"""The ways in which Moon ERP refuses a row. It has no codes of its own: these are Rollbook's names for them."""

from collections.abc import Mapping

from destinations.row_target import RefusalCode

EMPLOYEE_UNKNOWN = "moon.employee_unknown"
EMPLOYEE_AMBIGUOUS = "moon.employee_ambiguous"
SESSION_UNKNOWN = "moon.session_unknown"
SESSION_FULL = "moon.session_full"
REFUSED = "moon.refused"
NOT_KEPT = "moon.not_kept"
GONE = "moon.gone"

LEARNER = ("learner_employee_id", "learner_email")
# Moon ERP's fields -> Rollbook's, the main one first.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "training_session_id": ("session_id",),
    "employee_id": LEARNER,
    "status": ("status",),
    "attendance_confirmed": ("attendance_confirmed",),
    "score": ("grade",),
    "feedback": ("feedback",),
}
_CONTENT = ("status", "grade", "attendance_confirmed", "feedback")

_TABLE = (
    RefusalCode(
        EMPLOYEE_UNKNOWN,
        "Moon ERP has no employee with this number or e-mail.",
        "Correct the learner, or enter the employee in Moon ERP; then `rollbook retry` the run.",
        LEARNER,
    ),
    RefusalCode(
        EMPLOYEE_AMBIGUOUS,
        "Several employees of Moon ERP may be meant.",
        "Fill in the employee number of the right one, or correct the e-mail; then import the row again.",
        LEARNER,
    ),
    RefusalCode(
        SESSION_UNKNOWN,
        "Moon ERP has no training session with this ID.",
        "Correct the session's ID, or create the session in Moon ERP and fill in its ID; then import the row again.",
        ("session_id",),
    ),
    RefusalCode(
        SESSION_FULL,
        "The training session has no seat left.",
        "Raise the session's `max_participants` in Moon ERP, or cancel an enrollment there; then `rollbook retry` the "
        "run.",
        ("session_id",),
    ),
    RefusalCode(
        REFUSED,
        "Moon ERP refuses the enrollment.",
        "See what Moon ERP says of it. Correct the row and import it again; or correct Moon ERP and `rollbook retry` "
        "the run.",
        (*_CONTENT, "session_id", *LEARNER),
    ),
    RefusalCode(
        NOT_KEPT,
        "Moon ERP took the enrollment, and holds something else than was sent.",
        "Compare the row with the enrollment in Moon ERP, and correct the one that is wrong.",
        _CONTENT,
    ),
    RefusalCode(
        GONE,
        "The enrollment was deleted in Moon ERP while it was about to be changed.",
        "`rollbook retry` the run: it looks up the enrollment again.",
        ("session_id", *LEARNER),
    ),
)

CODES: Mapping[str, RefusalCode] = {code.code: code for code in _TABLE}


def find(code: str) -> RefusalCode:
    """What is known of a code."""
    unknown = RefusalCode(code, "Rollbook does not know this code of Moon ERP's.", "See what its message says.")
    return CODES.get(code, unknown)
