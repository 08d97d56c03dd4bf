"""A contact's enrolments as aXcelerate lists them: classes with their units, workshops and e-learnings inside."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from destinations.axcelerate.answers import day_of, is_refusal, plain, text_of, words_of
from destinations.axcelerate.rows import END, OUTCOME, START
from destinations.http.json_client import JsonApi, NotAnswered
from rollbook.rows.activities import CLASS, UNIT

SYSTEM = "aXcelerate"
PATH = "/course/enrolments"
_CONTACT_KEYS = ("contactid", "contact")
_READINGS = 3
_NOT_FOUND = 404


class Ask(NamedTuple):
    """A list of enrolments: those of a contact in one class, workshop or e-learning (kind as rollbook.rows.activities).

    contact: blank for everybody's.
    """

    kind: str
    contact: str
    instance: str


@dataclass(frozen=True)
class Enrolment:
    """One enrolment. id: of a unit what is written to. codes: those that it bears, without case.

    contact: whose it is, where that is shown. held: outcome_code, started_on, ended_on; brought up to date by whoever
    writes it.
    """

    kind: str
    id: str | None
    instance: str | None
    codes: frozenset[str]
    held: dict[str, str | None]
    inside: tuple["Enrolment", ...] = ()
    contact: str | None = None

    def all(self) -> Iterator["Enrolment"]:
        """It, and what is inside of it at any depth."""
        yield self
        for activity in self.inside:
            yield from activity.all()


@dataclass(frozen=True)
class Listed:
    """What a list holds. refusal: aXcelerate's words (not scrubbed) where it gave none."""

    enrolments: tuple[Enrolment, ...] = ()
    refusal: str | None = None

    def units(self) -> list[Enrolment]:
        """All units."""
        return [one for top in self.enrolments for one in top.all() if one.kind == UNIT]

    def instances(self, kind: str, instance: str) -> list[Enrolment]:
        """All enrolments of a kind in one instance, at any depth."""
        return [
            one for top in self.enrolments for one in top.all() if one.kind == kind and one.instance == instance
        ]  # fmt: skip


@dataclass
class _Reading:
    records: dict[str, Any] = field(default_factory=dict)
    is_shifted: bool = False
    refusal: str | None = None


class Enrolments:
    """Reads lists, from many threads at once. page_size: records that are asked for at a time."""

    def __init__(self, api: JsonApi, page_size: int) -> None:
        self._api, self._page_size = api, page_size
        # The longest page so far. A system may have a limit of its own; so many records are within it.
        self._longest = 2

    def read(self, ask: Ask) -> Listed:
        """The list, whole: where it moved while its pages were read, it is read again, at most three times.

        A contact or class that is not known is enrolled in nothing. Raises what JsonApi.read raises.
        """
        merged: dict[str, Any] = {}
        for _ in range(_READINGS):
            reading = self._read_once(ask)
            if reading.refusal is not None:
                return Listed(refusal=reading.refusal)
            if not reading.is_shifted:
                return _listed(reading.records.values(), ask)
            merged |= reading.records
        return _listed(merged.values(), ask)

    def read_class(self, class_id: str) -> dict[str, Listed]:
        """Contact -> the list that `read` gives of it in this class, of all that a list of everybody shows.

        No document promises such a list: where it is refused, or does not show whose an enrolment is, nobody is in it.
        Raises what JsonApi.read raises.
        """
        by_contact: dict[str | None, list[Enrolment]] = {}
        for one in self.read(Ask(CLASS, "", class_id)).enrolments:
            by_contact.setdefault(one.contact, []).append(one)
        if None in by_contact:
            return {}
        return {contact: Listed(tuple(found)) for contact, found in by_contact.items() if contact}

    def _read_once(self, ask: Ask) -> _Reading:
        reading, offset = _Reading(), 0
        while True:
            page = self._page(ask, offset, reading)
            new = {name: record for record in page if (name := _name(record)) not in reading.records}
            reading.is_shifted = reading.is_shifted or len(new) < len(page)
            reading.records |= new
            offset += len(page)
            within = min(self._page_size, self._longest)
            self._longest = max(self._longest, len(page))
            # A server that knows no offset gives the same page for ever.
            if len(page) < within or not new:
                return reading

    def _page(self, ask: Ask, offset: int, reading: _Reading) -> list[Any]:
        query: dict[str, str | int] = {
            **({"contactID": ask.contact} if ask.contact else {}),
            "instanceID": ask.instance,
            "type": ask.kind,
            "offset": offset,
            "limit": self._page_size,
        }
        status, content = self._api.read("GET", PATH, query=query)
        if is_refusal(status):
            reading.refusal = None if status == _NOT_FOUND else words_of(content)
            return []
        if content is not None and not isinstance(content, list):
            raise NotAnswered(SYSTEM, "a list of enrolments was asked for, and something else came", doubtful=False)
        return content or []


def _name(record: Any) -> str:
    """What tells a record of a list from the others."""
    fields = plain(record)
    number = text_of(fields.get("id"))
    return f"{_first(fields, *_CONTACT_KEYS)}/{number}" if number else json.dumps(record, sort_keys=True)


def _listed(records: Any, ask: Ask) -> Listed:
    """What was asked for: the system is not trusted to have narrowed the list."""
    found = [
        _enrolment(record, ask.kind)
        for record in map(plain, records)
        if not ask.contact or _first(record, *_CONTACT_KEYS) in (None, ask.contact)
    ]
    return Listed(tuple(one for one in found if (one.kind, one.instance) == (ask.kind, ask.instance)))


def _enrolment(record: dict[str, Any], kind: str = "") -> Enrolment:
    inside = record.get("activities")
    codes = frozenset(text.casefold() for name in filter(_is_code, record) if (text := text_of(record[name])))
    held = {
        OUTCOME: text_of(record.get("outcomecode")),
        START: day_of(record.get("startdate")),
        END: day_of(record.get("finishdate", record.get("enddate"))),
    }
    return Enrolment(
        (text_of(record.get("type")) or kind).casefold(),
        text_of(record.get("id")),
        text_of(record.get("instanceid")),
        codes,
        held,
        tuple(_enrolment(plain(one)) for one in inside) if isinstance(inside, list) else (),
        _first(record, *_CONTACT_KEYS),
    )


def _is_code(name: str) -> bool:
    """Whether the national code of a unit may stand there: where it does is not documented. No other code is alike."""
    return name.endswith("code") and name != "outcomecode"


def _first(record: dict[str, Any], *names: str) -> str | None:
    return next((text for name in names if (text := text_of(record.get(name)))), None)
