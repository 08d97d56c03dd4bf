"""Rows as the outbox hands them on, and how they are carried to a target: as a run does it, but for the ledger."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from destinations.axcelerate.target import AxcelerateTarget, axcelerate_target
from destinations.row_target import Known, RowVerdict
from ledger.remote.outbox import Delivery
from ledger.remote.writes import Write
from rollbook.options import OnExisting
from rollbook.settings import AxcelerateSettings
from tests.servers.axcelerate import AxcelerateServer

OUTCOME, START, END, OVERRIDE = "outcome_code", "started_on", "ended_on", "access_override"


def row(block_no: int = 1, /, **extra: Any) -> Delivery:
    """A block with aXcelerate's fields: unit 9001 of contact 1001 in class 501, unless they say otherwise."""
    told = {"contact_id": "1001", "class_id": "501", "unit_id": "9001", **extra}
    told = {name: value for name, value in told.items() if value is not None}
    return Delivery(
        *(1, block_no, 1_000_001, block_no + 1, 0, "pending", None, None),
        *("", str(told["contact_id"]), "session", "a.csv", "S"),
        *(None,) * 7,
        extra=json.dumps(told),
    )


def module_row(block_no: int = 1, /, **extra: Any) -> Delivery:
    """A block about a module enrolment."""
    return row(block_no, **{"unit_id": None, **extra})


def settings(server: AxcelerateServer, **other: Any) -> AxcelerateSettings:
    """Quick ones."""
    told = {"timeout": 5.0, "tries": 4, "pause": 0.001, "answer_mib": 1, "at_once": 4, **other}
    return AxcelerateSettings(url=server.url, **told)


@contextmanager
def target_for(server: AxcelerateServer, **other: Any) -> Iterator[AxcelerateTarget]:
    """A target that speaks to the server."""
    with axcelerate_target(settings(server, **other), server.api_token, server.ws_token) as target:
        yield target


def side_by_side(do: Callable[[Any], None], items: Iterable[Any]) -> None:
    """Several at once."""
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(do, item) for item in items]:
            done.result()


def plan(
    target: AxcelerateTarget,
    rows: Sequence[Delivery],
    on_existing: OnExisting = "reject",
    begun: dict[str, Write] | None = None,
    known: Known | None = None,
) -> list[RowVerdict | Write]:
    """What the target makes of each row."""
    given = known or Known()
    given.ids |= {name: given.found[name] for name in target.codes(rows) if name in given.found}
    target.prepare(rows, given, side_by_side)
    return [target.look(one, (begun or {}).get(target.key(one) or ""), on_existing) for one in rows]


def carry(
    target: AxcelerateTarget,
    rows: Sequence[Delivery],
    on_existing: OnExisting = "reject",
    begun: dict[str, Write] | None = None,
    known: Known | None = None,
) -> list[RowVerdict]:
    """Look all rows up, then write what is to be written, lane by lane."""
    plans = dict(zip(rows, plan(target, rows, on_existing, begun, known), strict=True))
    verdicts = {one: told for one, told in plans.items() if isinstance(told, RowVerdict)}
    lanes: dict[Any, list[Delivery]] = {}
    for one in rows:
        lanes.setdefault(target.lane(one), []).append(one)

    def along(lane: list[Delivery]) -> None:
        for one in lane:
            told: RowVerdict | Write | None = plans[one]
            while isinstance(told, Write):
                told = target.write(one, told) or target.look(one, None, on_existing)
            if told is not None:
                verdicts[one] = told

    side_by_side(along, lanes.values())
    return [verdicts[one] for one in rows]


def write(target: AxcelerateTarget, row: Delivery, made: Write) -> RowVerdict:
    """What became of a write for which nothing has to be looked at again."""
    told = target.write(row, made)
    assert told is not None
    return told


def states(verdicts: Iterable[RowVerdict]) -> list[str]:
    """The states alone."""
    return [verdict.state for verdict in verdicts]
