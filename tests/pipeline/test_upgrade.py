"""A database in which an older Rollbook left a run unfinished, with rows staged in its tables, is upgraded."""

import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, Table, insert, inspect, select, update

from ledger import database
from ledger.database import open_database, parse_url
from ledger.tables import rollbook_failures, rollbook_files, rollbook_parts, rollbook_rows, rollbook_runs
from tests.pipeline import app
from tests.pipeline.attendance import FIRST, write, write_settings
from tests.pipeline.killing import at_stage, killed, points_of

KILLED = -9


class Old:
    """A database of an older schema with a run that judged and staged its rows, and was killed before it decided.

    point: the number of the point at which it was killed.
    """

    def __init__(self, folder: Path, url: str, revision: str, point: int) -> None:
        self.url = url
        self.sheet = write(folder / "first.csv", FIRST)
        self._given = ("--settings", write_settings(folder / "rollbook.toml"), "--out", folder / "out")
        recent = f"sqlite:///{folder}/recent.db"
        assert killed(_words(self.sheet, recent, *self._given), at_stage, point) == KILLED
        engine = database._engine(parse_url(url))
        with engine.begin() as connection:
            database._upgrade(connection, revision)
        (parts,) = folder.glob("out/*/work/parts")
        self._fill(open_database(recent, create=False), engine, parts)
        shutil.rmtree(parts.parent)
        engine.dispose()

    def _fill(self, recent: Engine, engine: Engine, parts: Path) -> None:
        with recent.connect() as here, engine.begin() as there:
            for table in (rollbook_runs, rollbook_files, rollbook_parts):
                _copy(there, table, [dict(line) for line in here.execute(select(table)).mappings()])
            (run_id,) = here.scalars(select(rollbook_runs.c.run_id))
            there.execute(update(rollbook_parts).values(state="staged", rows_read=3))
            for table, kind in ((rollbook_rows, "rows"), (rollbook_failures, "failures")):
                for path in sorted(parts.glob(f"*.{kind}.parquet")):
                    lines = pq.read_table(path).to_pylist()
                    _copy(there, table, [{**line, "run_id": run_id} for line in lines])
            assert there.scalars(select(rollbook_rows.c.outcome).distinct().order_by("outcome")).all() == [
                "accepted",
                "rejected",
            ]
        recent.dispose()

    def resume(self) -> app.Answer:
        """Finish its run."""
        return app.run("resume", "last", "--database", self.url, *self._given[:2])

    def import_again(self) -> app.Answer:
        """Import its sheet."""
        return app.run("import", self.sheet, "--database", self.url, *self._given)


def _copy(connection: Any, table: Table, lines: list[dict[str, Any]]) -> None:
    known = {column["name"] for column in inspect(connection).get_columns(table.name)}
    for line in lines:
        connection.execute(insert(table).values({name: value for name, value in line.items() if name in known}))


def _words(sheet: Path, url: str, *given: str | Path) -> list[str]:
    return [str(word) for word in ("import", sheet, "--database", url, *given)]


@pytest.fixture(scope="module")
def before_deciding(tmp_path_factory: pytest.TempPathFactory) -> int:
    """The number of the point at which an import of the sheet begins to decide."""
    folder = tmp_path_factory.mktemp("undisturbed")
    given = ("--settings", write_settings(folder / "rollbook.toml"), "--out", folder / "out")
    words = _words(write(folder / "first.csv", FIRST), f"sqlite:///{folder}/test.db", *given)
    return points_of(words, at_stage).index("before run") + 1


@pytest.fixture(params=["0001", "0006"])
def old(request: pytest.FixtureRequest, tmp_path: Path, database_url: str, before_deciding: int) -> Old:
    """Of the first schema, and of the last that staged rows in the database."""
    return Old(tmp_path, database_url, request.param, before_deciding)


def _loaded_by_a_new_one(old: Old, tmp_path: Path) -> list[dict[str, Any]]:
    """What the same sheet leaves where nothing was before."""
    url = f"sqlite:///{tmp_path}/new.db"
    assert app.run("import", old.sheet, "--database", url, "--out", tmp_path / "new-out").exit == 1
    return app.enrollments(url)


@pytest.mark.parametrize("command", ["resume", "import"])
def test_its_unfinished_run_is_read_again_and_ends(old: Old, tmp_path: Path, command: str) -> None:
    """What was staged in the database is gone, each row stands once, and the accounts add up."""
    answer = old.resume() if command == "resume" else old.import_again()
    assert (answer.exit, answer.told["state"]) == (1, "with_failures"), answer
    assert app.enrollments(old.url) == _loaded_by_a_new_one(old, tmp_path)
    with database._engine(parse_url(old.url)).connect() as connection:
        outcomes = connection.scalars(select(rollbook_rows.c.outcome)).all()
    assert set(outcomes) == {"rejected", "duplicate"}
    assert len(outcomes) == answer.told["rows"]["rejected"] + answer.told["rows"]["duplicate"]


def test_where_its_file_has_changed_it_says_so_and_the_file_can_be_imported(old: Old) -> None:
    """Nothing is loaded of what nobody can read any more."""
    write(old.sheet, [*FIRST, ("zoe@example.com", "", "", "S-9", "Attended", "", "")])
    resumed = old.resume()
    assert [file["code"] for file in resumed.told["files"]] == ["file.changed"], resumed
    assert (resumed.told["rows"]["loaded"], app.enrollments(old.url)) == (0, [])
    assert old.import_again().told["rows"]["loaded"] > 0
