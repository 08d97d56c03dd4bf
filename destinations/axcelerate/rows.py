"""What a row for aXcelerate is about and says, and what that is in aXcelerate's own IDs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self
from urllib.parse import quote, unquote

from rollbook.rows.activities import CLASS, LOCKED, UNIT, UNLOCKED

if TYPE_CHECKING:
    from ledger.remote.outbox import Delivery

MODULE = "module"
_ACCESS = {"true": UNLOCKED, "false": LOCKED}
OUTCOME, START, END, OVERRIDE = "outcome_code", "started_on", "ended_on", "access_override"


@dataclass(frozen=True)
class Subject:
    """A row. kind: one of rollbook.rows.activities, or MODULE. unit: its ID or code, or the ID of another instance.

    module: its enrolment's ID, or the module's name. said: field -> text, of those that are not blank: an outcome code,
    days as YYYY-MM-DD, an access override as `rollbook.rows.activities` has it.
    """

    kind: str
    contact: str
    class_id: str | None
    unit: str | None
    module: str | None
    enrol: str | None
    said: Mapping[str, str]

    def __str__(self) -> str:
        inside = f" of class {self.class_id}" if self.class_id else ""
        named = {
            UNIT: f"unit {self.unit}{inside}",
            CLASS: f"class {self.class_id}",
            MODULE: f"{'module enrolment' if (self.module or '').isdecimal() else 'module'} {self.module}{inside}",
        }
        return named.get(self.kind, f"{'workshop' if self.kind == 'w' else 'e-learning'} {self.unit}{inside}")


def named_module(contact: str, class_id: str, name: str) -> str:
    """A module by its name in a contact's class: without case, whatever spaces it is written with."""
    return f"{contact}/{class_id}/{' '.join(name.split()).casefold()}"


def subject_of(row: Delivery) -> Subject:
    """What the row is about, from the fields that it keeps of aXcelerate's."""
    told: dict[str, object] = json.loads(row.extra or "{}")
    texts = {name: _text(value) for name, value in told.items()}
    module = texts.get("module_enrolment_id")
    kind = MODULE if module else texts.get("activity_type") or UNIT
    names = (OVERRIDE if kind == MODULE else OUTCOME, START, END)
    return Subject(
        kind,
        texts.get("contact_id") or row.learner_employee_id,
        texts.get("class_id"),
        texts.get("unit_id"),
        module,
        texts.get("enrol_id"),
        {name: access(text) if name == OVERRIDE else text for name in names if (text := texts.get(name))},
    )


def access(text: str) -> str:
    """An access override in the words of `rollbook.rows.activities`; older rows and writes have `true` and `false`."""
    return _ACCESS.get(text, text)


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


class Address(NamedTuple):
    """An enrolment in aXcelerate's own IDs. kind: as a Subject's.

    ids: of a unit contact, class and unit; of a class contact and class; of a workshop or an e-learning contact and
    instance; of a module contact, class, enrolment and module enrolment.
    """

    kind: str
    ids: tuple[str, ...]

    @property
    def key(self) -> str:
        """The address as one text, by which what is written to it is recorded."""
        return ":".join((self.kind, *(quote(one, safe="") for one in self.ids)))

    @classmethod
    def of(cls, key: str) -> Self:
        """The address that a key is of."""
        kind, *ids = key.split(":")
        return cls(kind, tuple(map(unquote, ids)))

    @property
    def contact(self) -> str:
        """Whose enrolment it is."""
        return self.ids[0]

    def __str__(self) -> str:
        names = {
            UNIT: "contact {}, class {}, unit {}",
            CLASS: "contact {}, class {}",
            MODULE: "contact {0}, module enrolment {3}",
        }
        return names.get(self.kind, "contact {}, instance {}").format(*self.ids)
