"""Which employee of Moon ERP a row is about: by number, else by e-mail, and never by guess."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from destinations.http.json_client import JsonApi
from destinations.moon import codes
from destinations.moon.answers import EMPLOYEES, Record, RequestRefused, read_list
from destinations.moon.records import Id, id_of
from destinations.row_target import Each, Known, RowVerdict
from ledger.remote.outbox import Delivery
from rollbook.outcomes import FAILED
from transforms.values.normalize import address

# The kinds of what `Known` knows.
NUMBER, EMAIL = "employee", "email"
Name = tuple[str, str]
_TWO = "the e-mail and the employee number belong to different employees"


class People:
    """Employees by the numbers and e-mails of rows, each searched for once a run at most."""

    def __init__(self, api: JsonApi, page_size: int) -> None:
        self._api, self._page_size = api, page_size
        self._known = Known()
        self._ids: dict[Name, str] = {}
        self._searched: dict[Name, RowVerdict | None] = {}
        self._emails: dict[str, str] = {}
        self._shows_emails: bool | None = None

    def learn(self, rows: Sequence[Delivery], known: Known, each: Each[Any]) -> None:
        """Search for those of the rows that are not known yet."""
        self._known = known
        # What was found is kept by the caller; here only what a batch needs.
        self._ids, self._emails = dict(known.ids), {}
        self._searched = {name: failed for name, failed in self._searched.items() if failed}
        each(self._search, self._missing(name for name in names(rows) if name[0] == NUMBER))
        both = [row for row in rows if row.learner_employee_id and row.learner_email]
        open_questions = self._missing((EMAIL, row.learner_email) for row in both if not self._agrees(row))
        if open_questions and self._shows_emails is None:
            # One look at an employee tells whether e-mails are shown: else each row's would be asked for in vain.
            known_number = next((row for row in both if (NUMBER, row.learner_employee_id) in self._ids), None)
            if known_number:
                self._search((NUMBER, known_number.learner_employee_id))
        alone = self._missing((EMAIL, row.learner_email) for row in rows if not row.learner_employee_id)
        asked = [] if self._shows_emails is False else open_questions
        each(self._search, list(dict.fromkeys([*alone, *asked])))

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

    def _agrees(self, row: Delivery) -> bool:
        """Whether the row's number is nobody's, or that of an employee who was seen with the row's e-mail."""
        found = self._ids.get((NUMBER, row.learner_employee_id))
        return found is None or self._emails.get(found) == address(row.learner_email)

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
        found = {json.dumps(number): row for row in rows if (number := id_of(row)) is not None and _is(row, kind, code)}
        if len(found) == 1:
            self._ids[name] = self._known.found[name] = next(iter(found))
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


def names(rows: Sequence[Delivery]) -> Iterable[Name]:
    """(kind, code) of what the rows call their employees."""
    for row in rows:
        if row.learner_employee_id:
            yield NUMBER, row.learner_employee_id
        if row.learner_email:
            yield EMAIL, row.learner_email


_FIELD = {NUMBER: "learner_employee_id", EMAIL: "learner_email"}
_TOLD = {NUMBER: "employee number", EMAIL: "e-mail"}


def _is(row: Record, kind: str, code: str) -> bool:
    """Numbers are compared as they are written, `007` is not `7`; e-mails without case."""
    if kind == NUMBER:
        number = id_of(row, "employee_number")
        return number is not None and str(number) == code
    email = row.get("email")
    return isinstance(email, str) and address(email) == address(code)


def _failed(code: str, message: str) -> RowVerdict:
    return RowVerdict(FAILED, code, message)
