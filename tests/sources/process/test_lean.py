"""A process that reads a file or writes a workbook starts without pandas and NumPy."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
import pyarrow as pa
print(sys.argv[1:], pa.array(["one", None]).to_pylist(), [name for name in ("pandas", "numpy") if name in sys.modules])
import numpy as np
print(np.arange(2).sum())
"""


def test_arrow_does_without_and_our_modules_may_have_numpy(tmp_path: Path) -> None:
    """The module gets its words, and NumPy where it asks for it."""
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    command = [sys.executable, "-m", "sources.process.lean", "program", "word"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.splitlines() == ["['word'] ['one', None] []", "1"]


@pytest.mark.parametrize("module", ["sources.process.child", "reports.workbook.writer"])
def test_what_reads_and_writes_files_starts_without(module: str) -> None:
    """Else each import would wait for them."""
    code = (
        "import sys; from importlib import import_module; from sources.process.lean import import_arrow_alone; "
        f"import_arrow_alone(); import_module({module!r}); print('numpy' in sys.modules, 'pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False False"
