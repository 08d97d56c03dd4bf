"""Places at which a test sends to a system that takes rows one by one: a folder, a database, the system itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.pool import NullPool

from ledger.database import parse_url
from ledger.tables import rollbook_writes
from tests.pipeline import app
from tests.pipeline.desk import Desk
from tests.pipeline.smarteru_desk import outbox_of
from tests.servers.axcelerate import AxcelerateServer, axcelerate_server
from tests.servers.moon import Enrollment, MoonServer, moon_server

MOON_HEADERS = ("Employee ID", "Email", "Session ID", "Status", "Grade", "Feedback", "Enrolled on", "Completed on")
AXCELERATE_HEADERS = ("Contact ID", "Class ID", "Unit ID", "Outcome code", "Start date", "End date")
# Quick, where real ones are patient.
QUICK = {"pause": 0.001, "timeout": 5.0, "tries": 3}
Row = tuple[str, ...]


@dataclass(frozen=True)
class RestDesk(Desk):
    """A desk whose commands know where the system is. options: the settings of its section beside QUICK."""

    system: str
    headers: Row
    keys: tuple[str, ...]

    def settings(self, **options: Any) -> Path:
        """Write `rollbook.toml`."""
        lines = [f"{name} = {value}" for name, value in (QUICK | options).items()]
        return self.text("rollbook.toml", "\n".join([f"[{self.system}]", *lines, ""]))

    def _words(self, command: str, words: tuple[str | Path, ...]) -> list[str]:
        return [*super()._words(command, words), "--settings", str(self.folder / "rollbook.toml")]

    def rows(self, *rows: Row, name: str = "history.csv") -> Path:
        """Write a sheet."""
        return self.sheet(*rows, name=name, headers=self.headers)

    def send(self, *rows: Row, options: tuple[str, ...] = ()) -> app.Answer:
        """Import rows to the system."""
        return self.do("import", self.rows(*rows), "--to", self.system, *options)

    def outcomes(self, run: str | None = None) -> dict[tuple[str, str], tuple[str, str | None]]:
        """(learner, session) -> (state, code) of the outbox, of all runs or of one."""
        return {
            (line["learner_email"] or line["learner_employee_id"], line["session_id"]): (line["state"], line["code"])
            for line in outbox_of(self.url)[0]
            if run in (None, line["run_id"])
        }

    def writes(self) -> list[dict[str, Any]]:
        """What was recorded to be written, of all runs, in their order."""
        engine = create_engine(parse_url(self.url), poolclass=NullPool)
        lines = rollbook_writes.c
        with engine.connect() as connection:
            query = select(rollbook_writes).order_by(lines.run_id, lines.batch_no, lines.block_no)
            return [dict(line) for line in connection.execute(query).mappings()]


@dataclass(frozen=True)
class MoonDesk(RestDesk):
    """With a Moon ERP: employees EMP-0001 and on, sessions 301 and on."""

    server: MoonServer = field(default_factory=MoonServer)

    def held(self, number: str, session: int) -> Enrollment | None:
        """What Moon ERP holds."""
        return self.server.held(number, session)


@dataclass(frozen=True)
class AxcelerateDesk(RestDesk):
    """With an aXcelerate: contacts 1001 and on, classes 501 and 502."""

    server: AxcelerateServer = field(default_factory=AxcelerateServer)

    def outcome(self, contact: int, unit: int | str, class_id: int = 501) -> str | None:
        """The outcome that aXcelerate holds for a unit."""
        held = self.server.state.unit(contact, class_id, unit)
        return held.outcome if held else None


def employee(number: int | str) -> str:
    """An employee's number."""
    return f"EMP-{number:04}" if isinstance(number, int) else number


def moon_row(who: int | str, session: int | str = 302, status: str = "Attended", grade: str = "", **other: str) -> Row:
    """A row of a sheet. other: mail, feedback, on, done."""
    told = {"mail": "", "feedback": "", "on": "", "done": ""} | other
    return (employee(who), told["mail"], str(session), status, grade, told["feedback"], told["on"], told["done"])


def axcelerate_row(contact: int, unit: int | str = 9003, outcome: str = "20", class_id: int = 501, **other: str) -> Row:
    """A row of a sheet. other: starts, ends."""
    told = {"starts": "", "ends": ""} | other
    return (str(contact), str(class_id), str(unit), outcome, told["starts"], told["ends"])


@contextmanager
def moon_desk(folder: Path, url: str, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Iterator[MoonDesk]:
    """A desk with a Moon ERP that runs; options: the fields of MoonServer."""
    with moon_server(**options) as server:
        monkeypatch.setenv("ROLLBOOK_MOON_URL", server.url)
        monkeypatch.setenv("ROLLBOOK_MOON_TOKEN", server.token)
        desk = MoonDesk(folder, url, "moon", MOON_HEADERS, (server.token,), server)
        desk.settings()
        yield desk


@contextmanager
def axcelerate_desk(
    folder: Path, url: str, monkeypatch: pytest.MonkeyPatch, **options: Any
) -> Iterator[AxcelerateDesk]:
    """A desk with an aXcelerate that runs; options: the fields of AxcelerateServer."""
    with axcelerate_server(**options) as server:
        monkeypatch.setenv("ROLLBOOK_AXCELERATE_URL", server.url)
        monkeypatch.setenv("ROLLBOOK_AXCELERATE_API_TOKEN", server.api_token)
        monkeypatch.setenv("ROLLBOOK_AXCELERATE_WS_TOKEN", server.ws_token)
        keys = (server.api_token, server.ws_token)
        desk = AxcelerateDesk(folder, url, "axcelerate", AXCELERATE_HEADERS, keys, server)
        desk.settings()
        yield desk
