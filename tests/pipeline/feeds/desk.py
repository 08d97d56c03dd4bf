"""A feed that sends files to a drop folder, or that somebody imports: what tests of feeds share."""

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.pipeline import app
from tests.pipeline.attendance import write

HEADERS = ("Email", "Session ID", "Status", "Grade", "Completed on")
Row = tuple[str, str, str, str, str]


def row(learner: int, status: str = "Completed", session: str = "S-1", day: str = "2023-03-01") -> Row:
    """A row of a learner's."""
    return (f"l{learner}@example.com", session, status, "", day if status == "Completed" else "")


def rows(learners: Collection[int], changed: Mapping[int, str] | None = None) -> list[Row]:
    """A row a learner; changed: the status of those who did not complete."""
    return [row(learner, (changed or {}).get(learner, "Completed")) for learner in learners]


class Desk:
    """A database, a profile and a drop folder."""

    def __init__(self, folder: Path, url: str, **feed: Any) -> None:
        self.folder = folder
        self.url = url
        self.drop = folder / "drop"
        self.drop.mkdir()
        self.number = 0
        (folder / "rollbook.toml").write_text("[nightly]\nsettled_seconds = 0.01\n", encoding="utf-8")
        self.profile("feed", **feed)

    def profile(self, called: str, /, *lines: str, on_existing: str = "update", **feed: Any) -> Path:
        """Write a profile whose `[feed]` says so."""
        told = [f"{key} = {json.dumps(value)}" for key, value in feed.items()]
        text = ["[rules]", f'on_existing = "{on_existing}"', "[feed]", *told, *lines]
        path = self.folder / f"{called}.toml"
        path.write_text("\n".join(text), encoding="utf-8")
        return path

    @property
    def place(self) -> tuple[str | Path, ...]:
        """Where the database, the settings and the reports are."""
        settings = ("--settings", self.folder / "rollbook.toml")
        return ("--database", self.url, *settings, "--out", self.folder / "out")

    def send(self, sent: Sequence[Row], *words: str | Path, profile: str = "feed", name: str = "") -> app.Answer:
        """Import a file of rows."""
        return app.run("import", self.file(sent, name), *self._under(profile), *self.place, *words)

    def check(self, sent: Sequence[Row], *words: str | Path, profile: str = "feed") -> app.Answer:
        """Check a file of rows."""
        return app.run("check", self.file(sent), *self._under(profile), *self.place, *words)

    def night(
        self, sent: Sequence[Row] | None, *words: str | Path, profile: str = "feed", name: str = ""
    ) -> app.Answer:
        """Drop a file of rows, and make a pass over the folder."""
        if sent is not None:
            self.number += 1
            write(self.drop / (name or f"export-{self.number}.csv"), sent, HEADERS)
        return app.run("nightly", self.drop, "--create", *self._under(profile), *self.place, *words)

    def file(self, sent: Sequence[Row], name: str = "") -> Path:
        """A file of rows, outside the drop folder."""
        self.number += 1
        return write(self.folder / (name or f"export-{self.number}.csv"), sent, HEADERS)

    def _under(self, profile: str) -> tuple[str | Path, ...]:
        return ("--profile", self.folder / f"{profile}.toml") if profile else ()

    def statuses(self) -> dict[tuple[str, str], str]:
        """(learner, session) -> status, of all enrollments."""
        return {(each["email"], each["session_code"]): each["status"] for each in app.enrollments(self.url)}

    def cancelled(self) -> list[str]:
        """The learners of cancelled enrollments."""
        return sorted(learner for (learner, _), status in self.statuses().items() if status == "cancelled")
