"""Groups of failed rows in words: what is wrong, as the title of the group."""

from collections.abc import Sequence

from rollbook.text.days import without_midnight
from validators.rules import RULES

# By code: of many rows with different values.
TITLES = {
    "row.ragged": "Lines with too many or too few cells",
    "row.no_learner": "Rows that do not say who the learner is",
    "row.two_learners": "E-mail and employee ID of different learners",
    "row.corrected_elsewhere": "Rows that were corrected elsewhere in the meantime",
    "learner.email": "Invalid e-mail addresses",
    "learner.shared": "One address or ID with the names of several people",
    "learner.lookalike": "Learners with look-alike characters",
    "learner.unknown": "Learners who are not loaded",
    "learner.ambiguous": "Names that several loaded learners have",
    "group.missing": "Rows without a group",
    "group.unknown": "Groups that are not loaded",
    "group.not_member": "Learners who are not in the group",
    "course.missing": "Rows without a course",
    "course.unknown": "Courses that are not loaded",
    "course.not_in_group": "Courses that are not assigned to the group",
    "session.missing": "Rows that do not say which session",
    "session.unknown": "Sessions that are not loaded",
    "session.ambiguous": "Rows that match several sessions",
    "session.not_in_course": "Sessions of another course",
    "session.full": "Full sessions",
    "status.missing": "Rows without a status",
    "status.unknown": "Unknown statuses",
    "status.not_deliverable": "Statuses that SmarterU does not accept",
    "grade.letter": "Letter grades that are too long",
    "grade.pass_fail": "Grades that are neither Pass nor Fail",
    "grade.percentage": "Grades that are not percentages",
    "grade.fraction": "Fractions or percentages",
    "grade.points": "Points or percentages",
    "grade.unknown": "Unknown grades",
    "grade.not_attended": "Grades of learners who did not attend",
    "grade.not_completed": "Grades without a completion",
    "grade.not_graded": "Grades for a session without grades",
    "date.missing": "Missing dates",
    "date.invalid": "Dates that cannot be read",
    "date.ambiguous": "Dates that can be read in two ways",
    "date.in_future": "Dates in the future",
    "date.too_old": "Dates too long ago",
    "date.order": "Dates in the wrong order",
    "date.expired_before_completed": "Expirations before the completion",
    "hours.range": "Hours or credits that cannot be right",
    "id.precision_lost": "IDs with missing digits",
    "id.ambiguous": "IDs that could be several",
    "value.lookalike": "Look-alike characters",
    "value.too_long": "Texts that are too long",
    "value.unknown": "Neither yes nor no",
    "value.no_match": "Texts that the profile does not expect",
    "cell.control_character": "Characters that cannot be printed",
    "cell.ditto": "Ditto marks instead of values",
    "cell.error": "Cells with an error instead of a value",
    "cell.garbled": "Garbled letters",
    "cell.shown_otherwise": "Cells that may not be what they show",
    "outcome.missing": "Rows with nothing to record",
    "outcome.unknown": "Unknown outcome codes",
    "activity.unknown": "Unknown types of activity",
    "access.unknown": "Unknown access overrides",
    "activity.mixed": "Values that do not match their subject",
    "enrollment.conflict": "Rows that contradict each other",
    "delivery.waiting": "Corrections that came twice",
    "enrollment.exists": "Enrollments that exist with other values",
}


def title(code: str, values: Sequence[str | None], meaning: str | None = None) -> str:
    """What is wrong with a group's rows; of rows with one value, that value's message.

    values: the distinct values (None: blank). meaning: what is known of a destination's own code.
    """
    rule = RULES.get(code)
    if rule is None:
        return meaning or code
    if len(values) == 1 and values[0] is not None and "{value}" in _certain(rule.message):
        told = _certain(rule.message)
        if "{detail}" not in told and "{field}" not in told:
            return told.replace("{value}", without_midnight(values[0])).removesuffix(".")
    return TITLES.get(code, code)


def _certain(template: str) -> str:
    """The message without the clauses that not every row has."""
    before, bracket, after = template.partition("[[")
    return before + _certain(after.partition("]]")[2]) if bracket else template
