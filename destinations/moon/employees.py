"""Which employee of Moon ERP a row is about: by number, else by e-mail, and never by guess."""

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

from destinations.http.json_client import JsonApi
from destinations.moon import codes
from destinations.moon.answers import EMPLOYEES, ListTooLong, Record, RequestRefused, read_list
from destinations.moon.records import Id, id_of
from destinations.row_target import Each, Known, RowVerdict
from ledger.remote.outbox import Delivery
from rollbook.rows.outcomes import FAILED
from transforms.values.normalize import address

# The kinds of what `Known` knows. BOTH: a number and an e-mail that are one employee's; see `_both`.
NUMBER, EMAIL, BOTH = "employee", "email", "employee+email"
Name = tuple[str, str]
_TWO = "the e-mail and the employee number belong to different employees"


class People:
    """Employees by the numbers and e-mails of rows: all are listed at once where that takes fewer requests.

    Else each is searched for, once a run at most; so is who is not found in the list, or more than once.
    """

    def __init__(self, api: JsonApi, page_size: int) -> None:
        self._api, self._page_size = api, page_size
        self._known = Known()
        self._ids: dict[Name, str] = {}
        self._searched: dict[Name, RowVerdict | None] = {}
        self._emails: dict[str, str] = {}
        self._shows_emails: bool | None = None
        self._everyone: dict[Name, set[str]] | None = None
        self._pages: float = 0  # the list has so many at least

    def learn(self, rows: Sequence[Delivery], known: Known, each: Each[Any]) -> None:
        """Find those of the rows that are not known yet."""
        self._known = known
        # What was found is kept by the caller; here only what a batch needs.
        self._ids, self._emails = dict(known.ids), {}
        self._searched = {name: failed for name, failed in self._searched.items() if failed}
        by_name = self._missing(name for row in rows for name in names([row])[:1])
        compared = [row for row in rows if _has_both(row) and _both(row) not in self._ids]
        self._look_into_list(by_name, compared)
        each(self._search, self._missing(by_name))
        each(self._search, self._emails_to_search(compared))
        for row in compared:
            found = self._ids.get((NUMBER, row.learner_employee_id))
            if found is not None and self._emails.get(found) == address(row.learner_email):
                self._keep(_both(row), found)

    def of(self, row: Delivery) -> Id | RowVerdict:
        """Moon ERP's ID of the row's employee, or why there is none."""
        number, email = row.learner_employee_id, row.learner_email
        name = (NUMBER, number) if number else (EMAIL, email)
        found = self._ids.get(name)
        if found is None:
            why = self._searched.get(name) or _failed(codes.EMPLOYEE_UNKNOWN, "the row names no employee")
            return why._replace(field=_FIELD[name[0]])
        other = self._ids.get((EMAIL, email)) if number and email else None
        if other is not None and other != found:
            return _failed(codes.EMPLOYEE_AMBIGUOUS, _TWO)
        known: Id = json.loads(found)
        return known

    def doubt(self, row: Delivery) -> None:
        """Moon ERP refuses the row's employee: an ID that was not searched for in this run may be outdated."""
        for name in names([row]):
            if name not in self._searched and name in self._ids:
                self._known.gone.add(name)

    def _look_into_list(self, by_name: Sequence[Name], compared: Sequence[Delivery]) -> None:
        """Find who is there exactly once.

        by_name: who would be searched for else. compared: rows whose e-mail may be another's than their number.
        """
        if not by_name:
            self._see_whether_emails_are_shown(compared)
        emails = [] if self._shows_emails is False else self._missing((EMAIL, row.learner_email) for row in compared)
        searches = len(by_name) or len(emails)
        if self._everyone is None and searches > 1 and searches >= self._pages:
            self._read_everyone(searches)
        for kind, code in (*by_name, *emails):
            found = (self._everyone or {}).get((kind, code if kind == NUMBER else address(code)), set())
            if len(found) == 1:
                self._keep((kind, code), next(iter(found)))
                self._searched[kind, code] = None

    def _read_everyone(self, most_pages: int) -> None:
        try:
            rows = read_list(self._api, EMPLOYEES, {}, self._page_size, most_pages)
        except ListTooLong as long:
            self._pages = math.inf if long.pages is None else long.pages
        except RequestRefused:
            self._pages = math.inf
        else:
            self._everyone = {}
            self._note(rows)
            for row in rows:
                for name in _names_of(row):
                    self._everyone.setdefault(name, set()).add(json.dumps(id_of(row)))

    def _emails_to_search(self, compared: Sequence[Delivery]) -> list[Name]:
        """Those that may be another employee's; where all employees were read, none of them is."""
        asked = self._missing((EMAIL, row.learner_email) for row in compared if not self._agrees(row))
        if not asked or self._everyone is not None:
            return []
        self._see_whether_emails_are_shown(compared)
        return [] if self._shows_emails is False else asked

    def _see_whether_emails_are_shown(self, compared: Sequence[Delivery]) -> None:
        """One look at an employee tells it: else each row's e-mail would be asked for in vain."""
        known = next((row for row in compared if (NUMBER, row.learner_employee_id) in self._ids), None)
        if known and self._shows_emails is None:
            self._search((NUMBER, known.learner_employee_id))

    def _agrees(self, row: Delivery) -> bool:
        """Whether the row's number is nobody's, or that of an employee who was seen with the row's e-mail."""
        found = self._ids.get((NUMBER, row.learner_employee_id))
        return found is None or self._emails.get(found) == address(row.learner_email)

    def _keep(self, name: Name, found: str) -> None:
        self._ids[name] = self._known.found[name] = found

    def _missing(self, wanted: Iterable[Name]) -> list[Name]:
        return [name for name in dict.fromkeys(wanted) if name not in self._ids and name not in self._searched]

    def _search(self, name: Name) -> None:
        kind, code = name
        try:
            rows = read_list(self._api, EMPLOYEES, {"search": code}, self._page_size)
        except RequestRefused as refused:
            self._searched[name] = _failed(codes.REFUSED, str(refused))
            return
        self._note(rows)
        wanted = (kind, code if kind == NUMBER else address(code))
        found = {json.dumps(id_of(row)) for row in rows if wanted in _names_of(row)}
        if len(found) == 1:
            self._keep(name, next(iter(found)))
            self._searched[name] = None
            return
        if self._ids.pop(name, None):
            self._known.gone.add(name)
        several = f"{len(found)} employees have the {_TOLD[kind]}"
        self._searched[name] = (
            _failed(codes.EMPLOYEE_AMBIGUOUS, several)
            if found
            else _failed(codes.EMPLOYEE_UNKNOWN, self._why_none(kind))
        )

    def _note(self, rows: Sequence[Record]) -> None:
        for row in rows:
            if "email" in row:
                self._shows_emails = True
            elif self._shows_emails is None:
                self._shows_emails = False
            if isinstance(row.get("email"), str) and id_of(row) is not None:
                self._emails[json.dumps(id_of(row))] = address(row["email"])

    def _why_none(self, kind: str) -> str:
        if kind == EMAIL and self._shows_emails is not True:
            return "the row has an e-mail only, and Moon ERP shows none of its employees' e-mails"
        return f"no employee has the {_TOLD[kind]}"


def names(rows: Sequence[Delivery]) -> list[Name]:
    """(kind, code) of what the rows call their employees; of each row what it is looked up by first."""
    told = (
        ((NUMBER, row.learner_employee_id), (EMAIL, row.learner_email), _both(row) if _has_both(row) else (BOTH, ""))
        for row in rows
    )
    return [(kind, code) for of_row in told for kind, code in of_row if code]


def _has_both(row: Delivery) -> bool:
    return bool(row.learner_employee_id and row.learner_email)


def _both(row: Delivery) -> Name:
    text = json.dumps([row.learner_employee_id, address(row.learner_email)])
    return BOTH, hashlib.sha256(text.encode()).hexdigest()


_FIELD = {NUMBER: "learner_employee_id", EMAIL: "learner_email"}
_TOLD = {NUMBER: "employee number", EMAIL: "e-mail"}


def _names_of(row: Record) -> list[Name]:
    """What an employee is called. Numbers are as they are written, `007` is not `7`; e-mails are without case."""
    number, email = id_of(row, "employee_number"), row.get("email")
    if id_of(row) is None:
        return []
    told = [] if number is None else [(NUMBER, str(number))]
    return [*told, (EMAIL, address(email))] if isinstance(email, str) else told


def _failed(code: str, message: str) -> RowVerdict:
    return RowVerdict(FAILED, code, message)
