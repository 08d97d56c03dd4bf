"""The rows of the measurements of systems that take rows one by one."""

from datetime import date

from tests.servers import axcelerate
from tests.servers.axcelerate_state import Unit
from tests.servers.moon import State, sample

# Everybody is in every session.
PEOPLE = 50
_FIRST_SESSION = 308  # behind those of the sample company


def moon_company(rows: int) -> State:
    """A company with the employees and sessions of so many rows; every other session counts its seats."""
    state = sample(PEOPLE)
    for number in range(rows // PEOPLE):
        state.add_session(11, date(2023, 5, 4), max_participants=PEOPLE if number % 2 else None)
    return state


def moon_rows(rows: int) -> list[tuple[int, int, int]]:
    """(number of the employee, session, score) of each row."""
    return [(at % PEOPLE + 1, _FIRST_SESSION + at // PEOPLE, at % 101) for at in range(rows)]


# Each contact is in one class, and in its units.
CLASSES, UNITS = 5, 4
_FIRST_CONTACT, _FIRST_CLASS, _FIRST_UNIT = 2001, 601, 9101


def axcelerate_school(rows: int) -> axcelerate.State:
    """An organisation with the contacts of so many rows, a row for each unit of a contact's class."""
    state = axcelerate.State()
    units = [Unit(_FIRST_UNIT + number, f"UNIT{number}") for number in range(UNITS)]
    for number in range(CLASSES):
        state.add_class(_FIRST_CLASS + number, f"Class {number}", *units)
    for number in range(rows // UNITS):
        state.add_contact(_FIRST_CONTACT + number)
        state.enrol(_FIRST_CONTACT + number, _FIRST_CLASS + number % CLASSES)
    return state


def axcelerate_rows(rows: int) -> list[tuple[int, int, int]]:
    """(contact, class, unit) of each row."""
    places = [(at // UNITS, at % UNITS) for at in range(rows)]
    return [(_FIRST_CONTACT + who, _FIRST_CLASS + who % CLASSES, _FIRST_UNIT + unit) for who, unit in places]
