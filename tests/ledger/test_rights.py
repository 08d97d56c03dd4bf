"""The rights that docs/settings.md names are enough for everything but making tables, and what lacks is told."""

from itertools import count
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from ledger.database import parse_url
from tests.pipeline.desk import Desk

PAGE = Path(__file__).parents[2] / "docs/settings.md"
NAMES = {"postgresql": "PostgreSQL", "mariadb": "MariaDB"}
_NUMBERS = count(1)
HEADERS = ("Email", "Session ID", "Session date", "Status")
ROWS = (("mia@example.com", "S-3", "2022-06-01", "Attended"), ("leo@example.com", "S-3", "2022-06-01", "Atended"))


def test_with_the_rights_of_the_page_rows_are_loaded_and_taken_back(server_database_url: str, tmp_path: Path) -> None:
    """By a user who may make no table; before the rights are granted, that is what is told."""
    url = make_url(server_database_url)
    user = f"clerk_{next(_NUMBERS)}"
    named = url.set(username=user, password="word").render_as_string(hide_password=False)
    owner, clerk = Desk(tmp_path, server_database_url), Desk(tmp_path, named)
    owner.do("import", owner.sheet(*ROWS[1:], name="first.csv", headers=HEADERS))
    with create_engine(parse_url(server_database_url), isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(f"CREATE USER {user} {_password(url.get_backend_name())} 'word'"))
        if url.get_backend_name() == "postgresql":
            connection.execute(text(f'REVOKE ALL ON DATABASE "{url.database}" FROM PUBLIC'))
            connection.execute(text(f'GRANT CONNECT ON DATABASE "{url.database}" TO {user}'))
        path = clerk.sheet(*ROWS, headers=HEADERS)
        assert "may not be used by this user: grant the rights" in clerk.type("import", path).errors
        for statement in _of_the_page(NAMES[url.get_backend_name()]):
            connection.execute(text(_filled(statement, str(url.database), user)))
        told = clerk.do("import", path).told
        assert (told["rows"]["loaded"], told["rows"]["rejected"]) == (1, 1)
        assert clerk.do("retry", "last").exit == 1
        assert clerk.do("undo", told["run"]).exit == 0
        if url.get_backend_name() == "postgresql":
            connection.execute(text(f"DROP OWNED BY {user}"))
        connection.execute(text(f"DROP USER {user}"))


def _password(backend: str) -> str:
    return "PASSWORD" if backend == "postgresql" else "IDENTIFIED BY"


def _of_the_page(name: str) -> list[str]:
    (line,) = (
        line
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith(f"| {name} | `{name.lower()}://")
    )
    return [part for part in line.split("`") if part.startswith("GRANT")]


def _filled(statement: str, database: str, user: str) -> str:
    """The statement with the user and the database in place of its dots."""
    plain = statement.replace("ON ….*", f"ON `{database}`.*").replace("DATABASE …", f'DATABASE "{database}"')
    assert plain.endswith("TO …")
    return plain.replace("TO …", f"TO {user}")
