"""All that commands and their tests import, and make at their first use: forks of a process find it there."""

import gc
import pkgutil
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.servers.statements import compile_once

_OURS = ("cli", "dashboard", "destinations", "ledger", "pipeline", "reports", "rollbook", "transforms", "validators")
_OTHERS = (
    "encodings.idna",
    "filelock",
    "hypothesis",
    "lxml.etree",
    "pytest",
    "sqlalchemy.dialects.mysql.pymysql",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "uvicorn",
    "tests.pipeline.rest_desk",
    "tests.pipeline.smarteru_desk",
)


def _modules_of(package: str) -> list[str]:
    found = pkgutil.walk_packages(import_module(package).__path__, f"{package}.")
    return [module.name for module in found if not module.name.endswith(("__main__", ".env"))]


for _name in (*_OTHERS, *(module for package in _OURS for module in _modules_of(package))):
    import_module(_name)


def _import_once() -> None:
    """The words of all languages, what pandera imports late, the SQL of an import: half of what a small one costs."""
    from cli.main import main
    from sources.process.pool import end_idle
    from tests.pipeline.attendance import FIRST, write, write_settings

    compile_once()
    with TemporaryDirectory() as made, redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        folder = Path(made)
        write_settings(folder / "rollbook.toml")
        words = ["--database", f"sqlite:///{folder / 'rollbook.db'}", "--settings", str(folder / "rollbook.toml")]
        main(["import", str(write(folder / "first.csv", FIRST)), "--out", str(folder / "out"), *words])
    end_idle()


_import_once()
# Forks look through what they find here no more: each would copy it all.
gc.collect()
gc.freeze()
