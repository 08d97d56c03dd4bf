"""Moon ERP's answers as they are read: lists page by page, and refusals in words."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, NamedTuple

from destinations.http.json_client import Answer, JsonApi, NotAnswered
from destinations.moon.codes import FIELDS
from rollbook.errors import Stopped

SYSTEM = "Moon ERP"
EMPLOYEES, SESSIONS, ENROLLMENTS = "/hr/employees", "/hr/training-sessions", "/hr/training-enrollments"
Record = Mapping[str, Any]
# How often a list is read whose pages shift while they are read.
MOST_READINGS = 3


class RequestRefused(Exception):
    """Moon ERP does not do what it was asked, for reasons of this very request; the text says which."""


class ListTooLong(Exception):
    """A list has more pages than were asked for. pages: how many; None: it does not say."""

    def __init__(self, pages: int | None) -> None:
        super().__init__(pages)
        self.pages = pages


class ListPage(NamedTuple):
    """A page of a list. number: from 1. of: how many pages there are, total: how many rows; None: it does not say."""

    rows: list[Record]
    number: int
    of: int | None
    total: int | None


def read_list(
    api: JsonApi, path: str, query: Mapping[str, str | int], page_size: int, most_pages: int | None = None
) -> list[Record]:
    """All rows of a list, each once; as a whole list where its pages did not shift, else put together.

    Raises RequestRefused, Stopped where there is no such list, and ListTooLong where it has more pages than
    `most_pages`, or does not say how many.
    """
    every: dict[str, Record] = {}
    for _ in range(MOST_READINGS):
        watch = Shifts()
        found: dict[str, Record] = {}
        for page in read_pages(api, path, query, page_size):
            if most_pages is not None and (page.of is None or page.of > most_pages):
                raise ListTooLong(page.of)
            found |= {row_id(row): row for row in watch.seen(page)}
        if watch.are_none():
            return list(found.values())
        every |= found
    return list(every.values())


def read_pages(api: JsonApi, path: str, query: Mapping[str, str | int], page_size: int) -> Iterator[ListPage]:
    """Page after page of a list; see `read_list`."""
    number, before = 1, None
    while True:
        answer = api.read("GET", path, query={**query, "page": number, "per_page": page_size})
        page = _page(api, path, answer, number)
        ids = [row_id(row) for row in page.rows]
        # A server that knows no pages gives the same one for ever.
        if number > 1 and (not ids or ids == before):
            return
        yield page
        if not ids or (page.of is not None and number >= page.of):
            return
        number, before = number + 1, ids


class Shifts:
    """Whether a list changed while its pages were read, so that rows came twice or were passed over."""

    def __init__(self) -> None:
        self._totals: set[int | None] = set()
        self._ids: set[str] = set()

    def seen(self, page: ListPage) -> list[Record]:
        """Take note of a page, and give its rows."""
        self._totals.add(page.total)
        self._ids.update(map(row_id, page.rows))
        return page.rows

    def are_none(self) -> bool:
        """After the last page: there was one total, and as many rows; where none was told, nothing can be said."""
        return self._totals <= {None} or self._totals == {len(self._ids)}


def row_id(row: Record) -> str:
    """What tells a row of a list from the others."""
    return str(row.get("id"))


def words(api: JsonApi, answer: Answer) -> str:
    """What a refusal says: the status, the message, and Rollbook's names of the fields that are wrong."""
    content = answer.content if isinstance(answer.content, dict) else {}
    errors = content.get("errors")
    wrong = [
        f"{FIELDS[name][0] if name in FIELDS else name}: {_first(texts)}"
        for name, texts in (errors.items() if isinstance(errors, dict) else ())
    ]
    told = " ".join(filter(None, (_text(content.get("message")), f"({'; '.join(wrong)})" if wrong else "")))
    return api.scrub(f"HTTP status {answer.status}: {told}" if told else f"HTTP status {answer.status}")


def wrong_fields(answer: Answer) -> set[str]:
    """Moon ERP's names of the fields that a refusal finds fault with."""
    errors = answer.content.get("errors") if isinstance(answer.content, dict) else None
    return set(errors) if isinstance(errors, dict) else set()


def demand_list(api: JsonApi, path: str) -> None:
    """Raises Stopped unless there is such a list: a wrong URL must not pass for records that are unknown."""
    with suppress(RequestRefused):  # it is there, if only to refuse
        _rows(api, path, api.read("GET", path, query={"page": 1, "per_page": 1}))


def _page(api: JsonApi, path: str, answer: Answer, number: int) -> ListPage:
    rows = _rows(api, path, answer)
    meta = answer.content.get("meta")
    told = meta if isinstance(meta, dict) else {}
    return ListPage(rows, number, _number(told.get("last_page")), _number(told.get("total")))


def _rows(api: JsonApi, path: str, answer: Answer) -> list[Record]:
    if answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        told = f"{SYSTEM} has no {path} at its URL ({words(api, answer)})."
        raise Stopped(f"{told} Correct ROLLBOOK_MOON_URL or `url` under [moon]; then continue with `rollbook resume`.")
    if answer.status != HTTPStatus.OK:
        raise RequestRefused(words(api, answer))
    rows = answer.content.get("data") if isinstance(answer.content, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) and "id" in row for row in rows):
        raise NotAnswered(SYSTEM, f"the list {path} has another form than is known", doubtful=False)
    return rows


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _first(texts: object) -> str:
    return _text(texts[0] if isinstance(texts, list) and texts else texts)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
