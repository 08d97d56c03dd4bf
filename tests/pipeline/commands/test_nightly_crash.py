"""A pass over a drop folder that is killed anywhere: the next one ends every file exactly once."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import URL

from sources.drop_folder import DropFolder
from tests.pipeline import app
from tests.pipeline.attendance import FIRST, SECOND, write
from tests.pipeline.commands.test_nightly import Desk
from tests.pipeline.killing import Fuse, around, at_statements, killed, points_of
from tests.servers import fresh_database

KILLED = -9


def at_files(fuse: Fuse) -> None:
    """Points: before and after whatever changes files of the folder."""
    around(fuse, (DropFolder, "move"), (DropFolder, "put"))


def at_moves(fuse: Fuse) -> None:
    """Points: at a move that copies first and removes then, as object stores do."""

    def move(self: DropFolder, name: str, target: str) -> None:
        path = Path(self._at(target))
        path.parent.mkdir(exist_ok=True)
        shutil.copy(self._at(name), path)
        fuse("copied")
        Path(self._at(name)).unlink()

    DropFolder.move = move  # type: ignore[method-assign]


class Night(Desk):
    """A pass over three files."""

    def fill(self) -> "Night":
        """The files, of which one fails as a whole, and some rows of another."""
        write(self.drop / "a.csv", FIRST)
        write(self.drop / "b.csv", SECOND[:1])
        (self.drop / "c.xlsx").write_bytes(b"PK\x03\x04 this is no workbook")
        return self

    @property
    def words(self) -> list[str]:
        """The command."""
        return ["nightly", *map(str, (self.drop, "--create", "--out", self.folder / "out", *self.shared))]

    def state(self) -> dict[str, Any]:
        """All that must be as if nothing had happened."""
        return {**app.contents(self.url), "there": self.there(), "drops": self.drops()}


@pytest.fixture
def night(tmp_path: Path) -> Callable[[str | None], Night]:
    """Makes the same folder with the same files, and a database of its own."""

    def make(url: str | None = None) -> Night:
        shutil.rmtree(tmp_path, ignore_errors=True)
        tmp_path.mkdir()
        made = Night(tmp_path).fill()
        made.url = url or made.url
        return made

    return make


@pytest.mark.parametrize("points", [at_files, at_moves])
def test_killed_at_every_touch_of_a_file(night: Callable[..., Night], points: Callable[[Fuse], None]) -> None:
    undisturbed = night()
    passed = points_of(undisturbed.words, points)
    expected = undisturbed.state()
    assert expected["there"] == ["done/a.csv", "done/a.failed-rows.xlsx", "done/b.csv", "failed/c.xlsx"]
    assert len(passed) >= 3
    for number, point in enumerate(passed, 1):
        disturbed = night()
        assert killed(disturbed.words, points, number) == KILLED, point
        assert app.run(*disturbed.words).exit in (0, 1)
        assert disturbed.state() == expected, point


def test_killed_at_statements(night: Callable[..., Night]) -> None:
    """At every 31st of those that write, from the taking of the first file to the moving of the last."""
    undisturbed = night()
    passed = points_of(undisturbed.words, at_statements)
    expected = undisturbed.state()
    first = next(number for number, point in enumerate(passed, 1) if point == "INSERT INTO rollbook_drops")
    for number in range(first, len(passed) + 1, 31):
        disturbed = night()
        assert killed(disturbed.words, at_statements, number) == KILLED
        assert app.run(*disturbed.words).exit in (0, 1)
        assert disturbed.state() == expected, (number, passed[number - 1])


def test_killed_on_postgresql(night: Callable[..., Night], postgresql: URL) -> None:
    expected = None
    for number in range(0, 140, 60):
        with fresh_database(postgresql, f"night_{number}") as url:
            disturbed = night(url)
            assert killed(disturbed.words, at_statements, number) == (KILLED if number else 1)
            app.run(*disturbed.words)
            expected = expected or disturbed.state()
            assert disturbed.state() == expected, number


def test_two_passes_at_once_do_the_work_once(night: Callable[..., Night]) -> None:
    alone = night()
    app.run(*alone.words)
    expected = alone.state()
    twice = night()
    app.run("nightly", twice.folder / "out-of-the-way", "--create", *twice.shared)  # the database is made
    both = [app.fork(*twice.words) for _ in range(2)]
    answers = [process.communicate(timeout=120) for process in both]
    assert {process.returncode for process in both} == {0, 1}
    assert [errors for _, errors in answers if "Another process is importing from" in errors]
    assert twice.state() == expected
