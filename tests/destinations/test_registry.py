"""What every destination is and does alike, and that the command line names exactly those that there are."""

import inspect
from typing import Any, get_args

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, select

from cli.commands.import_files import import_files
from cli.main import rollbook
from destinations.protocol import Destination, Tally
from destinations.registry import DESTINATIONS
from ledger.remote import outbox
from ledger.tables import (
    employees,
    held_enrollments,
    rollbook_batches,
    rollbook_failures,
    rollbook_runs,
    training_enrollments,
    training_sessions,
)
from rollbook.options import DestinationName
from rollbook.rows.outcomes import OUTCOMES
from tests.destinations.stage import Driven, day, failures, outcomes, row, stage, terms

NAMES = sorted(DESTINATIONS)
LASTING = (employees, training_sessions, training_enrollments, rollbook_batches, held_enrollments)
# Two that are good, a copy, two that contradict each other, two with the e-mail of one learner, and that alone.
ROWS = (
    row("a@x.org", "1", group_name="G", course_id="C", enrolled_on=day("2023-05-04")),
    row("b@x.org", "2", group_name="G", course_id="C", session="S2"),
    row("a@x.org", "1", group_name="G", course_id="C", enrolled_on=day("2023-05-04")),
    row("c@x.org", "3", group_name="G", course_id="C"),
    row("c@x.org", "3", group_name="G", course_id="C", status="no_show", enrolled_on=day("2023-05-05")),
    row("d@x.org", "4", group_name="G", course_id="C"),
    row("d@x.org", "5", group_name="G", course_id="C"),
    row("d@x.org", group_name="G", course_id="C"),
)
DECIDED = ["accepted", "accepted", "duplicate", "rejected", "rejected", "rejected", "rejected", "accepted"]
TOLD = [(5, "enrollment.conflict"), (6, "enrollment.conflict"), (7, "row.two_learners"), (8, "row.two_learners")]


@pytest.fixture(params=NAMES)
def destination(request: pytest.FixtureRequest) -> Driven:
    """Each in turn."""
    return Driven(request.param)


def _lasting(connection: Connection) -> dict[str, list[Any]]:
    return {table.name: list(map(tuple, connection.execute(select(table)))) for table in LASTING}


def test_the_command_line_names_them_all() -> None:
    assert get_args(DestinationName) == tuple(DESTINATIONS)
    (to,) = [option for option in import_files.params if option.name == "to"]
    assert list(to.type.choices) == list(DESTINATIONS)  # type: ignore[attr-defined]
    told = CliRunner().invoke(rollbook, ["import", "x.csv", "--to", "nowhere"]).output
    assert all(name in told for name in DESTINATIONS)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_what_its_name_says(name: str) -> None:
    destination = DESTINATIONS[name]
    assert destination.name == name
    assert len(name) <= rollbook_runs.c.destination.type.length  # type: ignore[attr-defined]
    assert len(destination.holder) <= held_enrollments.c.destination.type.length  # type: ignore[attr-defined]
    assert destination.is_outbox or not destination.sends
    for method in ("decide", "load", "rehearse", "undo"):
        wanted = list(inspect.signature(getattr(Destination, method)).parameters)[1:]
        assert list(inspect.signature(getattr(destination, method)).parameters) == wanted


def test_what_was_emitted_to_be_sent_by_hand_is_held_by_the_same_system() -> None:
    """`note_held` knows a system by its own name and by the name of its files."""
    for name, destination in DESTINATIONS.items():
        assert name in (destination.holder, f"{destination.holder}-xml")


def test_rows_are_decided_alike(connection: Connection, destination: Driven) -> None:
    """Identities and copies are a matter of the sheet, whatever the rows are for. Doing it again is the same."""
    # Of a session without a day, nothing is sent to SmarterU.
    stage(connection, [{"session_date": day("2023-05-03"), **row} for row in ROWS])
    for _ in range(2):
        tally = destination.decide(connection, terms())
        assert outcomes(connection) == DECIDED
        assert [(row_no, code) for row_no, code, *_ in failures(connection)] == TOLD
        assert set(tally.outcomes) == set(OUTCOMES)
        assert tally.read == len(ROWS)
        assert tally.accepted == outcomes(connection).count("accepted")
        assert sum(sum(part.values()) for part in tally.by_part.values()) == len(ROWS)


def test_deciding_and_rehearsing_write_nothing_that_lasts(connection: Connection, destination: Driven) -> None:
    stage(connection, ROWS)
    before = _lasting(connection)
    rehearsed = destination.rehearse(connection, terms())
    decided = destination.decide(connection, terms())
    assert rehearsed.outcomes == decided.outcomes
    assert _lasting(connection) == before


def test_loading_accounts_for_every_row(connection: Connection, destination: Driven) -> None:
    """A row is loaded, or it is pending in the outbox, where exactly one block carries it."""
    stage(connection, ROWS)
    decided = destination.decide(connection, terms())
    loaded = destination.load(connection, terms(), decided)
    assert loaded.read == decided.read == len(ROWS)
    waiting = loaded.outcomes["pending"]
    assert (waiting, loaded.outcomes["loaded"]) == (
        (decided.accepted, 0) if destination.is_outbox else (0, decided.accepted)
    )
    blocks = sum(batch.blocks for batch in outbox.batches(connection, "r1"))
    there = len(list(connection.execute(select(training_enrollments.c.id))))
    assert (blocks, there) == ((decided.accepted, 0) if destination.is_outbox else (0, decided.accepted))
    assert outcomes(connection).count("pending") == waiting


def test_nothing_to_load_is_nothing(connection: Connection, destination: Driven) -> None:
    stage(connection, [row("a@x.org")], outcome="rejected")
    before = _lasting(connection)
    tally = destination.load(connection, terms(), destination.decide(connection, terms()))
    assert (tally.accepted, tally.outcomes["rejected"], tally.read) == (0, 1, 1)
    assert _lasting(connection) == before


def test_other_runs_are_left_alone(connection: Connection, destination: Driven) -> None:
    stage(connection, [row("z@x.org")], run_id="r0")
    other = rollbook_failures.insert().values(
        run_id="r0", part_id=1_000_000, row_no=2, col_no=0, failure_no=1000, code="x", message="x", remedy="x"
    )
    connection.execute(other)
    stage(connection, ROWS)
    destination.load(connection, terms(), destination.decide(connection, terms()))
    assert outcomes(connection, "r0") == ["accepted"]
    assert len(failures(connection, "r0")) == 1


def test_a_tally_names_every_outcome() -> None:
    assert Tally(dict.fromkeys(OUTCOMES, 1)).read == len(OUTCOMES)
