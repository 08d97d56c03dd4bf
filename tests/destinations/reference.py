"""The rules of deciding in plain Python, row by row: what the set-based SQL must agree with."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from destinations.protocol import Policy
from rollbook.rows.statuses import PROGRESS

Row = dict[str, Any]
STORED = ("status", "grade", "enrolled_on", "completed_on")


@dataclass
class World:
    """What exists: employees as (number, e-mail) by ID, enrollments by (learner, session), seats by session."""

    employees: dict[int, tuple[str | None, str | None]] = field(default_factory=dict)
    enrollments: dict[tuple[int, str], Row] = field(default_factory=dict)
    seats: dict[str, int] = field(default_factory=dict)


def decide(rows: Sequence[Row], world: World, policy: Policy) -> dict[tuple[int, int, int], str]:
    """{place: outcome} of rows in any order."""
    ordered = sorted(rows, key=_place)
    outcomes = {_place(row): "accepted" for row in ordered}
    pairs = {(row["learner_email"], row["learner_employee_id"]) for row in ordered}
    learners = {pair: _learner(pair, pairs, world) for pair in pairs}
    groups: dict[tuple[Any, str], list[Row]] = defaultdict(list)
    for row in ordered:
        who = learners[row["learner_email"], row["learner_employee_id"]]
        if who is None:
            outcomes[_place(row)] = "rejected"
        else:
            groups[who, row["session_id"]].append(row)
    for (who, code), copies in groups.items():
        winner = _winner(copies, policy)
        for row in copies:
            outcomes[_place(row)] = "rejected" if winner is None else "accepted" if row is winner else "duplicate"
        if winner is not None and (who, code) in world.enrollments:
            outcomes[_place(winner)] = _against(winner, world.enrollments[who, code], policy)
    _seat(ordered, outcomes, learners, world)
    return outcomes


def _place(row: Row) -> tuple[int, int, int]:
    return row["part_id"], row["row_no"], row["col_no"]


def _learner(pair: tuple[str, str], pairs: Iterable[tuple[str, str]], world: World) -> Any:
    """An employee's ID, the (e-mail, number) of a new learner, or None."""
    mail, number = pair
    both = [other for other in pairs if all(other)]
    if mail and number:
        return _of_both(pair, both, world)
    partners = [other for other in both if other[0] == mail or other[1] == number]
    partner = _of_both(partners[0], both, world) if len(partners) == 1 and _undisputed(partners[0], both) else None
    if mail:
        holders = [who for who, (_, known) in world.employees.items() if known == mail]
        return None if len(holders) > 1 else holders[0] if holders else partner or (mail, "")
    numbered = [who for who, (known, _) in world.employees.items() if known == number]
    return numbered[0] if numbered else partner or ("", number)


def _undisputed(pair: tuple[str, str], both: list[tuple[str, str]]) -> bool:
    return sum(other[0] == pair[0] or other[1] == pair[1] for other in both) == 1


def _of_both(pair: tuple[str, str], both: list[tuple[str, str]], world: World) -> Any:
    mail, number = pair
    holders = [who for who, (_, known) in world.employees.items() if known == mail]
    numbered = [who for who, (known, _) in world.employees.items() if known == number]
    if set(numbered) & set(holders):
        return numbered[0]
    if not _undisputed(pair, both) or (numbered and holders):
        return None
    if numbered:
        return numbered[0] if world.employees[numbered[0]][1] is None else None
    if holders:
        return holders[0] if len(holders) == 1 and world.employees[holders[0]][0] is None else None
    return pair


def _winner(copies: list[Row], policy: Policy) -> Row | None:
    if all(copy.get(name) == copies[0].get(name) for copy in copies for name in STORED):
        return copies[0]
    if policy.on_conflict == "reject":
        return None
    if policy.on_conflict == "best":
        return max(reversed(copies), key=_goodness)
    return copies[0 if policy.on_conflict == "first" else -1]


def _goodness(row: Row) -> tuple[int, str, str]:
    return PROGRESS[row["status"]], str(row.get("completed_on") or ""), str(row.get("enrolled_on") or "")


def _against(row: Row, there: Row, policy: Policy) -> str:
    said = {name: row.get(name) for name in STORED if row.get(name) is not None}
    if row["status"] != "completed":
        said.pop("completed_on", None)
    if all(there.get(name) == value for name, value in said.items()):
        return "unchanged"
    if policy.on_existing == "best":
        return "updated" if _is_better(row, said, there) else "unchanged"
    return "updated" if policy.on_existing == "update" else "rejected"


def _is_better(row: Row, said: Row, there: Row) -> bool:
    further = PROGRESS[row["status"]] - PROGRESS[there["status"]]
    if further:
        return further > 0
    for name in ("completed_on", "enrolled_on"):
        if name in said:
            return there.get(name) is None or bool(said[name] > there[name])
    return False


def _seat(ordered: list[Row], outcomes: dict[Any, str], learners: dict[Any, Any], world: World) -> None:
    taken: dict[str, int] = defaultdict(int)
    for (_, code), there in world.enrollments.items():
        taken[code] += there["status"] != "cancelled"

    def known(row: Row) -> Row:
        who = learners[row["learner_email"], row["learner_employee_id"]]
        return world.enrollments.get((who, row["session_id"]), {"status": "cancelled"})

    for row in ordered:
        if outcomes[_place(row)] == "updated" and row["status"] == "cancelled" != known(row)["status"]:
            taken[row["session_id"]] -= 1
    for row in ordered:
        code = row["session_id"]
        wants = outcomes[_place(row)] in ("accepted", "updated") and row["status"] != "cancelled"
        if code in world.seats and wants and known(row)["status"] == "cancelled":
            taken[code] += 1
            if taken[code] > world.seats[code]:
                outcomes[_place(row)] = "rejected"
