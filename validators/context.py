"""What a row is judged against: the destination, the day, the reference data."""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal

import pandas as pd

from rollbook.profile import Reference
from validators.groups import AssignmentIndex, MemberIndex, NamedIndex
from validators.learners import LearnerIndex
from validators.outcome_codes import NATIONAL_OUTCOMES
from validators.rules import ENROLLING, System, system_of
from validators.sessions import SessionIndex

Created = Literal["learners", "groups", "courses", "sessions"]

# The columns of each kind of reference data, by the name that `rollbook reference load` gives it; all are `str` but
# session_date (datetime64[s]) and max_participants (Int64).
REFERENCE_COLUMNS: dict[str, tuple[str, ...]] = {
    "learners": ("email", "employee_number", "name"),
    "groups": ("group_id", "name"),
    "memberships": ("group_id", "group_name", "email", "employee_number"),
    "courses": ("course_id", "name"),
    "group-courses": ("group_id", "group_name", "course_id"),
    "sessions": (
        "session_id",
        "course_id",
        "course_name",
        "session_date",
        "session_start",
        "grade_type",
        "max_participants",
        "status",
    ),
}
_DTYPES = {"session_date": "datetime64[s]", "max_participants": "Int64"}


def empty_reference(kind: str) -> pd.DataFrame:
    """No lines of a kind of reference data, with its columns and dtypes."""
    return pd.DataFrame({name: pd.Series([], dtype=_DTYPES.get(name, "str")) for name in REFERENCE_COLUMNS[kind]})


@dataclass(frozen=True, eq=False)
class References:
    """The reference data, a frame a kind (REFERENCE_COLUMNS), text normalised as in canonical rows; None: not loaded.

    Look-ups are built when first asked for and kept.
    """

    learners: pd.DataFrame | None = None
    groups: pd.DataFrame | None = None
    memberships: pd.DataFrame | None = None
    courses: pd.DataFrame | None = None
    group_courses: pd.DataFrame | None = None
    sessions: pd.DataFrame | None = None

    def frame(self, kind: str) -> pd.DataFrame | None:
        """The frame of a kind, by its name on the command line."""
        frame: pd.DataFrame | None = getattr(self, kind.replace("-", "_"))
        return frame


@dataclass(frozen=True, eq=False)
class Context:
    """What the rules need to know beside the rows.

    destination: as `--to` names it (`smarteru-xml` is judged as `smarteru`).
    today: the day of the run's start; oldest: an earlier date is `date.too_old`.
    reference: the profile's `[reference]`; references: what is loaded.
    outcome_codes: those that aXcelerate takes.
    """

    destination: str
    today: date
    oldest: date = date(1950, 1, 1)
    reference: Reference = field(default_factory=Reference)
    references: References = field(default_factory=References)
    outcome_codes: frozenset[str] = frozenset(NATIONAL_OUTCOMES)

    @property
    def system(self) -> System:
        """The system whose rules apply."""
        return system_of(self.destination)

    def requires(self, kind: Created) -> bool:
        """Whether what the loaded data do not hold is rejected: by the profile, else as soon as the kind is loaded.

        Only the database can create; elsewhere what is loaded is required.
        """
        mode = getattr(self.reference, kind)
        return mode == "require" or (self.is_checked(kind) and (mode is None or self.system != "database"))

    def is_checked(self, kind: str) -> bool:
        """Whether the rules that need this kind are checked: it is loaded, or the profile insists on it."""
        return self.references.frame(kind) is not None or getattr(self.reference, kind, None) == "require"

    def frame(self, kind: str) -> pd.DataFrame:
        """The reference data of a kind; no lines where the profile requires it and nothing is loaded."""
        loaded = self.references.frame(kind)
        return empty_reference(kind) if loaded is None else loaded

    @cached_property
    def learners(self) -> LearnerIndex | None:
        """The learners to look up, None where they are not checked; so with the kinds below."""
        return LearnerIndex(self.frame("learners")) if self.is_checked("learners") else None

    @cached_property
    def groups(self) -> NamedIndex | None:
        """Groups by ID and name."""
        frame = self.frame("groups")
        return NamedIndex(frame["group_id"], frame["name"]) if self.is_checked("groups") else None

    @cached_property
    def members(self) -> MemberIndex | None:
        """Who is in which group."""
        return MemberIndex(self.frame("memberships")) if self.is_checked("memberships") else None

    @cached_property
    def courses(self) -> NamedIndex | None:
        """Courses by ID and name."""
        frame = self.frame("courses")
        return NamedIndex(frame["course_id"], frame["name"]) if self.is_checked("courses") else None

    @cached_property
    def assignments(self) -> AssignmentIndex | None:
        """Which course is assigned to which group."""
        return AssignmentIndex(self.frame("group-courses")) if self.is_checked("group-courses") else None

    @cached_property
    def sessions(self) -> SessionIndex | None:
        """Sessions by ID and by course, date and start time."""
        return SessionIndex(self.frame("sessions")) if self.is_checked("sessions") else None


def not_checked(context: Context) -> list[str]:
    """The kinds of reference data whose rules were not checked, as `rollbook reference load` names them."""
    if context.system not in ENROLLING:
        return []
    return [kind for kind in REFERENCE_COLUMNS if not context.is_checked(kind)]
