"""No statement does more than its share where rows are four times as many: SQLite counts its own instructions."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench.desk import Desk
from tests.bench.operations import QUICK, SHAPES
from tests.bench.statements import STEP, Spent, steps_by_statement

ROWS, TIMES = 60, 4
# Below it a statement is too small to tell whether it grows.
FEW = 20_000 // STEP
BAR = 5


def costs(folder: Path, shape: str, rows: int) -> dict[str, Spent]:
    """Of each command, what its statements cost."""
    found = {}

    def measure(name: str, command: Callable[[], int]) -> int:
        with steps_by_statement() as spent:
            code = command()
        found[name] = spent
        return code

    folder.mkdir()
    SHAPES[shape](Desk(folder, f"sqlite:///{folder / 'rows.db'}", rows, measure))
    return found


@pytest.mark.parametrize("shape", QUICK)
def test_no_statement_grows_faster_than_its_rows(tmp_path: Path, shape: str) -> None:
    """Nothing is read anew for each row, whatever the rows are known by and whatever becomes of them."""
    few, many = costs(tmp_path / "few", shape, ROWS), costs(tmp_path / "many", shape, ROWS * TIMES)
    grown = [
        (name, round(steps / max(few[name][statement], 1), 1), statement)
        for name, spent in many.items()
        for statement, steps in spent.items()
        if steps >= FEW and steps > BAR * few[name][statement]
    ]
    assert grown == []


def test_a_statement_that_compares_each_with_each_is_found(tmp_path: Path) -> None:
    """What the test above looks for."""
    from sqlalchemy import create_engine, text

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
