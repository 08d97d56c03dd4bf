"""What the aXcelerate of the tests keeps: contacts, classes, enrolments with their units, modules of learning plans."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import count
from typing import Literal

Kind = Literal["p", "s", "w", "el"]
# The national codes, as an enrolment may hold them. States add their own.
OUTCOMES = frozenset("20 30 40 41 51 52 60 61 70 81 82 85 0".split())
# 1 and 2 are on record; the others are made up, and a client has to ask for them.
STATUSES = {1: "Enrolled", 2: "In Progress", 3: "Completed", 9: "Withdrawn"}


@dataclass(frozen=True)
class Unit:
    """A unit of competency, the same in every class. id: what the PUT wants. code: the national one."""

    id: int
    code: str


@dataclass
class Class:
    """A class (program instance) and the units that an enrolment into it brings."""

    id: int
    name: str
    units: tuple[Unit, ...] = ()


@dataclass
class Enrolment:
    """An enrolment of a contact, or an activity inside of one.

    type: p (class), s (unit), w (workshop), el (e-learning). id: for a unit, what the PUT wants. instance_id: for a
    class, its ID. outcome: a code, empty where there is none. order: its place in lists.
    """

    id: int
    instance_id: int
    type: Kind
    contact_id: int
    order: int
    code: str = ""
    status: str = "Enrolled"
    outcome: str = ""
    starts: datetime | None = None
    ends: datetime | None = None
    delivery: str = "Classroom"
    activities: list["Enrolment"] = field(default_factory=list)

    def all(self) -> Iterator["Enrolment"]:
        """It, and what is inside of it at any depth."""
        yield self
        for activity in self.activities:
            yield from activity.all()


@dataclass
class Module:
    """A module of a contact's learning plan. status: a key of STATUSES. override: None where it is not set."""

    id: int
    enrol_id: int
    contact_id: int
    class_id: int
    name: str
    status: int = 1
    starts: datetime | None = None
    ends: datetime | None = None
    override: bool | None = None


@dataclass
class State:
    """Everything. Enrolments are added by `enrol` and `add_workshop`; what they hold may be edited as it is.

    enrolments: a contact's ID -> those that are in no other one. outcomes: the codes that are taken.
    """

    contacts: dict[int, str] = field(default_factory=dict)
    classes: dict[int, Class] = field(default_factory=dict)
    enrolments: dict[int, list[Enrolment]] = field(default_factory=dict)
    modules: dict[int, Module] = field(default_factory=dict)
    outcomes: frozenset[str] = OUTCOMES

    def __post_init__(self) -> None:
        self._order, self._numbers = count(1), count(30_001)

    def add_contact(self, contact_id: int, name: str = "Ann Other") -> None:
        """Somebody, without any enrolment."""
        self.contacts[contact_id] = name

    def add_class(self, class_id: int, name: str, *units: Unit) -> Class:
        """A class with these units."""
        made = self.classes[class_id] = Class(class_id, name, units)
        return made

    def enrol(self, contact_id: int, class_id: int, *outcomes: str, starts: date | None = None) -> Enrolment:
        """A contact in a class and in its units, with the units' outcomes in their order; else they have none.

        starts: of the class and its units, at midnight.
        """
        begin = midnight(starts) if starts else None
        units = self.classes[class_id].units
        made = self._new(contact_id, next(self._numbers), class_id, "p", starts=begin)
        for place, unit in enumerate(units):
            # The instance of each unit has the ID of the next one: who takes INSTANCEID for the ID writes elsewhere.
            instance_id = units[(place + 1) % len(units)].id
            outcome = outcomes[place] if place < len(outcomes) else ""
            made.activities.append(
                self._new(contact_id, unit.id, instance_id, "s", code=unit.code, outcome=outcome, starts=begin)
            )
        self.enrolments.setdefault(contact_id, []).append(made)
        return made

    def add_activity(self, inside: Enrolment, kind: Kind, instance_id: int) -> Enrolment:
        """A workshop or an e-learning inside of a unit or a class."""
        made = self._new(inside.contact_id, next(self._numbers), instance_id, kind)
        inside.activities.append(made)
        return made

    def add_workshop(self, contact_id: int, instance_id: int) -> Enrolment:
        """A workshop that belongs to no class."""
        made = self._new(contact_id, next(self._numbers), instance_id, "w")
        self.enrolments.setdefault(contact_id, []).append(made)
        return made

    def add_module(
        self, enrolment: Enrolment, status: int = 1, override: bool | None = None, name: str = "Induction"
    ) -> Module:
        """A module of the learning plan of an enrolment in a class."""
        of_class = (enrolment.id, enrolment.contact_id, enrolment.instance_id)
        made = Module(next(self._numbers), *of_class, name, status, override=override)
        self.modules[made.id] = made
        return made

    def all(self, contact_id: int | None = None) -> Iterator[Enrolment]:
        """The enrolments of all contacts or of one, with what is inside of them."""
        tops = self.enrolments.values() if contact_id is None else [self.enrolments.get(contact_id, [])]
        for held in tops:
            for enrolment in held:
                yield from enrolment.all()

    def unit(self, contact_id: int, class_id: int, unit: int | str) -> Enrolment | None:
        """The one enrolment of a contact in a unit of a class, by the unit's ID or its national code; None: not one."""
        found = [
            activity
            for top in self.enrolments.get(contact_id, [])
            if (top.type, top.instance_id) == ("p", class_id)
            for activity in top.all()
            if activity.type == "s" and unit in (activity.id, activity.code)
        ]
        return found[0] if len(found) == 1 else None

    def move_to_the_end(self, enrolment: Enrolment) -> None:
        """As if it had been entered again: all that stood behind it in a list moves up by one."""
        enrolment.order = next(self._order)

    def _new(
        self,
        contact_id: int,
        id_: int,
        instance_id: int,
        kind: Kind,
        *,
        code: str = "",
        outcome: str = "",
        starts: datetime | None = None,
    ) -> Enrolment:
        return Enrolment(
            id_, instance_id, kind, contact_id, next(self._order), code=code, outcome=outcome, starts=starts
        )


def midnight(day: date) -> datetime:
    """A day as aXcelerate shows it: the moment at which it begins, without a zone."""
    return datetime.combine(day, time.min)


WHS, COMMUNICATION, TECHNOLOGY = Unit(9001, "BSBWHS211"), Unit(9002, "BSBCMM211"), Unit(9003, "BSBTEC201")
DIPLOMA = Unit(9004, "BSBPEF402")


def sample(contacts: int = 8) -> State:
    """A small training organisation, odd where real ones are.

    Contacts 1001, 1002, … are in class 501 with units 9001 (undecided in its four ways, by turns: blank, 0, 70, 85),
    9002 (competent for every second) and 9003 (blank); unit 9001 holds workshop 601 and e-learning 701. Every second
    contact is in class 502 too, which shares unit 9001 and has 9004 (withdrawn). Each has two modules for class 501:
    Induction, Enrolled and without override; Safety & Health, In Progress or Completed and with one. Contact 1000 is in
    nothing; the instance of a unit has the ID of another unit; the first contact is in workshop 602, outside of any
    class.
    """
    state = State()
    state.add_contact(1000, "Nobody Yet")
    state.add_class(501, "Certificate II in Workplace Skills", WHS, COMMUNICATION, TECHNOLOGY)
    state.add_class(502, "Certificate IV <evening>", WHS, DIPLOMA)
    for number in range(1, contacts + 1):
        contact_id = 1000 + number
        state.add_contact(contact_id, f"Pat O'Brien {number}")
        undecided, second = ("", "0", "70", "85")[number % 4], number % 2 == 0
        held = state.enrol(contact_id, 501, undecided, "20" if second else "", starts=date(2023, 2, 6))
        state.add_activity(held.activities[0], "w", 601)
        state.add_activity(held.activities[0], "el", 701)
        state.add_module(held)
        state.add_module(held, 3 if second else 2, override=second, name="Safety & Health")
        if second:
            state.enrol(contact_id, 502, "", "40")
    if contacts:
        state.add_workshop(1001, 602)
    return state
