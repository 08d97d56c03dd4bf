"""A block: one enrollment of a batch, in the words of SmarterU's `enrollSessionHistory`."""

from datetime import date
from typing import NamedTuple

from ledger.remote.outbox import Delivery
from rollbook.rows.statuses import ATTENDED, COMPLETED, NO_SHOW

# The statuses that SmarterU's history knows. `enrolled` and `cancelled` have no historical form there.
STATUSES = {NO_SHOW: "NotAttended", ATTENDED: "Attended", COMPLETED: "Completed"}


class Block(NamedTuple):
    """One learner in one session, as it is sent.

    number: 1-based within its batch. Exactly one of `email` and `employee_id`, and one of `group_name` and `group_id`.
    status: a value of STATUSES. enrolled_on: None leaves the tag out.
    """

    number: int
    email: str | None
    employee_id: str | None
    group_name: str | None
    group_id: str | None
    course_id: str
    session_id: str
    status: str
    grade: str | None
    enrolled_on: date | None


def block_of(delivery: Delivery) -> Block:
    """The block of a row in the outbox: by e-mail where it has one, by the group's name where it has one."""
    by_email, by_name = bool(delivery.learner_email), bool(delivery.group_name)
    completed = delivery.status == COMPLETED
    return Block(
        number=delivery.block_no,
        email=delivery.learner_email if by_email else None,
        employee_id=None if by_email else delivery.learner_employee_id,
        group_name=delivery.group_name if by_name else None,
        group_id=None if by_name else delivery.group_id,
        course_id=delivery.course_id or "",
        session_id=delivery.session_id,
        status=STATUSES[delivery.status or ""],
        grade=delivery.grade if completed else None,
        enrolled_on=delivery.enrolled_on,
    )
