"""The texts of a run that are not understood, though each may mean something, and what each could mean."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, or_, select

from ledger.tables import rollbook_failures, rollbook_parts
from rollbook.rows.fields import FIELDS
from rollbook.rows.statuses import STATUSES

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from validators.context import References

# Beside `….unknown`: a name that several learners have.
_AMBIGUOUS = "learner.ambiguous"
# Another address or number is another learner: no text stands for it.
_NO_WORDS = frozenset({"learner_email", "learner_employee_id"})
_ACCESS = ("unlocked", "locked", "clear")


@dataclass(frozen=True)
class UnknownText:
    """A text that is not understood. code: the rule; rows: in so many rows; why: what was said of one of them."""

    code: str
    field: str
    text: str
    rows: int
    why: str


def unknown_texts(
    ledger: Connection, run_id: str, field: str | None = None, files: Collection[int] | None = None
) -> list[UnknownText]:
    """The distinct texts, field by field in the order of the fields, those of the most rows first.

    field: only of this one. files: only of the files with these numbers.
    """
    c, parts = rollbook_failures.c, rollbook_parts.c
    query = (
        select(parts.file_no, c.field, c.value, func.count(), func.min(c.code), func.min(c.message))
        .join(rollbook_parts, and_(parts.run_id == c.run_id, parts.part_id == c.part_id))
        .where(c.run_id == run_id, or_(c.code.like("%.unknown"), c.code == _AMBIGUOUS), c.value.is_not(None))
        .group_by(parts.file_no, c.field, c.value)
    )
    wanted = [name for name in FIELDS if name not in _NO_WORDS and field in (None, name)]
    found: dict[tuple[str, str], UnknownText] = {}
    for file_no, name, text, rows, code, why in ledger.execute(query).tuples():
        if name in wanted and (files is None or file_no in files):
            before = found.get((name, text))
            found[name, text] = UnknownText(code, name, text, rows + (before.rows if before else 0), why)
    return sorted(found.values(), key=lambda one: (wanted.index(one.field), -one.rows, one.text))


def known_texts(known: References) -> dict[str, list[str]]:
    """Field -> what is certainly understood there."""
    loaded = (
        ("course_name", known.courses, "name"),
        ("course_id", known.courses, "course_id"),
        ("group_name", known.groups, "name"),
        ("learner_name", known.learners, "name"),
    )
    found = {"status": list(STATUSES), "access_override": list(_ACCESS)}
    for field, frame, column in loaded:
        if frame is not None and column in frame.columns:
            # A name that several have stands for nobody.
            names = frame[column].dropna()
            found[field] = sorted(names[~names.duplicated(keep=False)] if field == "learner_name" else names.unique())
    return found
