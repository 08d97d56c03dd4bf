"""A place at which a test sends to SmarterU: a folder, a database, a SmarterU of its own, and what both sides hold."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.pool import NullPool

from ledger.database import parse_url
from ledger.tables import held_enrollments, rollbook_batches, rollbook_deliveries
from tests.pipeline import app
from tests.pipeline.desk import Desk, Printed
from tests.servers.smarteru import SmarterUServer, smarteru_server

HEADERS = ("Email", "Employee ID", "Group name", "Course ID", "Session ID", "Status", "Grade", "Enrolled on")
SALES = "Sales & Service"
LABS = "Labs <North>"
# Quick, where real ones are patient.
QUICK = {"pause": 0.001, "timeout": 5.0, "tries": 3, "batch_size": 100}
_ENVIRONMENT = ("URL", "ACCOUNT_API", "USER_API")


def row(who: str, session: str = "S1", status: str = "Attended", grade: str = "", **other: str) -> tuple[str, ...]:
    """A row of a sheet: who is an e-mail address or an employee ID. other: group, course, on."""
    learner = (who, "") if "@" in who else ("", who)
    group, course = (LABS, "C2") if session == "S6" else (SALES, "C1")
    found = {"group": group, "course": course, "on": "2023-05-04"} | other
    return (*learner, found["group"], found["course"], session, status, grade, found["on"])


def mail(number: int) -> str:
    """The e-mail address of a user of the sample company."""
    return f"u{number}@example.com"


@dataclass(frozen=True)
class SmarterUDesk(Desk):
    """A desk whose commands know where SmarterU is. options: the settings of `[smarteru]` beside QUICK."""

    server: SmarterUServer = field(default_factory=SmarterUServer)

    def settings(self, **options: Any) -> Path:
        """Write `rollbook.toml`."""
        lines = [f"{name} = {_toml(value)}" for name, value in (QUICK | options).items()]
        return self.text("rollbook.toml", "\n".join(["[smarteru]", *lines, ""]))

    def _words(self, command: str, words: tuple[str | Path, ...]) -> list[str]:
        return [*super()._words(command, words), "--settings", str(self.folder / "rollbook.toml")]

    def rows(self, *rows: tuple[str, ...], name: str = "history.csv") -> Path:
        """Write a sheet."""
        return self.sheet(*rows, name=name, headers=HEADERS)

    def send(self, *rows: tuple[str, ...], options: Sequence[str] = ()) -> app.Answer:
        """Import rows `--to smarteru`."""
        return self.do("import", self.rows(*rows), "--to", "smarteru", *options)

    def emit(self, *rows: tuple[str, ...], options: Sequence[str] = ()) -> app.Answer:
        """Import rows `--to smarteru-xml`."""
        return self.do("import", self.rows(*rows), "--to", "smarteru-xml", *options)

    def of_run(self, answer: app.Answer | str) -> Path:
        """The folder of a run."""
        return self.folder / "out" / (answer if isinstance(answer, str) else str(answer.told["run"]))

    def blocks(self) -> list[dict[str, Any]]:
        """Every block of the outbox, but for the names of the runs."""
        return [{name: value for name, value in line.items() if name != "run_id"} for line in outbox_of(self.url)[0]]

    def states(self) -> dict[tuple[str, str], tuple[str, str | None]]:
        """(learner, session) -> (state, code) of the blocks of the outbox."""
        return {
            (line["learner_email"] or line["learner_employee_id"], line["session_id"]): (line["state"], line["code"])
            for line in self.blocks()
        }

    def taken(self) -> dict[tuple[str, str], str]:
        """(learner, session) -> status of what SmarterU holds."""
        users = self.server.users
        return {
            (users[user].email or users[user].employee_id or "", session): held.status
            for (user, session), held in self.server.enrollments.items()
        }


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else str(value)


def outbox_of(url: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """The deliveries, the batches and what is known to be held, of all runs, without moments."""
    engine = create_engine(parse_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        sent, batches = rollbook_deliveries.c, rollbook_batches.c
        deliveries = select(rollbook_deliveries).order_by(sent.run_id, sent.batch_no, sent.block_no)
        of_batches = select(batches.run_id, batches.batch_no, batches.state, batches.block_count)
        held = select(held_enrollments).order_by(*list(held_enrollments.c)[:4])
        queries = (deliveries, of_batches.order_by(batches.run_id, batches.batch_no), held)
        deliver, batch, hold = ([dict(line) for line in connection.execute(query).mappings()] for query in queries)
    return deliver, batch, hold


def lines_of(path: Path) -> list[dict[str, str]]:
    """A CSV file of blocks, by column."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@contextmanager
def smarteru_desk(folder: Path, url: str, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Iterator[SmarterUDesk]:
    """A desk with a SmarterU that runs; options: the fields of SmarterUServer."""
    with smarteru_server(**options) as server:
        for name, value in zip(_ENVIRONMENT, (server.url, server.account_api, server.user_api), strict=True):
            monkeypatch.setenv(f"ROLLBOOK_SMARTERU_{name}", value)
        desk = SmarterUDesk(folder, url, server)
        desk.settings()
        yield desk


__all__ = ["HEADERS", "LABS", "SALES", "Printed", "SmarterUDesk", "lines_of", "mail", "outbox_of", "row"]
