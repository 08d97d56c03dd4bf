"""No statement does more than its share where rows are four times as many, and none is sent for each row.

SQLite counts its own instructions, MariaDB the lines that it reads.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from tests.bench.desk import Desk
from tests.bench.operations import QUICK, QUICK_ON_SERVERS, SHAPES
from tests.bench.statements import STEP, Spent, calls_by_statement, lines_by_statement, steps_by_statement
from tests.servers import fresh_database

ROWS, TIMES = 60, 4
# Below it a statement is too small to tell whether it grows.
FEW = 20_000 // STEP
FEW_LINES = 8 * ROWS * TIMES
BAR = 5
Counter = Callable[[], AbstractContextManager[Spent]]
Costs = dict[str, Spent]


def costs(folder: Path, shape: str, rows: int, url: str, *counters: Counter) -> tuple[Costs, ...]:
    """By each counter, of each command, what its statements cost."""
    found: tuple[Costs, ...] = tuple({} for _ in counters)

    def measure(name: str, command: Callable[[], int]) -> int:
        with ExitStack() as stack:
            for counted, counter in zip(found, counters, strict=True):
                counted[name] = stack.enter_context(counter())
            return command()

    folder.mkdir()
    SHAPES[shape](Desk(folder, url, rows, measure))
    return found


def grown(few: Costs, many: Costs, small: int) -> list[tuple[str, float, str]]:
    """(command, how many times as much, statement) of what grew too much. small: what tells nothing."""
    return [
        (name, round(cost / max(few[name][statement], 1), 1), statement)
        for name, spent in many.items()
        for statement, cost in spent.items()
        if cost >= small and cost > BAR * few[name][statement]
    ]


@pytest.mark.parametrize("shape", QUICK)
def test_no_statement_grows_faster_than_its_rows(tmp_path: Path, shape: str) -> None:
    """Nothing is read anew for each row, nor asked, whatever they are known by and whatever becomes of them."""
    counters = (steps_by_statement, calls_by_statement)
    (steps, calls), (more_steps, more_calls) = (
        costs(tmp_path / str(rows), shape, rows, f"sqlite:///{tmp_path / str(rows)}.db", *counters)
        for rows in (ROWS, ROWS * TIMES)
    )
    assert grown(steps, more_steps, FEW) == []
    assert all(calls.values())
    assert [(name, asked) for name, sent in more_calls.items() for asked, times in sent.items() if times > ROWS] == []


@pytest.mark.parametrize("shape", QUICK_ON_SERVERS)
def test_mariadb_reads_no_line_anew_for_each_row(tmp_path: Path, mariadb: URL, shape: str) -> None:
    """It runs other plans: an IN, an EXISTS or a NOT IN of an UPDATE or a DELETE is asked for each line."""
    found = []
    for rows in (ROWS, ROWS * TIMES):
        with fresh_database(mariadb, f"operations_{rows}") as url:
            found.append(costs(tmp_path / str(rows), shape, rows, url, partial(lines_by_statement, url)))
    (few,), (many,) = found
    assert grown(few, many, FEW_LINES) == []


def test_lines_that_mariadb_reads_are_counted_by_statement(mariadb_url: str) -> None:
    """Whatever the values are, and whoever else reads."""
    engine = create_engine(mariadb_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (a VARCHAR(9))"))
        connection.execute(text("INSERT INTO t VALUES ('b'), ('c'), ('d')"))
    with lines_by_statement(mariadb_url) as spent:
        for value in ("it's", "\\", "7"):
            with create_engine(mariadb_url).connect() as connection:
                connection.execute(text("SELECT * FROM t WHERE a = :a AND 1 < 2"), {"a": value}).all()
    assert spent["SELECT * FROM t WHERE a = ? AND ? < ?"] == 9


def test_a_statement_that_compares_each_with_each_is_found(tmp_path: Path) -> None:
    """What the test above looks for."""
    steps = []
    for rows in (ROWS, ROWS * TIMES):
        with steps_by_statement() as spent, create_engine(f"sqlite:///{tmp_path / str(rows)}").begin() as connection:
            connection.execute(text("CREATE TABLE t (a TEXT)"))
            connection.execute(text("INSERT INTO t VALUES (:a)"), [{"a": str(number)} for number in range(rows)])
            pairs = "SELECT count(*) FROM t JOIN t AS other ON t.a || '' = other.a || '1'"
            connection.execute(text(pairs)).all()
        steps.append(spent[pairs])
    assert steps[1] > FEW
    assert steps[1] > BAR * steps[0]
