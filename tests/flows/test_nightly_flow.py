"""The deployed flows: a pass over a drop folder, a round of delivery; what is tried again, and what never is."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.engine import make_url

from ledger import runs
from ledger.database import open_database
from ledger.tables import rollbook_drops, rollbook_runs, training_enrollments
from pipeline.runner import StepLabel
from tests.flows.prefect_side import PrefectSide, state_of, until
from tests.pipeline import app
from tests.pipeline.attendance import FIRST, SECOND, write
from tests.pipeline.smarteru_desk import SmarterUDesk, mail, row, smarteru_desk
from tests.servers.postgresql import Restartable, restartable_postgresql


class Place:
    """A drop folder, a database and settings, as a deployment knows them."""

    def __init__(self, folder: Path, side: PrefectSide, url: str) -> None:
        self.folder, self.side, self.url = folder, side, url
        self.drop = folder / "drop"
        self.drop.mkdir()
        self.set()
        open_database(url, create=True)

    def set(self, *lines: str, retries: int = 1, pause: float = 0.1) -> None:
        """Write the settings."""
        first = [f"database = '{self.url}'", f"out = '{self.folder / 'out'}'", *lines]
        nightly = ["[nightly]", "settled_seconds = 0.01"]
        prefect = ["[prefect]", f"retries = {retries}", f"retry_seconds = {pause}"]
        (self.folder / "rollbook.toml").write_text("\n".join([*first, *nightly, *prefect]))

    def night(self, **judging: Any) -> dict[str, Any]:
        """The flow `nightly-import`; its run as Prefect knows it."""
        from flows.deployments import nightly_import
        from rollbook.options import JudgingOptions

        settings = str(self.folder / "rollbook.toml")
        nightly_import(str(self.drop), settings, JudgingOptions(**judging), return_state=True)
        return self.side.flow_runs(f"nightly-import {self.drop}")[-1]

    def there(self, place: str) -> list[str]:
        """The files of done/ or failed/."""
        return sorted(path.name for path in (self.drop / place).iterdir())


@pytest.fixture
def place(tmp_path: Path, prefect_side: PrefectSide) -> Place:
    """One with a SQLite database."""
    return Place(tmp_path, prefect_side, f"sqlite:///{tmp_path / 'rollbook.db'}")


def test_the_same_as_by_the_command_line(place: Place, tmp_path: Path) -> None:
    """Row for row, and the bad rows are no reason to try again."""
    for name, rows in (("first.csv", FIRST), ("second.csv", SECOND)):
        write(place.drop / name, rows)
    run = place.night()
    assert state_of(run) == ("COMPLETED", "11 read, 5 loaded, 1 duplicate, 5 rejected")
    assert {task["run_count"] for task in place.side.ended_tasks(run)} == {1}
    assert run["parameters"]["folder"] == str(place.drop)
    flow = app.contents(place.url)
    for name in ("first.csv", "second.csv"):
        (place.drop / "done" / name).rename(place.drop / name)
        (place.drop / "done" / name).with_suffix(".failed-rows.xlsx").unlink()
    plain = f"sqlite:///{tmp_path / 'plain.db'}"
    words = ("--settings", tmp_path / "rollbook.toml", "--database", plain)
    assert app.run("nightly", place.drop, "--create", *words).exit == 1
    assert [name for name, held in app.contents(plain).items() if held != flow[name]] == []


def test_a_limit_fails_the_flow_and_says_which(place: Place) -> None:
    """No other file is held up by it, and it is not tried again."""
    write(place.drop / "first.csv", FIRST)
    write(place.drop / "second.csv", SECOND)
    run = place.night(max_rejected=2)
    kind, told = state_of(run)
    assert kind == "FAILED"
    assert told is not None
    assert told.endswith("was stopped by its limits: 4 rows were rejected, more than --max-rejected 2 allows.")
    assert (place.there("done"), place.there("failed")[0]) == (["second.csv", "second.failed-rows.xlsx"], "first.csv")
    assert {task["run_count"] for task in place.side.ended_tasks(run)} == {1}
    assert "**5 rows failed and 1 run was stopped.**" in place.side.artifacts(run)["summary"]


def test_nothing_to_import(place: Place) -> None:
    run = place.night()
    assert state_of(run) == ("COMPLETED", "There was nothing to do.")
    assert place.side.artifacts(run) == {}


def test_what_cannot_begin_fails_the_flow(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    """Its reason stands in the process's own output only."""
    place.drop.rmdir()
    run = place.night()
    told = "CannotBegin, it could not begin: see what rollbook itself says"
    assert state_of(run) == ("FAILED", told)
    assert f"rollbook: There is no folder {place.drop}" in capfd.readouterr().err
    assert {task["run_count"] for task in place.side.ended_tasks(run)} == {1}


def test_a_server_that_went_costs_the_artifacts_only(place: Place, sqlite_url: str) -> None:
    """Nothing is raised, and each kind of thing is tried but once."""
    from prefect import flow
    from prefect.context import SyncClientContext
    from prefect.settings import PREFECT_API_URL, temporary_settings

    from flows.artifacts import Showing

    sheet = write(place.folder / "first.csv", FIRST)
    name = app.run("import", sheet, "--database", sqlite_url, "--out", place.folder / "out").told["run"]
    shown = Showing()

    @flow
    def showing() -> None:
        # The client of the flow run knows the address of the server that is up.
        own = SyncClientContext.__var__.set(None)  # type: ignore[arg-type]
        connecting = open_database(sqlite_url, create=False).connect()
        with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}), connecting as connection:
            with connection.begin():
                run = runs.find(connection, name)
            shown.add(connection, run)
            for number in (1, 2, 3):
                shown.step(StepLabel("read", "first.csv", number, 3))
            shown.publish()
        SyncClientContext.__var__.reset(own)

    showing()
    assert shown.outcome() == "8 read, 3 loaded, 1 duplicate, 4 rejected"
    assert shown._given_up == {"The progress is not shown", "Artifacts were not made"}


def test_parameters_are_checked(place: Place) -> None:
    """Before anything runs; and each has a description."""
    from prefect.exceptions import ParameterTypeError
    from pydantic import TypeAdapter

    from flows.deployments import deliver, import_history, migrate, nightly_import
    from rollbook.options import JudgingOptions

    for wrong in ({"max_rejected": -1}, {"on_existing": "overwrite"}, {"to": "moon base"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            TypeAdapter(JudgingOptions).validate_python(wrong)
    with pytest.raises(ParameterTypeError):
        nightly_import("")
    with pytest.raises(ParameterTypeError):
        nightly_import(str(place.drop), judging={"unheard_of": 1})  # type: ignore[call-overload]
    for flow in (nightly_import, import_history, migrate, deliver):
        shown = flow.parameters.model_dump()
        described = [
            *shown["properties"].values(),
            *shown["definitions"].get("JudgingOptions", {}).get("properties", {}).values(),
        ]
        assert [each for each in described if not each.get("description")] == []


def test_deployed_import(place: Place) -> None:
    """The flow `import-history`; the same again is answered from the ledger."""
    from flows.deployments import import_history

    sheet = write(place.folder / "first.csv", FIRST)
    settings = str(place.folder / "rollbook.toml")
    for told in ("8 read, 3 loaded, 1 duplicate, 4 rejected", "There was nothing to do."):
        state = import_history([str(sheet)], settings, return_state=True)
        assert (state.type.value, state.message) == ("COMPLETED", told)
    assert len(place.side.flow_runs("import-history first.csv")) == 2


def test_a_database_that_goes_and_comes_back(tmp_path: Path, prefect_side: PrefectSide) -> None:
    """The pass is tried again on a new connection, under its lock; every file is imported exactly once."""
    with restartable_postgresql() as server:
        place = Place(tmp_path, prefect_side, server.url)
        place.set(retries=3, pause=1.0)
        for number in range(1, 5):
            rows = [(f"u{number}{each}@example.com", "", "", "S-1", "Attended", "", "") for each in range(10)]
            write(place.drop / f"{number}.csv", rows)
        with _away_when((place.drop / "done" / "2.csv").exists, server):
            run = place.night()
        assert state_of(run) == ("COMPLETED", "40 read, 40 loaded")
        tasks = {task["name"]: task for task in prefect_side.ended_tasks(run)}
        assert tasks[f"look into {place.drop}"]["run_count"] > 1
        assert tasks["import 1.csv (1 of 4)"]["run_count"] == 1
        assert place.there("done") == ["1.csv", "2.csv", "3.csv", "4.csv"]
        with create_engine(make_url(server.url)).connect() as connection:
            assert len(connection.execute(select(training_enrollments)).all()) == 40
            assert connection.execute(select(rollbook_runs.c.state)).scalars().all() == ["completed"] * 4
            drops = select(rollbook_drops.c.name).where(rollbook_drops.c.state == "done")
            assert sorted(connection.execute(drops).scalars()) == ["1.csv", "2.csv", "3.csv", "4.csv"]


@contextmanager
def _away_when(is_time: Callable[[], bool], server: Restartable) -> Iterator[None]:
    """Stop the server at that moment, and start it a second later."""

    def go() -> None:
        until(is_time, "the moment")
        server.stop()
        threading.Event().wait(1)
        server.start()

    thread = threading.Thread(target=go)
    thread.start()
    try:
        yield
    finally:
        thread.join(60)


def test_a_database_that_refuses_is_not_tried_again(place: Place) -> None:
    """It would refuse again."""
    with open_database(place.url, create=False).begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER refuse BEFORE INSERT ON training_enrollments BEGIN SELECT RAISE(ABORT, 'no dora'); END"
        )
    write(place.drop / "second.csv", SECOND)
    run = place.night()
    assert state_of(run) == ("FAILED", "DatabaseRefused: see what rollbook itself says")
    assert {task["run_count"] for task in place.side.ended_tasks(run)} == {1}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmarterUDesk]:
    """A desk with a SmarterU."""
    with smarteru_desk(tmp_path, f"sqlite:///{tmp_path / 'rollbook.db'}", monkeypatch) as there:
        there.settings()
        path = there.folder / "rollbook.toml"
        prefect = "[prefect]\nretries = 2\nretry_seconds = 0.1\n"
        path.write_text(f"database = '{there.url}'\n{prefect}{path.read_text()}")
        yield there


def _deliver(desk: SmarterUDesk, side: PrefectSide, *, emitted: bool = False) -> dict[str, Any]:
    from flows.deployments import deliver

    deliver(str(desk.folder / "rollbook.toml"), emitted, return_state=True)
    return side.flow_runs("deliver")[-1]


def test_deliver_goes_on_when_smarteru_comes_back(desk: SmarterUDesk, prefect_side: PrefectSide) -> None:
    """The client gives up after its tries; the round is tried again later, and nothing is sent twice."""
    desk.server.misbehave("500_before", "500_before", "500_before")
    stopped = desk.send(row(mail(1)), row(mail(2)))
    assert stopped.exit == 3
    desk.server.misbehave("500_before", "500_before", "500_before")
    before = len(desk.server.requests)
    run = _deliver(desk, prefect_side)
    assert state_of(run) == ("COMPLETED", "2 read, 2 loaded")
    tasks = {task["name"]: task for task in prefect_side.ended_tasks(run)}
    assert tasks["look into the outbox"]["run_count"] == 2
    assert len(desk.server.requests) - before == 4
    assert desk.server.double_sends == []
    assert desk.taken() == {(mail(1), "S1"): "Attended", (mail(2), "S1"): "Attended"}


def test_deliver_sends_what_was_emitted_only_when_asked(desk: SmarterUDesk, prefect_side: PrefectSide) -> None:
    """And a block that SmarterU refuses is never sent again."""
    emitted = desk.emit(row(mail(1)), row("stranger@example.com"))
    assert state_of(_deliver(desk, prefect_side)) == ("COMPLETED", "There was nothing to do.")
    assert desk.server.requests == []
    run = _deliver(desk, prefect_side, emitted=True)
    assert state_of(run) == ("COMPLETED", "2 read, 1 loaded, 1 failed")
    names = [task["name"] for task in prefect_side.ended_tasks(run)]
    assert names[:2] == ["look into the outbox", f"deliver {emitted.told['run']}"]
    assert {task["run_count"] for task in prefect_side.ended_tasks(run)} == {1}
    sent = len(desk.server.requests)
    assert state_of(_deliver(desk, prefect_side, emitted=True)) == ("COMPLETED", "There was nothing to do.")
    assert len(desk.server.requests) == sent


def test_a_refused_call_stops_the_round(desk: SmarterUDesk, prefect_side: PrefectSide) -> None:
    """It is not tried again: its reason is ours to mend."""
    desk.server.permitted = False
    desk.emit(row(mail(1)))
    run = _deliver(desk, prefect_side, emitted=True)
    kind, told = state_of(run)
    assert (kind, "rollbook show" in str(told)) == ("FAILED", True)
    assert {task["run_count"] for task in prefect_side.ended_tasks(run)} == {1}
    assert len(desk.server.requests) == 1
