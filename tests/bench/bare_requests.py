"""The least that rows cost: `python -m tests.bench.bare_requests SYSTEM ROWS AT_ONCE` sends that and prints seconds.

Nothing but httpx, and no request that any client could do without: what is there is read in bulk, then each row is
written. The address and the keys are in the environment, as for Rollbook.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import httpx

from tests.bench.rows import PEOPLE, axcelerate_rows, moon_rows


class Least(NamedTuple):
    """The requests of a sheet: first all readings, side by side, then the rows, each of which may take several."""

    readings: Sequence[Callable[[], object]]
    rows: Sequence[Callable[[], object]]


def moon(client: httpx.Client, rows: int) -> Least:
    """The employees by one page, each session with its enrollments, and for each row a POST and a PUT."""
    client.headers["Authorization"] = f"Bearer {os.environ['ROLLBOOK_MOON_TOKEN']}"
    client.base_url = httpx.URL(os.environ["ROLLBOOK_MOON_URL"])
    wanted = moon_rows(rows)

    def enroll(number: int, session: int, grade: int) -> None:
        pair = {"training_session_id": session, "employee_id": 1000 + number}
        made = client.post("/hr/training-enrollments", json=pair).raise_for_status().json()["data"]
        content = {"status": "completed", "attendance_confirmed": True, "score": grade, "feedback": None}
        client.put(f"/hr/training-enrollments/{made['id']}", json=content).raise_for_status().json()

    def read(path: str) -> None:
        client.get(path).raise_for_status().json()

    paths = [f"/hr/training-sessions/{session}" for session in dict.fromkeys(session for _, session, _ in wanted)]
    readings = [partial(read, path) for path in (f"/hr/employees?page=1&per_page={2 * PEOPLE}", *paths)]
    return Least(readings, [partial(enroll, *row) for row in wanted])


def axcelerate(client: httpx.Client, rows: int) -> Least:
    """Each contact's enrolments in its class, and for each row a PUT."""
    for name, token in (("apitoken", "API"), ("wstoken", "WS")):
        client.headers[name] = os.environ[f"ROLLBOOK_AXCELERATE_{token}_TOKEN"]
    client.base_url = httpx.URL(os.environ["ROLLBOOK_AXCELERATE_URL"])
    wanted = axcelerate_rows(rows)

    def read(contact: int, class_id: int) -> None:
        named = f"contactID={contact}&instanceID={class_id}&type=p&offset=0&limit=100"
        client.get(f"/course/enrolments?{named}").raise_for_status().json()

    def write(contact: int, class_id: int, unit: int) -> None:
        named = {"contactID": contact, "instanceID": unit, "programInstanceID": class_id, "type": "s"}
        client.put("/course/enrolment", data={**named, "competent": "20"}).raise_for_status().json()

    readings = [partial(read, *pair) for pair in dict.fromkeys((contact, of) for contact, of, _ in wanted)]
    return Least(readings, [partial(write, *row) for row in wanted])


LEAST: Mapping[str, Callable[[httpx.Client, int], Least]] = {"moon": moon, "axcelerate": axcelerate}


def main() -> None:
    """Send the readings, then the rows."""
    system, rows, at_once = sys.argv[1], *map(int, sys.argv[2:])
    limits = httpx.Limits(max_connections=at_once)
    headers = {"Accept": "application/json"}
    with httpx.Client(headers=headers, limits=limits, trust_env=False, timeout=30) as client:
        least = LEAST[system](client, rows)
        began = time.perf_counter()
        with ThreadPoolExecutor(at_once) as pool:
            for requests in least:
                list(pool.map(lambda send: send(), requests))
        print(time.perf_counter() - began)


if __name__ == "__main__":
    main()
