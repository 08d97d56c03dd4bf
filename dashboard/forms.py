"""What browsers send: filters in addresses, and forms, read with bounds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request

from dashboard.access.security import BODY_BYTES
from ledger.browse.cases import SORTS, Filter, Sort
from pipeline.repairs.requests import Cells, Seen, seen_as
from rollbook.errors import CannotBegin
from rollbook.text.days import typed_day

STATES = ("open", "waiting", "fixed", "ignored", "all")
# As addresses write it: a minus where the last comes first.
DEFAULT_SORT = "-case"
SORTED = tuple(f"{sign}{name}" for name in SORTS for sign in ("-", ""))
# The largest number that a database knows.
MOST = 2**63 - 1
_MOST_FIELDS = 20_000
_MOST_CHARACTERS = 1024


class TooLarge(CannotBegin):
    """The form is larger than any of ours."""


@dataclass(frozen=True)
class Form:
    """A form that was sent: its fields in order, a name as often as it was sent."""

    pairs: tuple[tuple[str, str], ...]

    def one(self, name: str, default: str = "") -> str:
        """The last value of a field."""
        return next((value for key, value in reversed(self.pairs) if key == name), default)

    def each(self, name: str) -> list[str]:
        """All values of a field."""
        return [value for key, value in self.pairs if key == name]

    def numbers(self, name: str) -> list[int]:
        """Those values of a field that are numbers, each once."""
        found = [number_of(text) for text in self.each(name)]
        return [number for number in dict.fromkeys(found) if number is not None]

    def beginning(self, prefix: str) -> dict[str, str]:
        """What follows the prefix in a field's name -> its value."""
        return {key.removeprefix(prefix): value for key, value in self.pairs if key.startswith(prefix)}


async def read_form(request: Request) -> Form:
    """The form in a request's body; raises TooLarge, and nothing for what is not UTF-8."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES:
            raise TooLarge(f"The form is larger than {BODY_BYTES // 2**20} MiB. Select fewer rows.")
    text = bytes(body).decode("utf-8", "replace")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise TooLarge(f"The form has more than {_MOST_FIELDS:,} fields. Select fewer rows.") from None
    return Form(tuple((name, plain(value.replace("\r\n", "\n"))) for name, value in pairs))


def reason_of(form: Form) -> str:
    """Why rows are ignored; raises CannotBegin where the form does not say."""
    reason = form.one("reason").strip()
    if not reason:
        raise CannotBegin("Go back and enter a reason for ignoring these rows.")
    return reason[:1000]


def edited_cells(sent: Cells, seen: Seen) -> Cells:
    """The cells that were sent as they had not been shown; those of which nobody says how they were shown are left out.

    A typed date is shown as its day.
    """
    return {
        letter: text
        for letter, text in sent.items()
        if letter in seen and seen[letter] not in (seen_as(text), seen_as(typed_day(text)))
    }


def seen_in(text: str) -> dict[str, str]:
    """What a form says of how a row's cells were shown; nothing if it is not a Rollbook form."""
    try:
        seen = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return {str(letter): str(told) for letter, told in seen.items()} if isinstance(seen, dict) else {}


def plain(text: str) -> str:
    """Text without NUL, which not every database takes."""
    return text.replace("\0", "\ufffd")


@dataclass(frozen=True)
class Look:
    """How the list of failed rows is looked at: what is filtered, sorted by what, and on which page."""

    filter: Filter
    sort: str = DEFAULT_SORT
    after: str | None = None
    before: str | None = None

    @property
    def state(self) -> str:
        """The state that is filtered, as the form names it."""
        return self.filter.state or "all"

    @property
    def order(self) -> Sort:
        """The sort as the ledger takes it."""
        return Sort(self.sort.removeprefix("-"), self.sort.startswith("-"))

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the state is filtered."""
        return replace(self.filter, state=None) != Filter(state=None)

    def query(self, **changes: Any) -> str:
        """The address's query of this list, at its first page, with some of its terms changed (None: left out)."""
        terms: dict[str, Any] = {field.name: getattr(self.filter, field.name) for field in fields(Filter)}
        terms |= {"state": self.state, "sort": self.sort} | changes
        usual = {"state": "open", "sort": DEFAULT_SORT}
        return urlencode({name: text for name, text in terms.items() if text not in (None, "", usual.get(name))})

    def hidden(self) -> dict[str, str]:
        """The same as fields of a form."""
        return dict(parse_qsl(self.query()))


def look_of(query: Mapping[str, str]) -> Look:
    """What an address's query asks for; what it cannot mean is left out."""
    given = {name: plain(text.strip()[:_MOST_CHARACTERS]) or None for name, text in query.items()}
    state = given.get("state")
    names = [field.name for field in fields(Filter) if field.name not in ("state", "group")]
    terms: dict[str, Any] = {name: given.get(name) for name in names} | {"group": number_of(given.get("group"))}
    chosen = Filter(**terms, state=None if state == "all" else state if state in STATES else "open")
    sort = given.get("sort")
    return Look(
        chosen, sort if sort is not None and sort in SORTED else DEFAULT_SORT, given.get("after"), given.get("before")
    )


def number_of(text: str | None) -> int | None:
    """A number of ours; None where the text is none, or larger than a database knows."""
    is_number = text is not None and text.isascii() and text.isdigit() and len(text) < 20
    return int(text) if is_number and text is not None and int(text) <= MOST else None


def look_of_text(query: str) -> Look:
    """The same, of a query's text."""
    return look_of(dict(parse_qsl(query)))
