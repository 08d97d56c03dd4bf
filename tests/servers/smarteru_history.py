"""`enrollSessionHistory`: what is wrong with each block, what is taken, and what the answer says."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from lxml import etree

from tests.servers.smarteru_answers import Problem, Style, answer, element
from tests.servers.smarteru_checks import text_of
from tests.servers.smarteru_state import Group, Session, State, User

STATUSES = ("NotAttended", "Attended", "Completed")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)
# Those that the documentation shows with the number of their block.
_NUMBERED = {f"ESH:{number}" for number in range(12, 23)}


@dataclass(frozen=True)
class Sent:
    """A block as it arrived; None: the tag is missing."""

    number: int
    email: str | None
    employee_id: str | None
    group_name: str | None
    group_id: str | None
    course_id: str | None
    session_id: str | None
    status: str | None
    grade: str | None
    enrolled_on: str | None


@dataclass(frozen=True)
class Processed:
    """An answer. sure: (user's ID, session's ID) of the enrollments that it leaves no doubt about."""

    body: bytes
    sure: frozenset[tuple[str, str]] = frozenset()


def blocks_of(parameters: etree._Element) -> list[Sent]:
    """The blocks of a checked package, numbered in their order."""
    return [
        Sent(
            number,
            *(text_of(block, path) for path in ("User/Email", "User/EmployeeID", "Group/GroupName", "Group/GroupID")),
            *(text_of(block, path) for path in ("LearningModuleID", "LearningModuleSessionID")),
            *(text_of(block, path) for path in ("EnrollmentStatus", "Grade", "EnrolledDate")),
        )
        for number, block in enumerate(parameters, start=1)
    ]


class History:
    """Judges blocks against what is kept. date_format: that of EnrolledDate. style: how it answers."""

    def __init__(self, state: State, style: Style, date_format: str) -> None:
        self._state = state
        self._style = style
        self._date_format = date_format

    def enroll(self, blocks: Sequence[Sent], *, refuse_last: bool = False) -> Processed:
        """Take the good blocks, or none where the style says so.

        refuse_last: the last block fails with ESH:28 whatever it is.
        """
        before = dict(self._state.enrollments)
        problems: list[Problem] = []
        taken: dict[int, tuple[str, str]] = {}
        for block in blocks:
            wrong = list(self._wrong(block))
            if not wrong and refuse_last and block is blocks[-1]:
                wrong = [self._problem(block, "ESH:28")]
            if wrong:
                problems += wrong if self._style.problems == "all" else wrong[:1]
            else:
                taken[block.number] = self.take(block)
        if problems and self._style.takes == "nothing":
            self._state.enrollments.clear()
            self._state.enrollments.update(before)
            taken = {}
        return self._told(blocks, taken, problems)

    def take(self, block: Sent) -> tuple[str, str]:
        """Put a good block on record and give its key."""
        user, group = self._user(block), self._group(block)
        assert user, block
        assert group, block
        assert block.session_id, block
        made = self._state.enroll(
            user, block.session_id, group.id, block.status or "", block.grade, self._date(block.enrolled_on)
        )
        return made.user_id, made.session_id

    def keys(self, blocks: Sequence[Sent]) -> list[tuple[str, str]]:
        """The keys of the blocks whose users exist."""
        return [(user.id, block.session_id or "") for block in blocks if (user := self._user(block))]

    def is_good(self, block: Sent) -> bool:
        """Whether nothing is wrong with a block."""
        return not any(self._wrong(block))

    def _wrong(self, block: Sent) -> Iterator[Problem]:
        codes = [code for code in self._codes_of_values(block) if code]
        yield from (self._problem(block, code) for code in codes or self._codes_of_relations(block))

    def _codes_of_values(self, block: Sent) -> Iterator[str | None]:
        yield self._user_code(block)
        yield self._group_code(block)
        yield "ESH:05" if not block.course_id else "ESH:14" if block.course_id not in self._state.courses else None
        yield self._session_code(block)
        yield "ESH:07" if not block.status else "ESH:13" if block.status not in STATUSES else None
        yield self._grade_code(block)
        yield self._date_code(block)

    def _user_code(self, block: Sent) -> str | None:
        if block.email is not None and not _EMAIL.fullmatch(block.email):
            return "ESH:01"
        if block.employee_id is not None and not block.employee_id:
            return "ESH:02"
        return None if self._user(block) else "ESH:21" if block.email else "ESH:22"

    def _group_code(self, block: Sent) -> str | None:
        if "" in (block.group_name, block.group_id):
            return "ESH:03" if block.group_id is None else "ESH:04"
        return None if self._group(block) else "ESH:23" if block.group_name else "ESH:24"

    def _session_code(self, block: Sent) -> str | None:
        if not block.session_id:
            return "ESH:16" if block.session_id is None else "ESH:06"
        session = self._session(block)
        known_course = block.course_id in self._state.courses
        return "ESH:15" if session is None or (known_course and session.course_id != block.course_id) else None

    def _grade_code(self, block: Sent) -> str | None:
        if block.grade is None:
            return None
        session = self._session(block)
        if not block.grade or (session and not session.grade_type) or block.status == "Attended":
            return "ESH:09"
        if block.status == "NotAttended":
            return "ESH:20"
        return _code_of_grade(block.grade, session.grade_type if session else None)

    def _date_code(self, block: Sent) -> str | None:
        if not block.enrolled_on:
            return "ESH:10"
        return None if self._date(block.enrolled_on) else "ESH:12"

    def _codes_of_relations(self, block: Sent) -> Iterator[str]:
        user, group, session = self._user(block), self._group(block), self._session(block)
        assert user, block
        assert group, block
        assert session, block
        if not group.assignable:
            yield "ESH:25"
        odd = self._state.odd_codes.get(user.email or user.employee_id or "")
        if odd:
            yield odd
        if (user.id, session.id) in self._state.enrollments:
            yield "ESH:26"
        if session.course_id not in group.courses:
            yield "ESH:27"
        # No code says so, and the documentation says that the learner must be in the group.
        elif user.id not in group.members:
            yield "ESH:28"

    def _problem(self, block: Sent, code: str) -> Problem:
        named = code in _NUMBERED and self._style.numbers != "none"
        shown = f"[{block.number}]" if self._style.numbers == "brackets" else f"{block.number}"
        prefix = f"Enrollment {shown} - " if named else ""
        message = MESSAGES.get(code, _ODD).format(
            **{name: f" '{value}'" if self._style.names else "" for name, value in _quoted(block).items()}
        )
        return Problem(code, prefix + message, block.number, named)

    def _told(self, blocks: Sequence[Sent], taken: dict[int, tuple[str, str]], problems: list[Problem]) -> Processed:
        if not self._style.repeats:
            alike = {(problem.code, problem.message): problem for problem in reversed(problems)}
            problems = sorted(alike.values(), key=lambda problem: problem.block or 0)
        listed = {
            "taken": [block for block in blocks if block.number in taken],
            "all": list(blocks),
            "none": [],
            "shuffled": [block for block in reversed(blocks) if block.number in taken],
        }[self._style.info]
        result = self._style.result_on_errors if problems else "Success"
        sure = self._client_can_tell(len(blocks) - len(taken), problems)
        body = answer(result, _info(listed), problems, self._style)
        return Processed(body, frozenset(taken.values() if sure else ()))

    def _client_can_tell(self, missing: int, problems: list[Problem]) -> bool:
        """Whether it is beyond doubt which blocks were taken: where `Info` is true, and explains the problems."""
        if not problems:
            return True
        numbered = all(problem.names_block for problem in problems)
        alike = len({(problem.code, problem.message) for problem in problems}) == 1
        return self._style.info in ("taken", "shuffled") and (numbered or alike or len(problems) == missing)

    def _user(self, block: Sent) -> User | None:
        return self._state.user(email=block.email, employee_id=block.employee_id)

    def _group(self, block: Sent) -> Group | None:
        return self._state.group(name=block.group_name, group_id=block.group_id)

    def _session(self, block: Sent) -> Session | None:
        return self._state.sessions.get(block.session_id or "")

    def _date(self, text: str | None) -> datetime | None:
        try:
            return datetime.strptime(text or "", self._date_format)  # noqa: DTZ007  a day, not a moment
        except ValueError:
            return None


def without_names(style: Style) -> Style:
    """The style in which no message says whom it is about."""
    return replace(style, numbers="none", names=False)


def _code_of_grade(grade: str, grade_type: str | None) -> str | None:
    if grade_type == "Letter Grade":
        return None if len(grade) <= 5 else "ESH:17"
    if grade_type == "Pass/Fail":
        return None if grade in ("Pass", "Fail") else "ESH:18"
    if grade_type == "Percentage":
        return None if _NUMBER.fullmatch(grade) and float(grade) <= 100 else "ESH:19"
    return None


def _info(blocks: Sequence[Sent]) -> str:
    entries = "".join(
        f'<Enrollment block="{block.number}"><User>'
        f"{element('Email', block.email) if block.email else element('EmployeeID', block.employee_id)}</User>"
        f"{element('LearningModuleID', block.course_id)}</Enrollment>"
        for block in blocks
    )
    return f"<Enrollments>{entries}</Enrollments>" if entries else ""


def _quoted(block: Sent) -> dict[str, str | None]:
    return {
        "email": block.email,
        "employee_id": block.employee_id,
        "group_name": block.group_name,
        "group_id": block.group_id,
    }


_ODD = "Something that no page tells of is wrong"
MESSAGES = {
    "ESH:01": "The Email is not valid",
    "ESH:02": "The EmployeeID is not valid",
    "ESH:03": "The GroupName is not valid",
    "ESH:04": "The GroupID is not valid",
    "ESH:05": "The LearningModuleID is not valid",
    "ESH:06": "The LearningModuleSessionID is not valid",
    "ESH:07": "The EnrollmentStatus is not valid",
    "ESH:09": "The Grade is not valid",
    "ESH:10": "The EnrolledDate is not valid",
    "ESH:11": "The API user does not have permission to use this method",
    "ESH:12": "The enrolled date is not valid",
    "ESH:13": "The enrollment status is not valid",
    "ESH:14": "The course ID is not valid",
    "ESH:15": "The session ID is not valid",
    "ESH:16": "The session ID is missing",
    "ESH:17": "The grade is not valid for the grade type Letter Grade",
    "ESH:18": "The grade is not valid for the grade type Pass/Fail",
    "ESH:19": "The grade is not valid for the grade type Percentage",
    "ESH:20": "The enrollment status NotAttended cannot have a grade",
    "ESH:21": "The email address{email} is not a user",
    "ESH:22": "The employee id{employee_id} is not a user",
    "ESH:23": "The group name{group_name} is not valid",
    "ESH:24": "The group identifier{group_id} is not valid",
    "ESH:25": "You do not have permission to assign a course under this group",
    "ESH:26": "The user is already enrolled into the session",
    "ESH:27": "The course is not assigned to the learner's group",
    "ESH:28": "The historical session enrollment failed",
}
