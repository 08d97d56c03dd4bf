"""The rows of the measurements of systems that take rows one by one."""

from datetime import date

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
