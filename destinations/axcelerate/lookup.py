"""What aXcelerate holds of what rows are about: read for many rows at once, or for one address."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from destinations.axcelerate.codes import AMBIGUOUS, INCOMPLETE, NOT_ENROLLED, REFUSED, UNIT_CODE
from destinations.axcelerate.deciding import HeldEnrolment
from destinations.axcelerate.enrolments import Ask, Enrolment, Enrolments, Listed
from destinations.axcelerate.modules import Module, Modules, Report
from destinations.axcelerate.rows import END, MODULE, START, Address, Subject
from destinations.http.json_client import JsonApi
from destinations.row_target import Each, RowVerdict
from rollbook.rows.activities import CLASS, UNIT
from rollbook.rows.outcomes import FAILED

if TYPE_CHECKING:
    from rollbook.settings import AxcelerateSettings


# What was read so long ago is read again before it is written over: in the meantime somebody else may have decided.
FRESH_SECONDS = 2.0
# For so long the list of a whole class serves further batches.
CLASS_SECONDS = 30.0


class _WholeClass(NamedTuple):
    """What the list of a class shows of each contact. read_at: monotonic seconds."""

    read_at: float
    lists: dict[str, Listed]


class BatchLookup:
    """What was read of the rows of a batch, and how to read it again.

    Of the settings it takes `page_size`, `report_chunk` and `whole_classes`.
    """

    def __init__(self, api: JsonApi, settings: AxcelerateSettings) -> None:
        self._api, self._chunk = api, settings.report_chunk
        self._enrolments, self._modules = Enrolments(api, settings.page_size), Modules(api)
        self._lists: dict[Ask, Listed] = {}
        self._report = Report()
        self._lists_classes = settings.whole_classes
        # When a list was begun to be read, in monotonic seconds.
        self._read_at: dict[Ask, float] = {}
        self._classes: dict[str, _WholeClass] = {}

    def prepare(self, subjects: Sequence[Subject], each: Each[Any]) -> None:
        """Read what the rows are about, in place of what was read before."""
        self._lists, self._read_at, self._report = {}, {}, Report()
        asks = list(dict.fromkeys(ask for subject in subjects for ask in _asks(subject)))
        if self._lists_classes:
            self._take_from_classes(asks, each)

        def report(contacts: tuple[str, ...]) -> None:
            self._report.add(self._modules.read({contact: wanted[contact] for contact in contacts}))

        wanted: dict[str, set[str]] = {}
        for subject in subjects:
            if subject.kind == MODULE:
                wanted.setdefault(subject.contact, set()).update(filter(None, [subject.class_id]))
        each(self._read, [ask for ask in asks if ask not in self._lists])
        each(report, list(_chunks(wanted, self._chunk)))

    def _take_from_classes(self, asks: Iterable[Ask], each: Each[Any]) -> None:
        """The lists of contacts whom a list of their whole class shows; who is not in it is asked for alone."""
        of_classes = [ask for ask in asks if ask.kind == CLASS]
        contacts = Counter(ask.instance for ask in of_classes)

        def read(class_id: str) -> None:
            began = time.monotonic()
            self._classes[class_id] = _WholeClass(began, self._enrolments.read_class(class_id))

        oldest = time.monotonic() - CLASS_SECONDS
        self._classes = {class_id: one for class_id, one in self._classes.items() if one.read_at >= oldest}
        each(read, [one for one, times in contacts.items() if times > 1 and one not in self._classes])
        for ask in of_classes:
            whole = self._classes.get(ask.instance)
            if whole is not None and ask.contact in whole.lists:
                self._lists[ask], self._read_at[ask] = whole.lists[ask.contact], whole.read_at

    def _read(self, ask: Ask) -> None:
        began = time.monotonic()
        self._lists[ask], self._read_at[ask] = self._enrolments.read(ask), began

    def find(self, subject: Subject) -> HeldEnrolment | RowVerdict:
        """What the row is about, or why there is none, or none for sure. After `prepare` with this row only."""
        if subject.kind == MODULE:
            return self._find_module(subject, self._report)
        lists = [self._lists[ask] for ask in _asks(subject)]
        refusal = next((one.refusal for one in lists if one.refusal is not None), None)
        if refusal is not None:
            return self.refused(refusal)
        return _only(subject, _fitting(subject, lists), lists)

    def again(self, address: Address) -> dict[str, str | None] | None:
        """What is held now at an address that was found before; None where it cannot be read, or is no longer there."""
        if address.kind == MODULE:
            contact, class_id, _, module_id = address.ids
            module = self._modules.read({contact: [class_id]}).modules.get(module_id)
            return None if module is None else module.held
        kind = CLASS if address.kind == UNIT else address.kind
        found = _at(address, self._enrolments.read(Ask(kind, *address.ids[:2])))
        return found[0].held if len(found) == 1 else None

    def renewed(self, found: HeldEnrolment) -> HeldEnrolment | None:
        """What was found, right before it is written over; None where something else is there.

        A list that is old by now is read again.
        """
        address = found.address
        if address.kind not in (UNIT, CLASS):
            return found
        ask = Ask(CLASS, *address.ids[:2])
        if self._read_at[ask] < time.monotonic() - FRESH_SECONDS:
            self._read(ask)
            if ask.instance in self._classes:
                self._classes[ask.instance].lists[ask.contact] = self._lists[ask]
        there = _at(address, self._lists[ask])
        return HeldEnrolment(address, there[0].held) if [one.held for one in there] == [found.held] else None

    def names(self, address: Address) -> list[str]:
        """By what a module is remembered: the ID of its enrolment, and its name where a report showed it."""
        module_id = address.ids[-1]
        return [module_id, *filter(None, [self._modules.full_names.get(module_id)])]

    def refused(self, words: str) -> RowVerdict:
        """A row that aXcelerate refuses, with its words."""
        return RowVerdict(FAILED, REFUSED, self._api.scrub(f"aXcelerate says: {words}"))

    def _find_module(self, subject: Subject, report: Report) -> HeldEnrolment | RowVerdict:
        found = report.of(subject.contact, subject.class_id, subject.module or "")
        if len(found) > 1:
            message = f"Contact {subject.contact} has {len(found)} module enrolments that may be {subject}."
            return RowVerdict(FAILED, AMBIGUOUS, message)
        if not found and subject.contact in report.refused:
            return self.refused(report.refused[subject.contact])
        if not found and self._modules.hides(subject.contact, report):
            message = f"The report on module enrolments does not show all of contact {subject.contact}."
            return RowVerdict(FAILED, INCOMPLETE, message)
        return _held_module(subject, found[0]) if found else _nothing(subject)


def _held_module(subject: Subject, found: Module) -> HeldEnrolment | RowVerdict:
    """The enrolment in a module that a row is about, unless the row or the report contradicts or leaves it open."""
    class_id, enrol = found.class_id or subject.class_id, found.enrol or subject.enrol
    if subject.class_id not in (None, class_id) or subject.enrol not in (None, enrol):
        told = f"class {class_id} and enrolment {enrol}"
        message = f"Module enrolment {found.id} of contact {subject.contact} belongs to {told}."
        return RowVerdict(FAILED, NOT_ENROLLED, message)
    hidden = ["class"] * (class_id is None) + ["enrolment"] * (enrol is None)
    hidden += [name for name in subject.said if name in (START, END) and name not in found.held]
    if class_id is None or enrol is None or hidden:
        message = f"The report does not show {' and '.join(hidden)} of module enrolment {found.id}."
        return RowVerdict(FAILED, INCOMPLETE, message)
    return HeldEnrolment(Address(MODULE, (subject.contact, class_id, enrol, found.id)), found.held)


def _at(address: Address, listed: Listed) -> list[Enrolment]:
    """The enrolments of a list that an address may be."""
    if address.kind == UNIT:
        return [unit for unit in listed.units() if unit.id == address.ids[-1]]
    return listed.instances(address.kind, address.ids[-1])


def _asks(subject: Subject) -> list[Ask]:
    """The lists that show what a row is about: a workshop may stand in its class, or in none."""
    inside = [Ask(CLASS, subject.contact, subject.class_id)] if subject.class_id else []
    if subject.kind in (UNIT, CLASS):
        return inside
    if subject.kind == MODULE or not subject.unit:
        return []
    return [Ask(subject.kind, subject.contact, subject.unit), *inside]


def _fitting(subject: Subject, lists: Sequence[Listed]) -> list[Enrolment]:
    if subject.kind == UNIT:
        wanted = (subject.unit or "").casefold()
        return [one for listed in lists for one in listed.units() if one.id == subject.unit or wanted in one.codes]
    instance = (subject.class_id if subject.kind == CLASS else subject.unit) or ""
    found = [one for listed in lists for one in listed.instances(subject.kind, instance)]
    return list({one.id or str(place): one for place, one in enumerate(found)}.values())


def _only(subject: Subject, found: Sequence[Enrolment], lists: Sequence[Listed]) -> HeldEnrolment | RowVerdict:
    if len(found) > 1:
        message = f"Contact {subject.contact} has {len(found)} enrolments that may be {subject}."
        return RowVerdict(FAILED, AMBIGUOUS, message)
    if found and subject.kind == UNIT and found[0].id and subject.class_id:
        return HeldEnrolment(Address(UNIT, (subject.contact, subject.class_id, found[0].id)), found[0].held)
    if found and subject.kind != UNIT and found[0].instance:
        return HeldEnrolment(Address(subject.kind, (subject.contact, found[0].instance)), found[0].held)
    units = [unit for listed in lists for unit in listed.units()]
    if subject.kind == UNIT and units and not any(unit.codes for unit in units) and not _is_number(subject.unit):
        message = f"aXcelerate does not say which unit of class {subject.class_id} has the code {subject.unit}."
        return RowVerdict(FAILED, UNIT_CODE, message)
    return _nothing(subject)


def _nothing(subject: Subject) -> RowVerdict:
    return RowVerdict(FAILED, NOT_ENROLLED, f"Contact {subject.contact} is not enrolled in {subject}.")


def _is_number(text: str | None) -> bool:
    return bool(text) and text is not None and text.isascii() and text.isdecimal()


def _chunks(items: Iterable[str], size: int) -> Iterable[tuple[str, ...]]:
    left = iter(items)
    return iter(lambda: tuple(islice(left, size)), ())
