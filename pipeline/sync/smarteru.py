"""`rollbook reference sync smarteru`: users, groups, courses, memberships, sessions, and the enrollments there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from destinations.http.json_client import NotAnswered
from destinations.reference_page import Page
from destinations.smarteru import reference
from destinations.smarteru.client import SmarterU
from destinations.smarteru.codes import CODES
from destinations.smarteru.reference import CallRefused
from ledger.lock import hold
from ledger.reference.load import load_references
from ledger.reference.upserts import Loaded
from pipeline.delivery.smarteru import ACCOUNT_WAIT_SECONDS, account_lock, wire_of
from pipeline.sync.base import GOES_ON, HELD, Read, Storing, Synced, Watch
from rollbook.errors import RunIsLive, Stopped
from validators.context import empty_reference

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from pipeline.sync.named import Named
    from rollbook.settings import SmarterUSettings

SMARTERU = "smarteru"
# Users whose groups, groups whose courses, courses whose sessions are stored at once: a call each.
_ASKED_AT_ONCE = 50
# Learners whose enrollments are asked for in one call.
_LEARNERS_AT_ONCE = 200
_NO_REPORT = "If the account may not read the learner report, set learner_report = false under [smarteru]."
_Record = dict[str, Any]
_Told = TypeVar("_Told")


def sync_smarteru(
    connection: Connection, settings: SmarterUSettings, by: str | None, watch: Watch, sheets: Named | None = None
) -> Synced:
    """Read users, groups, courses, memberships, sessions and existing enrollments of SmarterU into the ledger.

    sheets: of courses, memberships, sessions and enrollments only what sheets name is read; None: all.

    Raises Stopped; the next sync goes on behind the last page stored.
    """
    wire = wire_of(settings)
    target = SmarterU(wire)
    try:
        with hold(connection.engine, account_lock(wire.url), wait=ACCOUNT_WAIT_SECONDS), target:
            return _Sync(connection, settings, by, target, watch, sheets).run()
    except RunIsLive as error:
        raise Stopped(f"{error} Then sync again.") from None
    except NotAnswered as error:
        raise Stopped(f"SmarterU gave no answer: {error.what}. Fix this, then sync again: {GOES_ON}") from None
    except Stopped as error:
        raise Stopped(f"{target.scrub(str(error))} When you sync again, {GOES_ON}") from None


class _Sync(Storing):
    def __init__(
        self,
        connection: Connection,
        settings: SmarterUSettings,
        by: str | None,
        target: SmarterU,
        watch: Watch,
        sheets: Named | None,
    ) -> None:
        super().__init__(connection, SMARTERU, settings.url, by, watch)
        self._settings, self._target, self._sheets = settings, target, sheets

    def run(self) -> Synced:
        """Every step."""
        steps = {
            "learners": self._users,
            "groups": self._groups,
            "courses": self._courses,
            "members": self._members,
            "memberships": self._memberships,
            "sessions": self._sessions,
            **self._enrollments_by_status(),
        }
        of = "" if self._sheets is None else f":{self._sheets.step}"
        return self.store({f"{step}{of}": read for step, read in steps.items()})

    @cached_property
    def _takes_group_filter(self) -> bool:
        return reference.takes_group_filter(self._call)

    def _call(self, request: bytes) -> bytes:
        return self._target.call(request).body

    def _users(self, first: int) -> Iterator[Read]:
        return _paged("learners", reference.users(self._call, first, self._settings.page_size), first)

    def _groups(self, first: int) -> Iterator[Read]:
        yield first, {"groups": reference.groups(self._call)}, True

    def _courses(self, first: int) -> Iterator[Read]:
        """The courses of every group, and with them which group has which."""
        for number, groups, is_last in self._known("groups", first):
            found = self._ask_each("group-courses", groups, self._courses_of)
            courses = _put_together("courses", [one.courses for one in found])
            assigned = _put_together("group-courses", [one.assignments for one in found])
            yield number, {"courses": courses, "group-courses": assigned}, is_last

    def _members(self, first: int) -> Iterator[Read]:
        """The users of every group, where the list of users can be asked for those of a group."""
        if not self._takes_group_filter:
            yield first, {}, True
            return
        for number, groups, is_last in self._known("groups", first):
            found = self._ask_each("memberships", [group for group in groups if group["name"]], self._members_of)
            yield number, {"memberships": _put_together("memberships", found)}, is_last

    def _memberships(self, first: int) -> Iterator[Read]:
        """The groups of every user, where it cannot."""
        if self._takes_group_filter:
            yield first, {}, True
            return
        for number, users, is_last in self._known("learners", first):
            found = self._ask_each("memberships", users, self._groups_of)
            yield number, {"memberships": _put_together("memberships", found)}, is_last

    def _sessions(self, first: int) -> Iterator[Read]:
        for number, courses, is_last in self._known("courses", first):
            found = self._ask_each("sessions", courses, self._sessions_of)
            yield number, {"sessions": _put_together("sessions", found)}, is_last

    def _enrollments_by_status(self) -> dict[str, Callable[[int], Iterator[Read]]]:
        """A step for each status of those that exist; none, where the account may not read the report."""
        statuses = reference.HISTORY_STATUSES if self._settings.learner_report else ()
        return {f"{HELD}:{status}": partial(self._enrollments, status) for status in statuses}

    def _enrollments(self, status: str, first: int) -> Iterator[Read]:
        try:
            yield from _paged(HELD, self._report(status, first), first)
        except CallRefused as error:
            raise Stopped(f"{error} {_NO_REPORT}") from None

    def _report(self, status: str, first: int) -> Iterator[Page]:
        """The pages of the learner report; of sheets, those of some learners after the other, read from the first."""
        size, form = self._settings.page_size, self._settings.date_format
        if self._sheets is None:
            shown = reference.ReportFilter(statuses=[status])
            yield from reference.enrollments_by_status(self._call, shown, first, size, date_format=form)
            return
        people = [("email", key) for key in sorted(self._sheets.emails)]
        people += [("number", key) for key in sorted(self._sheets.employee_ids)]
        number = 0
        for at in range(0, len(people), _LEARNERS_AT_ONCE):
            some = people[at : at + _LEARNERS_AT_ONCE]
            emails, numbers = ([key for kind, key in some if kind == wanted] for wanted in ("email", "number"))
            shown = reference.ReportFilter(statuses=[status], emails=emails, employee_ids=numbers)
            for page in reference.enrollments_by_status(self._call, shown, 1, size, date_format=form):
                number += 1
                if number >= first:
                    yield replace(page, number=number)

    def _ask_each(self, kind: str, records: Sequence[_Record], ask: Callable[[_Record], _Told]) -> list[_Told]:
        """What SmarterU says of each; of one that it does not know (any more), a problem is told instead."""
        found: list[_Told] = []
        problems: list[tuple[int, str]] = []
        for record in records:
            try:
                found.append(ask(record))
            except CallRefused as error:
                # A code of the table, or none, is about the call, whatever is asked; so is one that all meet.
                if error.code in CODES or not error.code or len(problems) + 1 == _ASKED_AT_ONCE:
                    raise
                name = next(str(cell) for cell in record.values() if cell)
                problems.append((0, f"{name}: {error}"))
        if problems:
            told = pd.DataFrame(problems, columns=["row", "message"])
            self.synced.add(kind, Loaded(added=0, changed=0, unchanged=0, problems=told))
        return found

    def _courses_of(self, group: _Record) -> reference.GroupCourses:
        return reference.group_courses(self._call, group["group_id"], group["name"])

    def _groups_of(self, user: _Record) -> pd.DataFrame:
        return reference.user_groups(self._call, user["email"], user["employee_number"])

    def _members_of(self, group: _Record) -> pd.DataFrame:
        return reference.group_members(self._call, group["group_id"], group["name"], self._settings.page_size)

    def _sessions_of(self, course: _Record) -> pd.DataFrame:
        form = self._settings.date_format
        return reference.sessions(self._call, course["course_id"], course["name"], date_format=form)

    def _known(self, kind: str, first: int) -> Iterator[tuple[int, list[_Record], bool]]:
        """What was stored of a kind, some at once, from batch `first` on; one empty batch where there is nothing."""
        with self._connection.begin():
            frame = load_references(self._connection).frame(kind)
        records: list[_Record] = []
        if frame is not None:
            records = frame.astype("object").where(frame.notna(), None).to_dict("records")  # type: ignore[assignment]
        records = [record for record in records if self._is_wanted(kind, record)]
        batches = [records[at : at + _ASKED_AT_ONCE] for at in range(0, len(records), _ASKED_AT_ONCE)] or [[]]
        for number, batch in islice(enumerate(batches, 1), first - 1, None):
            yield number, batch, number == len(batches)

    def _is_wanted(self, kind: str, record: _Record) -> bool:
        if self._sheets is None:
            return True
        if kind == "learners":
            keys = self._sheets.emails, self._sheets.employee_ids
            return record["email"] in keys[0] or record["employee_number"] in keys[1]
        return self._sheets.has_group(record) if kind == "groups" else self._sheets.has_course(record)


def _paged(kind: str, pages: Iterable[Page], first: int) -> Iterator[Read]:
    """The pages of a list, and an empty one at the end that says so: only then it is known which was the last."""
    number = first - 1
    for page in pages:
        number = page.number
        yield number, {kind: page.frame}, False
    yield number + 1, {}, True


def _put_together(kind: str, frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Frames of a kind as one, its rows numbered anew."""
    whole = pd.concat(frames, ignore_index=True) if frames else empty_reference(kind)
    return whole.assign(row=range(1, len(whole) + 1))
