"""The fields of a request to the aXcelerate of the tests, read as strictly as is known."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast, get_args
from urllib.parse import parse_qsl

from tests.servers.axcelerate_answers import Refused, Style
from tests.servers.axcelerate_state import Kind

_ID = re.compile(r"[0-9]{1,18}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Request:
    """What arrived. path: without its query. headers: with names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def fields_of(request: Request, known: Iterable[str], style: Style) -> dict[str, str]:
    """What counts of a request: the query of a GET, the form of a POST and a PUT; any other body is as good as none.

    Names come as they are documented (`known`), where their case does not count; a name that is not known stays.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    form = request.body.decode(errors="replace") if content_type == _FORM else ""
    found = parse_qsl(request.query if request.method == "GET" else form, keep_blank_values=True)
    documented = {name.lower(): name for name in known} if style.names == "any_case" else {}
    return {documented.get(name.lower(), name): text for name, text in found}


@dataclass(frozen=True)
class Asked:
    """The fields of a request, which are read strictly; each method raises Refused."""

    fields: dict[str, str]

    def needed(self, name: str) -> str:
        """A field that must stand there with something in it."""
        text = self.fields.get(name, "")
        if not text:
            raise Refused(412, f"The {name} field is required")
        return text

    def id(self, name: str) -> int:
        """An ID that must stand there."""
        return whole(name, self.needed(name))

    def optional_id(self, name: str) -> int | None:
        """An ID, None where the field is missing or empty."""
        return self.id(name) if self.fields.get(name) else None

    def kind(self, default: str = "") -> Kind:
        """The type of enrolment."""
        text = self.fields.get("type") or default
        if text not in get_args(Kind):
            raise Refused(412, "The type field must be one of s, w, p, el")
        return cast("Kind", text)


def day(name: str, text: str) -> date:
    """YYYY-MM-DD and nothing else; raises Refused."""
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise Refused(412, f"The {name} field must be a date as YYYY-MM-DD")


def whole(name: str, text: str) -> int:
    """An ID or a number; raises Refused."""
    if not _ID.fullmatch(text):
        raise Refused(412, f"The {name} field must be a whole number")
    return int(text)
