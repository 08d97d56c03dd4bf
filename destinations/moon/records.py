"""Enrollments as Moon ERP shows them and as rows say them, and where the two differ.

What is compared and recorded are texts: `true` or `false`, a score without needless zeros; a blank is None.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from destinations.moon.codes import FIELDS as OURS
from ledger.remote.outbox import Delivery
from rollbook.rows.statuses import ATTENDED, CANCELLED, COMPLETED, ENROLLED, NO_SHOW

CONTENT = ("status", "attendance_confirmed", "score", "feedback")
# A row may say that they are to be blank.
EMPTIED = ("score", "feedback")
Id = int | str
# Decimal text comes with two places; whether a third is rounded up or down is Moon ERP's business.
_SAME_SCORE = Decimal("0.005")
_SHOWN = 80
_YES_NO = {"true": "true", "1": "true", "false": "false", "0": "false"}
_CONFIRMED = {ATTENDED: "true", COMPLETED: "true", NO_SHOW: "false"}


class Pair(NamedTuple):
    """An employee in a session, by Moon ERP's IDs."""

    session: Id
    employee: Id

    @property
    def key(self) -> str:
        """The two as JSON: whether IDs are numbers or texts is Moon ERP's choice."""
        return f"{json.dumps(self.session)}:{json.dumps(self.employee)}"


def pair_of(key: str) -> Pair:
    """The pair of a key."""
    session, end = json.JSONDecoder().raw_decode(key)
    return Pair(session, json.loads(key[end + 1 :]))


def id_of(record: Mapping[str, Any], name: str = "id") -> Id | None:
    """An ID in a record; None where it holds none."""
    found = record.get(name)
    return found if isinstance(found, int | str) and not isinstance(found, bool) and found != "" else None


@dataclass(frozen=True)
class Held:
    """An enrollment that exists. id: as text. fields: of CONTENT, as shown. enrolled_at: as shown, '' where blank."""

    id: str
    fields: Mapping[str, Any]
    enrolled_at: str = ""

    @property
    def is_bare(self) -> bool:
        """Whether nothing is known but the enrollment itself: as a POST leaves it."""
        return self.text("status") == ENROLLED and self.text("score") is None and self.text("feedback") is None

    @property
    def takes_seat(self) -> bool:
        """Whether it holds a seat of its session."""
        return self.text("status") != CANCELLED

    def text(self, name: str) -> str | None:
        """A field as text; None where it is blank."""
        value = self.fields.get(name)
        if value is None or value == "":
            return None
        if name == "attendance_confirmed":
            text = str(value).casefold()
            return _YES_NO.get(text, text)
        return score_text(value) if name == "score" else str(value)


def held_of(record: Mapping[str, Any]) -> Held | None:
    """The enrollment that a record shows; None where it shows none."""
    number = id_of(record)
    if number is None or not isinstance(record.get("status"), str):
        return None
    return Held(str(number), {name: record.get(name) for name in CONTENT}, str(record.get("enrolled_at") or ""))


def score_text(value: object) -> str:
    """A score as plain text: `92.5` of 92.5 and of "92.50"; what is no number as it is."""
    number = _decimal(str(value))
    return str(value) if number is None else f"{number.normalize():f}"


def said(row: Delivery) -> dict[str, str]:
    """What a row says of an enrollment; a field that it does not say is left out, one that is to be blank is ''.

    Who attended or completed did attend, and who did not show up did not, unless the row says so itself.
    """
    confirmed = row.attendance_confirmed
    texts = {
        "status": row.status,
        "attendance_confirmed": _CONFIRMED.get(row.status or "") if confirmed is None else str(bool(confirmed)).lower(),
        "score": _score_said(row),
        "feedback": row.feedback,
    }
    return {name: text for name, text in texts.items() if text or (text == "" and name in EMPTIED)}


def _score_said(row: Delivery) -> str | None:
    if row.score is None or not math.isfinite(row.score):
        return "" if row.grade == "" else None
    return score_text(row.score)


def differing(held: Held, wanted: Mapping[str, str | None]) -> list[str]:
    """The fields that hold something else than what is wanted (None or '': a blank)."""
    return [name for name, text in wanted.items() if not _is_same(name, held.text(name), text or None)]


def body(held: Held, wanted: Mapping[str, str | None]) -> dict[str, Any]:
    """What a PUT sends: all fields, for it is not documented what becomes of those that are left out."""
    fields = {**held.fields, **{name: _value(name, text) for name, text in wanted.items()}}
    # What must be yes or no cannot be sent as neither; if it is neither there, it is left out.
    return {name: value for name, value in fields.items() if name in wanted or value is not None or name != CONTENT[1]}


def describe_differences(held: Held, wanted: Mapping[str, str | None]) -> str:
    """Where the two differ, for people: `status is completed there, attended here; …`."""
    clauses = (
        f"{OURS[name][0]} is {_shown(held.text(name))} there, {_shown(wanted[name])} here"
        for name in differing(held, wanted)
    )
    return "; ".join(clauses)


def _shown(text: str | None) -> str:
    return {"true": "yes", "false": "no"}.get(text or "", (text or "blank")[:_SHOWN])


def _is_same(name: str, one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return one is other
    if name == "score":
        first, second = _decimal(one), _decimal(other)
        if first is not None and second is not None:
            return abs(first - second) <= _SAME_SCORE
    return _plain(one) == _plain(other)


def _plain(text: str) -> str:
    """As Moon ERP keeps it: line ends are one character, and leading and trailing spaces are removed."""
    return text.replace("\r\n", "\n").strip()


def _value(name: str, text: str | None) -> Any:
    if not text:
        return None
    if name == "attendance_confirmed":
        return text == "true"
    number = _decimal(text) if name == "score" else None
    return text if number is None else int(number) if number == number.to_integral_value() else float(number)


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < 10**9 else None
