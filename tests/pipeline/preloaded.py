"""All that commands and their tests import, for a process that others are forked from: each finds it there."""

import pkgutil
from importlib import import_module

import pandas as pd
import pandera.pandas as pa

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
# The first table that is checked makes pandera import the most.
pa.DataFrameSchema({"a": pa.Column(str)}).validate(pd.DataFrame({"a": ["text"]}))
