"""Moon ERP's answers: records as JSON, pages, and refusals in Arabic or English."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Literal

from tests.servers.moon_state import Employee, EnrollmentStatus, Id, Session, SessionStatus
from tests.servers.moon_state import Enrollment as Held


@dataclass(frozen=True)
class Style:
    """What nobody documents, so that a client has to bear it.

    duplicate_…, full_…: what a second enrollment of the same pair and one into a full session are answered with: the
    status, and the field whose error it is (None: no `errors` at all). unknown_on_post: the status where the employee
    or the session of a POST does not exist. deleted_blocks: a deleted enrollment, which no GET shows, counts as a
    duplicate. closed: sessions of these statuses take nobody, told as a full one is. final: a PUT cannot leave these
    statuses. put: a field that a PUT leaves out keeps its value (partial), is an error (whole), or loses its value
    (clearing; the status stays). surplus: what becomes of fields and parameters that are not documented.
    by_id: what GET of a single enrollment is answered with. messages: vague ones are all the same.
    per_page_most: more a page are not given, in silence (None: no bound). per_page_elsewhere: whether employees and
    sessions take `per_page`, too. order: that of lists. search: what of an employee the search looks at, and how.
    session_enrollments: the key under which a single session holds its enrollments (None: it does not hold them).
    score_most: the highest score that is taken. …_format: how moments, dates and times are written (strftime).
    """

    duplicate_status: int = 422
    duplicate_field: str | None = "employee_id"
    full_status: int = 422
    full_field: str | None = "training_session_id"
    unknown_on_post: Literal[422, 404] = 422
    deleted_blocks: bool = False
    closed: frozenset[SessionStatus] = frozenset()
    final: frozenset[EnrollmentStatus] = frozenset()
    put: Literal["partial", "whole", "clearing"] = "partial"
    surplus: Literal["refused", "ignored"] = "refused"
    by_id: Literal[405, 404] = 405
    messages: Literal["telling", "vague"] = "telling"
    per_page_most: int | None = 100
    per_page_elsewhere: bool = True
    order: Literal["oldest", "newest"] = "oldest"
    search: Literal["anything", "number", "exact"] = "anything"
    session_enrollments: str | None = "enrollments"
    score_most: Decimal = Decimal("999.99")
    moment_format: str = "%Y-%m-%dT%H:%M:%S.%fZ"
    date_format: str = "%Y-%m-%d"
    time_format: str = "%H:%M"


@dataclass(frozen=True)
class Reply:
    """What goes out. shown: the enrollments in it, each with its version. cut: only half of the body does."""

    status: int
    body: bytes
    shown: tuple[tuple[Id, int], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    cut: bool = False


# What is said -> in Arabic, in English.
MESSAGES = {
    "unauthenticated": ("غير مصادق عليه.", "Unauthenticated."),
    "forbidden": ("هذا الإجراء غير مصرح به.", "This action is unauthorized."),
    "not found": ("السجل غير موجود.", "Record not found."),
    "no method": ("الطريقة غير مدعومة لهذا المسار.", "The method is not supported for this route."),
    "no json": ("يجب أن يكون الطلب بصيغة JSON.", "The request must be a JSON object."),
    "too many": ("محاولات كثيرة جدا.", "Too Many Attempts."),
    "server": ("خطأ في الخادم.", "Server Error"),
    "invalid": ("البيانات المدخلة غير صالحة.", "The given data was invalid."),
    "required": ("حقل {field} مطلوب.", "The {field} field is required."),
    "wrong": ("القيمة المحددة في {field} غير صالحة.", "The selected {field} is invalid."),
    "surplus": ("الحقل {field} غير معروف.", "The {field} field is not known."),
    "duplicate": ("الموظف مسجل بالفعل في هذه الجلسة.", "The employee is already enrolled in this session."),
    "full": ("الجلسة مكتملة العدد.", "The session is full."),
    "closed": ("الجلسة مغلقة.", "The session takes nobody."),
    "final": ("لا يمكن تغيير الحالة.", "The status can no longer change."),
}


class Refused(Exception):
    """A request is not done. said: a key of MESSAGES. errors: for each field the keys of what is wrong with it.

    there: the enrollment that a POST would have made a second time.
    """

    def __init__(
        self,
        status: int,
        said: str,
        errors: Mapping[str, Sequence[str]] | None = None,
        headers: Mapping[str, str] | None = None,
        there: Id | None = None,
    ) -> None:
        super().__init__(said)
        self.there = there
        self.status, self.said, self.errors, self.headers = status, said, errors, headers or {}

    def reply(self, language: str, style: Style) -> Reply:
        """As the client sees it. language: of its Accept-Language."""

        def message(said: str, about: str = "") -> str:
            arabic, english = MESSAGES["invalid" if style.messages == "vague" else said]
            return (english if language.casefold().startswith("en") else arabic).format(field=about.replace("_", " "))

        content: dict[str, Any] = {"message": message(self.said)}
        if self.errors is not None:
            content["errors"] = {
                about: [message(said, about) for said in every] for about, every in self.errors.items()
            }
        return Reply(self.status, written(content), headers=self.headers)


def written(content: Any) -> bytes:
    """As the framework writes JSON: ASCII only, no blanks."""
    return json.dumps(content, separators=(",", ":")).encode()


def employee_shown(employee: Employee) -> dict[str, Any]:
    """One of the list of employees."""
    return {"id": employee.id, "employee_number": employee.number, **employee.more}


def session_shown(session: Session, style: Style) -> dict[str, Any]:
    """One of the list of sessions."""

    def clock(when: time | None) -> str | None:
        return when.strftime(style.time_format) if when else None

    return {
        "id": session.id,
        "training_program_id": session.program_id,
        "session_date": day_shown(session.held_on, style),
        "start_time": clock(session.starts),
        "end_time": clock(session.ends),
        "location": session.location,
        "trainer": session.trainer,
        "max_participants": session.max_participants,
        "status": session.status,
        "notes": session.notes,
    }


def enrollment_shown(held: Held, style: Style) -> dict[str, Any]:
    """A single one, or one of a list."""

    def moment(when: datetime | None) -> str | None:
        return when.strftime(style.moment_format) if when else None

    return {
        "id": held.id,
        "training_session_id": held.session_id,
        "employee_id": held.employee_id,
        "status": held.status,
        "attendance_confirmed": held.attendance_confirmed,
        "score": None if held.score is None else f"{held.score:.2f}",
        "feedback": held.feedback,
        "enrolled_at": moment(held.enrolled_at),
        "completed_at": moment(held.completed_at),
    }


def day_shown(day: date, style: Style) -> str:
    """A date as sessions write it."""
    return day.strftime(style.date_format)


def page_shown(rows: Sequence[Any], total: int, page: int, per_page: int, address: str) -> dict[str, Any]:
    """A page of a list. address: that of the list, with a query but without a page."""
    last = max(1, -(-total // per_page))

    def link(to: int) -> str | None:
        return f"{address}&page={to}" if 1 <= to <= last else None

    links = {"first": link(1), "last": link(last), "prev": link(page - 1), "next": link(page + 1)}
    meta = {"current_page": page, "last_page": last, "per_page": per_page, "total": total}
    return {"data": list(rows), "links": links, "meta": meta}
