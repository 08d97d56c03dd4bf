"""An import reads its file while this process loads what judges rows, and answers a known file without that."""

import subprocess
import sys
from pathlib import Path

from tests.pipeline import app
from tests.pipeline.attendance import FIRST, write

HEAVY = ("pandas", "numpy", "pyarrow", "duckdb", "alembic")
_LOADED = f"print([name for name in {HEAVY!r} if name in sys.modules])"


def loaded(program: str, *words: str) -> str:
    """The heavy libraries that a program loads, in a process of its own, since this one has them all."""
    code = f"import sys\n{program}\n{_LOADED}"
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def test_a_command_begins_to_read_before_anything_heavy_is_loaded() -> None:
    assert loaded("import pipeline.commands.import_files") == "[]"


def test_the_same_file_again_is_answered_without_anything_heavy(tmp_path: Path, prepared_sqlite_url: str) -> None:
    sheet = write(tmp_path / "first.csv", FIRST)
    words = ("import", str(sheet), "--database", prepared_sqlite_url, "--out", str(tmp_path / "out"))
    first = app.run(*words)
    assert loaded("from cli.main import main\nmain(sys.argv[1:])", *words) == "[]"
    assert app.run("show", "last", "--database", prepared_sqlite_url).told["rows"]["read"] == first.told["rows"]["read"]
