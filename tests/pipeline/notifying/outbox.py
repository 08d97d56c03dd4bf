"""An outbox with messages in it, and the command that empties it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, select
from sqlalchemy.pool import NullPool

from ledger import messages
from ledger.database import parse_url
from ledger.tables import rollbook_messages
from reports.notifications.notice import Notice, NoticeFile
from rollbook.clock import now
from tests.pipeline import app


class Outbox:
    """Messages in a database. words: of `rollbook notify`."""

    def __init__(self, folder: Path, url: str, *notify: str) -> None:
        self.settings = folder / "rollbook.toml"
        self.settings.write_text("\n".join(["[notify]", *notify]), encoding="utf-8")
        self.words = ("notify", "--settings", str(self.settings), "--database", url)
        self._engine = create_engine(parse_url(url), poolclass=NullPool)

    def put(self, recipient: str = "hr@example.com", channel: str = "mail", **more: Any) -> None:
        """Record a message; more: of its notice."""
        files = (NoticeFile("march.csv", 1, failed_rows=2),)
        facts: dict[str, Any] = {"kind": "failed", "at": now(), "language": "en", "files": files}
        notice = Notice(**{**facts, "succeeded": 7, "failed": 2, "new": 2, **more})
        named: dict[str, Any] = {"kind": notice.kind, "channel": channel, "recipient": recipient, "at": now()}
        with self._engine.begin() as connection:
            messages.record(connection, **named, content=notice.to_json())

    def send(self) -> app.Answer:
        """Empty it."""
        return app.run(*self.words)

    def due(self) -> int:
        """How many of its messages a command would send that does not send at once."""
        with self._engine.begin() as connection:
            return len(messages.due(connection, now()))

    def age(self, days: int) -> None:
        """Make its messages older."""
        with self._engine.begin() as connection:
            connection.execute(rollbook_messages.update().values(recorded_at=now() - timedelta(days=days)))

    def lines(self, *names: str) -> list[tuple[Any, ...]]:
        """These columns, in the order in which it was filled."""
        there = rollbook_messages.c
        with self._engine.connect() as connection:
            query = select(*(there[name] for name in names)).order_by(there.message_id)
            return [tuple(line) for line in connection.execute(query)]


def mail_settings(server: str, *more: str) -> tuple[str, ...]:
    """The lines of [notify] for a mail server."""
    return (f"server = '{server}'", "from = 'rollbook@example.com'", *more)
