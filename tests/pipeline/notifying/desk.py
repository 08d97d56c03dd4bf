"""A drop folder whose settings name a mail server and somebody to write to."""

from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, select

from ledger.tables import rollbook_messages
from tests.pipeline.commands.test_nightly import Desk

OWNER = "[owner]\nmail = ['hr@example.com']\n"


class MailDesk(Desk):
    """The folder, with a mail server."""

    def __init__(self, folder: Path, server: str) -> None:
        self.server = server
        super().__init__(folder)
        self.notify()

    def notify(self, *lines: str, mail: tuple[str, ...] = ("data@example.com",), nightly: tuple[str, ...] = ()) -> None:
        """Write the settings: those of [notify] beside server, sender and recipients, and of [nightly]."""
        sections = [f"server = '{self.server}'", "from = 'rollbook@example.com'", f"mail = {list(mail)}", "timeout = 5"]
        self.set(*nightly, "[notify]", *sections, *lines)

    def profile(self, text: str, name: str = "hris.toml") -> tuple[str, str]:
        """A profile, as an option."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return "--profile", str(path)

    def messages(self, *names: str) -> list[tuple[Any, ...]]:
        """These columns of the outbox, in the order in which it was filled."""
        there = rollbook_messages.c
        query = select(*(there[name] for name in names)).order_by(there.message_id)
        with create_engine(self.url).connect() as connection:
            return [tuple(line) for line in connection.execute(query)]
