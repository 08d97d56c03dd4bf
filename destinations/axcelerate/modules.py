"""Module enrolments of learning plans, read by aXcelerate's report on them."""

import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from destinations.axcelerate.answers import day_of, is_refusal, override_of, plain, text_of, words_of
from destinations.axcelerate.rows import END, OVERRIDE, START
from destinations.http.json_client import JsonApi
from transforms.values.text import fold

REPORT = "learningModuleEnrolments"
_OWN = "learningmoduleenrolments."
CONTACT, CLASS_ID, STATUS, ID, ENROL = "contact", "class", "status", "id", "enrol"
# On record; the names of the others are found by what they are called.
_NAMES = {CONTACT: "contacts.contactid", CLASS_ID: "classes.classid", STATUS: f"{_OWN}statusid"}
_CALLED = {
    ID: "moduleenrolmentid moduleenrollmentid learningmoduleenrolmentid learningmoduleenrollmentid id",
    ENROL: "enrolid enrolmentid enrollmentid",
    START: "startdate modulestartdate",
    END: "enddate moduleenddate finishdate modulefinishdate",
    OVERRIDE: "accessoverride moduleaccessoverride",
}


class _Field(NamedTuple):
    name: str
    display: str


@dataclass(frozen=True)
class Module:
    """A module enrolment. held: started_on, ended_on and access_override, those that the report shows."""

    id: str
    contact: str | None
    class_id: str | None
    enrol: str | None
    held: dict[str, str | None]


@dataclass
class Report:
    """What a report shows. incomplete: contacts of whom it may not show all. refused: contact -> aXcelerate's words."""

    modules: dict[str, Module] = field(default_factory=dict)
    incomplete: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)


class _Refused(Exception):
    """aXcelerate says no to a report, in its own words."""


class Modules:
    """Runs the report, from many threads at once. What its fields are called is asked once."""

    def __init__(self, api: JsonApi) -> None:
        self._api = api
        self._fields: dict[str, _Field] = {}
        self._statuses: list[str] | None = None
        self._asking = threading.Lock()
        # How the fields to show are listed is not documented: the first that is taken counts.
        self._forms = [json.dumps, ",".join]

    def read(self, contacts: Sequence[str], classes: Sequence[str] = ()) -> Report:
        """The module enrolments of some contacts; classes: those that matter, where a report would be too long.

        What is refused for several is asked for in halves. Raises what JsonApi.read raises.
        """
        report = Report()
        try:
            with self._asking:
                self._learn()
        except _Refused as refused:
            report.refused = dict.fromkeys(contacts, str(refused))
            return report
        if ID in self._fields:
            self._read(list(contacts), classes, report)
        else:
            report.incomplete |= set(contacts)
        return report

    def _read(self, contacts: list[str], classes: Sequence[str], report: Report) -> None:
        try:
            is_whole = self._run(report, (_NAMES[CONTACT], "IN", ",".join(contacts)))
        except _Refused as refused:
            if len(contacts) == 1:
                report.refused[contacts[0]] = str(refused)
                return
            is_whole = False
        if is_whole:
            return
        if len(contacts) > 1:
            half = len(contacts) // 2
            self._read(contacts[:half], classes, report)
            self._read(contacts[half:], classes, report)
        elif not self._read_apart(contacts[0], classes, report):
            report.incomplete.add(contacts[0])

    def _read_apart(self, contact: str, classes: Sequence[str], report: Report) -> bool:
        """One contact's, status by status, then class by class; whether these were all in the classes that matter."""
        of_contact = (_NAMES[CONTACT], "IN", contact)
        try:
            with self._asking:
                statuses = self._all_statuses()
            for status in statuses:
                of_status = (_NAMES[STATUS], "text IN", status)
                if not self._run(report, of_contact, of_status):
                    of_classes = [(_NAMES[CLASS_ID], "IN", one) for one in classes]
                    were_whole = [self._run(report, of_contact, of_status, one) for one in of_classes]
                    if not were_whole or not all(were_whole):
                        return False
        except _Refused:
            return False
        return bool(statuses)

    def _run(self, report: Report, *filters: tuple[str, str, str]) -> bool:
        """Add what the report shows; whether that is all there is. Raises _Refused."""
        narrowed = json.dumps([{"name": name, "value": value, "operator": how} for name, how, value in filters])
        names = [one.name for one in self._fields.values()]
        refused = ""
        for form in list(self._forms):
            fields = {"reportReference": REPORT, "selectedViewFields": form(names), "selectedFilterFields": narrowed}
            status, content = self._api.read("POST", "/report/run", form=fields)
            body = plain(content)
            if not is_refusal(status) and text_of(body.get("success", True)) == "true":
                self._forms = [form]
                return self._add(report, body)
            refused = refused or words_of(content)
        raise _Refused(refused)

    def _add(self, report: Report, body: Mapping[str, Any]) -> bool:
        data = body.get("data")
        rows = data if isinstance(data, list) else []
        modules = [module for row in rows if (module := self._module(plain(row)))]
        report.modules |= {module.id: module for module in modules}
        count = text_of(body.get("count")) or ""
        return len(rows) >= (int(count) if re.fullmatch(r"\d{1,9}", count, re.ASCII) else 0)

    def _module(self, row: Mapping[str, Any]) -> Module | None:
        def shown(role: str) -> Any:
            one = self._fields.get(role)
            return None if one is None else row.get(fold(one.name), row.get(fold(one.display)))

        number = text_of(shown(ID))
        if number is None:
            return None
        held = {name: day_of(shown(name)) for name in (START, END) if name in self._fields}
        if OVERRIDE in self._fields:
            held[OVERRIDE] = override_of(shown(OVERRIDE))
        return Module(number, text_of(shown(CONTACT)), text_of(shown(CLASS_ID)), text_of(shown(ENROL)), held)

    def _learn(self) -> None:
        if not self._fields:
            content = self._ask("/report/fields", "reportReference", REPORT)
            listed = content.get("viewfields")
            told = [plain(one) for one in listed] if isinstance(listed, list) else []
            named = [(text_of(one.get("name")), text_of(one.get("display"))) for one in told]
            self._fields = _roles([_Field(name, display or "") for name, display in named if name])

    def _all_statuses(self) -> list[str]:
        if self._statuses is None:
            options = self._ask("/report/field", "fieldReference", _NAMES[STATUS]).get("valueoptions")
            told = [text_of(plain(one).get("value")) for one in options] if isinstance(options, list) else []
            self._statuses = [value for value in told if value]
        return self._statuses

    def _ask(self, path: str, name: str, reference: str) -> dict[str, Any]:
        status, content = self._api.read("GET", path, query={name: reference})
        if is_refusal(status):
            raise _Refused(words_of(content))
        return plain(content)


def _roles(listed: Sequence[_Field]) -> dict[str, _Field]:
    """Which field of the report is which: by the names on record, else by what the report's own are called."""
    by_name = {one.name.lower(): one for one in listed}
    found = {role: by_name[name] for role, name in _NAMES.items() if name in by_name}
    for role, called in _CALLED.items():
        one = next(_called(listed, called.split()), None)
        if one is not None:
            found[role] = one
    return found


def _called(listed: Sequence[_Field], called: Sequence[str]) -> Iterator[_Field]:
    own = [one for one in listed if one.name.lower().startswith(_OWN)]
    for word in called:
        yield from (one for one in own if fold(one.name.lower().removeprefix(_OWN)) == word)
    for word in called:
        yield from (one for one in own if fold(one.display) == word)
