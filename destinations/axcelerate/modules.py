"""Module enrolments of learning plans, read by aXcelerate's report on them."""

import json
import re
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from destinations.axcelerate.answers import day_of, is_refusal, plain, text_of, words_of
from destinations.axcelerate.report import (
    CLASS_ID,
    CONTACT,
    DOCUMENTED,
    ENROL,
    ID,
    NAME,
    NEEDED,
    OF_CLASS,
    OF_CONTACT,
    OF_STATUS,
    REPORT,
    Displays,
    are_names,
    columns_of,
    displays_of,
    rows_of,
    views,
)
from destinations.axcelerate.rows import END, START, named_module
from destinations.http.json_client import JsonApi, NotAnswered
from rollbook.errors import Stopped

_Filter = tuple[str, str, str]
_COMMA_LIST = ",".join(DOCUMENTED)
# Enrolled and In Progress: the statuses on record.
_STATUSES = ("1", "2")


@dataclass(frozen=True)
class Module:
    """A module enrolment. held: started_on and ended_on, those that the report shows."""

    id: str
    contact: str | None
    class_id: str | None
    enrol: str | None
    name: str | None
    held: dict[str, str | None]

    @property
    def full_name(self) -> str | None:
        """Its name with its contact and class, as `rows.named_module` has it; None where one of these is not shown."""
        if not (self.contact and self.class_id and self.name):
            return None
        return named_module(self.contact, self.class_id, self.name)


@dataclass
class Report:
    """What reports show, by module enrolment.

    incomplete: contacts of whom they do not show all. unproven: contact -> the ways of asking that showed nothing,
    where none was known to show what is needed; see `Modules.hides`. refused: contact -> aXcelerate's words.
    """

    modules: dict[str, Module] = field(default_factory=dict)
    incomplete: set[str] = field(default_factory=set)
    unproven: dict[str, set[str]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    _named: dict[str, list[Module]] | None = None

    def of(self, contact: str, class_id: str | None, module: str) -> list[Module]:
        """A contact's module enrolment by its ID, else those of this name in a class."""
        by_id = self.modules.get(module)
        if by_id is not None:
            return [by_id] if by_id.contact in (None, contact) else []
        return self._by_name().get(named_module(contact, class_id or "", module), [])

    def _by_name(self) -> dict[str, list[Module]]:
        if self._named is None:
            self._named = {}
            for module in self.modules.values():
                if module.full_name:
                    self._named.setdefault(module.full_name, []).append(module)
        return self._named

    def add(self, other: "Report") -> None:
        """Add what another one shows."""
        self._named = None
        self.modules |= other.modules
        self.incomplete |= other.incomplete
        self.unproven |= other.unproven
        self.refused |= other.refused


class _Found(NamedTuple):
    """What a report came to, that was asked for in one way. is_whole: it shows as many rows as it says there are.

    is_empty: it says that there are none. is_proof: this way of asking shows what is needed.
    """

    view: str
    is_whole: bool
    is_empty: bool
    is_proof: bool


class _Refused(Exception):
    """aXcelerate says no to a report, in its own words."""


class Modules:
    """Runs the report, from many threads at once: as it is documented, else in the first other way that is answered.

    What helps (what fields are called, which statuses there are) is asked once, and done without where it is refused.
    full_names: module enrolment -> `Module.full_name`, of those that were read.
    """

    def __init__(self, api: JsonApi) -> None:
        self._api = api
        self._displays: Displays | None = None
        self._statuses: Sequence[str] | None = None
        self._asking = threading.Lock()
        self._view: str | None = None
        self.full_names: dict[str, str] = {}

    def hides(self, contact: str, report: Report) -> bool:
        """Whether a report may not show all of a contact: that it shows nothing proves nothing by itself."""
        unproven = contact in report.unproven and self._view not in report.unproven[contact]
        return unproven or contact in report.incomplete

    def read(self, wanted: Mapping[str, Collection[str]]) -> Report:
        """The module enrolments of some contacts; wanted: contact -> its classes that matter, for a long report.

        What is refused for several is asked for in halves. Raises what JsonApi.read raises.
        """
        report = Report()
        self._read(list(wanted), wanted, report)
        return report

    def _read(self, contacts: list[str], wanted: Mapping[str, Collection[str]], report: Report) -> None:
        try:
            is_whole = self._run(report, contacts, (OF_CONTACT, "IN", ",".join(contacts)))
        except _Refused as refused:
            if len(contacts) == 1:
                report.refused[contacts[0]] = str(refused)
                return
            is_whole = False
        if is_whole:
            return
        if len(contacts) > 1:
            half = len(contacts) // 2
            self._read(contacts[:half], wanted, report)
            self._read(contacts[half:], wanted, report)
        elif not self._read_apart(contacts[0], wanted[contacts[0]], report):
            report.incomplete.add(contacts[0])

    def _read_apart(self, contact: str, classes: Collection[str], report: Report) -> bool:
        """One contact's, class by class, then status by status; whether these were all in the classes that matter."""
        of_contact = (OF_CONTACT, "IN", contact)
        try:
            were_whole = [self._read_class(report, contact, of_contact, (OF_CLASS, "IN", one)) for one in classes]
        except _Refused:
            return False
        return bool(were_whole) and all(were_whole)

    def _read_class(self, report: Report, contact: str, *filters: _Filter) -> bool:
        if self._run(report, [contact], *filters):
            return True
        statuses = self._all_statuses()
        were_whole = [
            self._run(report, [contact], *filters, (OF_STATUS, "text IN", one)) for one in statuses or _STATUSES
        ]
        return bool(statuses) and all(were_whole)

    def _run(self, report: Report, contacts: Collection[str], *filters: _Filter) -> bool:
        """Add what the report shows; whether that is all there is.

        Raises _Refused, and what JsonApi.read raises, where no way of asking was answered.
        """
        narrowed = json.dumps([{"name": name, "value": value, "operator": how} for name, how, value in filters])
        found, refusals, doubts = list[_Found](), list[str](), list[NotAnswered]()
        for view in self._views():
            fields = {"reportReference": REPORT, "selectedViewFields": view, "selectedFilterFields": narrowed}
            try:
                status, content = self._api.read("POST", "/report/run", form=fields)
            except NotAnswered as error:
                if self._view == view or not error.doubtful:
                    raise
                doubts.append(error)
                continue
            if is_refusal(status) or text_of(plain(content).get("success", True)) != "true":
                refusals.append(words_of(content))
                continue
            found.append(self._add(report, content, view))
            if found[-1].is_proof:
                return found[-1].is_whole
        if not found:
            raise doubts[0] if doubts else _Refused(refusals[0])
        empty = {one.view for one in found if one.is_empty}
        report.unproven.update(dict.fromkeys(contacts, empty))
        return all(one.is_whole for one in found)

    def _views(self) -> Iterator[str]:
        if self._view is not None:
            yield self._view
            return
        yield _COMMA_LIST
        yield from views(self._learned())

    def _add(self, report: Report, content: object, view: str) -> "_Found":
        """Add the rows of a report. That it shows what is needed is proven by rows that do, for all that follow."""
        body = plain(content)
        rows = rows_of(body)
        keys = {key for row in rows for key in row}
        columns = columns_of(keys, self._learned() if rows and not are_names(keys) else {})
        modules = [module for row in rows if (module := _module(row, columns))]
        report.modules |= {module.id: module for module in modules if _says_more(module, report.modules)}
        self.full_names |= {module.id: name for module in modules if (name := module.full_name)}
        count = text_of(body.get("count")) or ""
        is_whole = len(rows) >= (int(count) if re.fullmatch(r"\d{1,9}", count, re.ASCII) else 0)
        is_empty = not rows and (content is None or isinstance(body.get("data"), list))
        if modules and columns.keys() >= NEEDED:
            self._view = view
            return _Found(view, is_whole, is_empty, is_proof=True)
        return _Found(view, is_whole, is_empty, is_proof=is_empty and view == self._view)

    def _learned(self) -> Displays:
        with self._asking:
            if self._displays is None:
                self._displays = displays_of(self._help("/report/fields", "reportReference", REPORT))
            return self._displays

    def _all_statuses(self) -> Sequence[str]:
        with self._asking:
            if self._statuses is None:
                options = self._help("/report/field", "fieldReference", OF_STATUS).get("valueoptions")
                told = [text_of(plain(one).get("value")) for one in options] if isinstance(options, list) else []
                self._statuses = [value for value in told if value]
            return self._statuses

    def _help(self, path: str, name: str, reference: str) -> dict[str, Any]:
        """What an address says that only helps: nothing where it is refused, in whatever way."""
        try:
            status, content = self._api.read("GET", path, query={name: reference})
        except Stopped:
            return {}
        return {} if is_refusal(status) else plain(content)


def _module(row: Mapping[str, Any], columns: Mapping[str, str]) -> Module | None:
    def shown(role: str) -> Any:
        return row.get(columns.get(role, ""))

    number = text_of(shown(ID))
    if number is None:
        return None
    held = {role: day_of(shown(role)) for role in (START, END) if columns.get(role) in row}
    contact, class_id, enrol, name = (text_of(shown(role)) for role in (CONTACT, CLASS_ID, ENROL, NAME))
    return Module(number, contact, class_id, enrol, name, held)


def _says_more(module: Module, known: Mapping[str, Module]) -> bool:
    """Whether it shows at least as much as what another way of asking showed."""
    there = known.get(module.id)
    return there is None or _shown(module) >= _shown(there)


def _shown(module: Module) -> int:
    told = (module.contact, module.class_id, module.enrol, module.name)
    return sum(one is not None for one in told) + len(module.held)
