"""`rollbook --help` must not wait for pandas: the words of the ground floor and the command line load nothing heavy."""

import gc
import subprocess
import sys
from importlib import import_module

import pytest

from rollbook.imports import imports_without, swift_imports

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


def test_a_command_that_imports_nothing_new_sets_nothing_apart() -> None:
    """In a process that does many commands, what one leaves behind in cycles would never be found again."""
    with swift_imports():
        import_module("json")
    before = gc.get_freeze_count()
    with swift_imports():
        left: list[object] = []
        left.append(left)
        del left
    assert gc.get_freeze_count() <= before
    assert gc.isenabled()


def test_what_is_named_cannot_be_imported_within() -> None:
    """Afterwards it can."""
    sys.modules.pop("this", None)
    with imports_without("this"), pytest.raises(ModuleNotFoundError):
        import_module("this")
    assert "this" not in sys.modules


def test_what_was_imported_before_stays() -> None:
    with imports_without("pytest"):
        assert import_module("pytest") is pytest
