"""`rollbook --help` must not wait for pandas: the words of the ground floor and the command line load nothing heavy."""

import subprocess
import sys

import pytest

HEAVY = ("pandas", "pandera", "pyarrow", "sqlalchemy", "alembic", "prefect", "fastexcel")


@pytest.mark.parametrize(
    "module",
    [
        "cli.main",
        "rollbook.profile",
        "rollbook.settings",
        "rollbook.rows.fields",
        "rollbook.rows.outcomes",
        "validators",
    ],
)
def test_importing_it_loads_no_heavy_library(module: str) -> None:
    """In a process of its own, since this one has them all."""
    code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
