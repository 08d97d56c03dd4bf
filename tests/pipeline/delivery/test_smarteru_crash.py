"""A process killed anywhere on the way to SmarterU: `resume` brings both sides to where nothing had happened."""

import itertools
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import URL

import ledger.remote.outbox
import pipeline.delivery.deliver
import pipeline.delivery.smarteru
from destinations.smarteru.client import SmarterU
from tests.pipeline import app
from tests.pipeline.killing import Fuse, around, at_statements, at_steps, killed, points_of
from tests.pipeline.smarteru_desk import SmarterUDesk, mail, outbox_of, row, smarteru_desk
from tests.servers import fresh_database
from tests.servers.smarteru import Style

KILLED = -9
# Two batches; one has a block whose error names nobody, so that the batch is sent in parts.
ROWS = (
    row(mail(1)),
    row(mail(2)),
    row("stranger@example.com"),
    row("007"),
    row(mail(3), "S4", "Completed", "80"),
    row(mail(4), "S4", "Completed", "150"),
)
SILENT = Style(info="none", numbers="none", names=False)
_NUMBERS = itertools.count(1)
Contents = dict[str, Any]


def at_requests(fuse: Fuse) -> None:
    """Points: around every request, and around what is recorded of batches and blocks, and of the run's end."""
    around(
        fuse,
        (SmarterU, "call"),
        (pipeline.delivery.deliver, "emit"),
        (pipeline.delivery.deliver, "end"),
        (pipeline.delivery.deliver, "write_batch_reports"),
        (pipeline.delivery.deliver, "write_reports"),
        (pipeline.delivery.smarteru, "note_verdicts"),
        (ledger.remote.outbox, "mark_sending"),
    )


@dataclass(frozen=True)
class Place:
    """Databases that each hold the same run, emitted and not sent."""

    kind: str
    folder: Path
    run: str
    copy: Callable[[], str]


@pytest.fixture(scope="module")
def sqlite_place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Copies of one file."""
    folder = tmp_path_factory.mktemp("crash")
    template = folder / "template.db"
    run = _emit(folder, f"sqlite:///{template}")

    def copy() -> str:
        path = folder / f"copy-{next(_NUMBERS)}.db"
        with closing(sqlite3.connect(template)) as here, closing(sqlite3.connect(path)) as there:
            here.backup(there)
        return f"sqlite:///{path}"

    return Place("sqlite", folder, run, copy)


@pytest.fixture(scope="module")
def postgresql_place(tmp_path_factory: pytest.TempPathFactory, postgresql: URL) -> Iterator[Place]:
    """Copies of one database."""
    folder = tmp_path_factory.mktemp("crash")
    with ExitStack() as stack:
        template = f"smarteru_template_{next(_NUMBERS)}"
        run = _emit(folder, stack.enter_context(fresh_database(postgresql, template)))

        def copy() -> str:
            name = f"smarteru_{next(_NUMBERS)}"
            return stack.enter_context(fresh_database(postgresql, name, template=template))

        yield Place("postgresql", folder, run, copy)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest) -> Place:
    """The test runs once on each of the two."""
    made: Place = request.getfixturevalue(f"{request.param}_place")
    return made


def _emit(folder: Path, url: str) -> str:
    desk = SmarterUDesk(folder, url)
    desk.settings(batch_size=4)
    answer = desk.emit(*ROWS)
    assert answer.told["rows"]["pending"] == len(ROWS), answer
    return str(answer.told["run"])


def _sides(desk: SmarterUDesk) -> Contents:
    """What the database says, and what SmarterU holds, but for the moments."""
    deliveries, batches, held = outbox_of(desk.url)
    runs = {"run_id": None}
    told = {
        "deliveries": [line | runs for line in deliveries],
        "batches": [line | runs for line in batches],
        "held": [line | runs for line in held],
        "smarteru": {
            (key, one.status, one.grade, one.enrolled_on, one.group) for key, one in desk.server.enrollments.items()
        },
    }
    return {**app.contents(desk.url), **told}


def _compare(found: Contents, undisturbed: Contents, point: str) -> None:
    for table, lines in undisturbed.items():
        assert found[table] == lines, f"{table}, killed {point}"


def test_killed_between_recording_sending_settling_and_ending(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was confirmed is not sent again, what was not is found out: the same as undisturbed, on both sides."""
    style = SILENT if place.kind == "sqlite" else Style()
    command = ("smarteru", "send", place.run)
    with smarteru_desk(place.folder, place.copy(), monkeypatch, style=style) as desk:
        words = desk._words(" ".join(command[:2]), (place.run,))
        points = points_of(words, at_requests)
        undisturbed = _sides(desk)
    assert [line["state"] for line in undisturbed["batches"]] == ["settled"] * 2
    assert sorted(line["state"] for line in undisturbed["deliveries"]) == ["failed"] * 2 + ["loaded"] * 4
    assert {"before emit", "after mark_sending", "before call", "after call", "before end"} <= set(points)
    chosen = _chosen(points)
    for at in chosen if place.kind == "sqlite" else chosen[2::2]:
        with smarteru_desk(place.folder, place.copy(), monkeypatch, style=style) as desk:
            _kill_and_resume(desk, place.run, at, points[at - 1], undisturbed)


def _chosen(points: list[str]) -> list[int]:
    """Numbers of points: the first of each kind behind a request, and what comes before and after all requests."""
    first = {point: at for at, point in reversed(list(enumerate(points, 1)))}
    last = {point: at for at, point in enumerate(points, 1)}
    chosen = {first[point] for point in ("before emit", "after mark_sending", "after call", "after note_verdicts")}
    return sorted(chosen | {last[point] for point in ("after call", "before end", "after end", "after write_reports")})


def _kill_and_resume(desk: SmarterUDesk, run: str, at: int, point: str, undisturbed: Contents) -> None:
    assert killed(desk._words("smarteru send", (run,)), at_requests, at) == KILLED
    confirmed = {key for key, (state, _) in desk.states().items() if state == "loaded"}
    desk.server.double_sends.clear()
    answer = desk.do("resume", run)
    if answer.exit == 2:  # it was killed before the run was taken up, or after it had ended
        assert point in ("before emit", "after write_reports"), (point, answer)
        answer = desk.do("smarteru send" if point == "before emit" else "show", run)
    assert answer.told["exit"] == 1, (point, answer)
    _compare(_sides(desk), undisturbed, point)
    again = {(desk.server.users[user].email, session) for user, session in desk.server.double_sends}
    assert again & confirmed == set(), point


@pytest.mark.parametrize("points", [at_steps, at_statements], ids=["steps", "statements"])
def test_killed_during_an_import_that_sends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, points: Callable[[Fuse], None]
) -> None:
    """From reading to reporting: rows are recorded before they are sent, and each is sent."""
    with smarteru_desk(tmp_path, f"sqlite:///{tmp_path / 'undisturbed.db'}", monkeypatch) as desk:
        path = desk.rows(*ROWS)
        words = desk._words("import", (path, "--to", "smarteru"))
        passed = points_of(words, points)
        undisturbed = _sides(desk)
        assert len(undisturbed["smarteru"]) == 4
    for at in _spread(passed):
        with smarteru_desk(tmp_path, f"sqlite:///{tmp_path / f'{points.__name__}-{at}.db'}", monkeypatch) as desk:
            words = desk._words("import", (path, "--to", "smarteru"))
            assert killed(words, points, at) == KILLED
            answer = desk.do("resume")
            if answer.exit == 2 or answer.told.get("runs") == []:  # there is no run yet, or it has ended
                answer = (
                    desk.do("import", path, "--to", "smarteru") if at < len(passed) // 2 else desk.do("show", "last")
                )
            assert answer.told["exit"] == 1, (passed[at - 1], answer)
            _compare(_sides(desk), undisturbed, passed[at - 1])


def _spread(points: list[str]) -> list[int]:
    """Around the steps that decide and deliver, or some of the statements behind the recording."""
    if points[0].startswith("before read"):
        return [len(points) - 2, len(points) - 1]
    (first, *_) = [at for at, point in enumerate(points, 1) if "rollbook_deliveries" in point]
    chosen = range(first, len(points) + 1)
    return list(chosen[:: max(len(chosen) // 3, 1)])


def test_two_processes_send_one_after_the_other(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """SmarterU wants one request at a time: who sends to an account waits for the other."""
    with smarteru_desk(place.folder, place.copy(), monkeypatch, pause=0.05) as desk:
        desk.settings(batch_size=1)
        runs = [
            desk.do("import", desk.rows(*some, name=f"{name}.csv"), "--to", "smarteru-xml").told["run"]
            for name, some in (
                ("one", [row(mail(number), "S3", "Attended") for number in range(1, 9)]),
                ("two", [row(mail(number), "S2", "Attended") for number in range(1, 9)]),
            )
        ]
        processes = [app.fork(*desk._words("smarteru send", (run,))[:-2], *_settings(desk)) for run in runs]
        ends = [(*process.communicate(timeout=60), process.returncode) for process in processes]
        assert [code for _, _, code in ends] == [0, 0], ends
        assert [request.blocks for request in desk.server.requests] == [1] * 16
        assert desk.server.in_flight_most == 1
        assert (len(desk.taken()), desk.server.double_sends) == (16, [])


def _settings(desk: SmarterUDesk) -> tuple[str, str]:
    return "--settings", str(desk.folder / "rollbook.toml")
