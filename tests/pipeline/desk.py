"""A place at which a test works: a folder, a database, and commands as people type them."""

from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from cli.main import main
from tests.pipeline import app
from tests.pipeline.attendance import write

HEADERS = ("Email", "Employee ID", "Session ID", "Status", "Grade", "Enrolled on")
GOOD = ("ana@example.com", "1001", "S-1", "Completed", "80", "2023-01-05")
BAD = ("ben@example.com", "1002", "S-1", "perhaps", "", "2023-02-30")
CONFLICT = (
    ("cy@example.com", "1003", "S-1", "Attended", "", "2023-01-05"),
    ("cy@example.com", "1003", "S-1", "Completed", "", "2023-01-05"),
)


@dataclass(frozen=True)
class Printed:
    """What a command printed, and its exit code."""

    exit: int
    out: str
    errors: str


@dataclass(frozen=True)
class Desk:
    """A folder and the database of its commands."""

    folder: Path
    url: str

    def sheet(self, *rows: tuple[str, ...], name: str = "history.csv", headers: tuple[str, ...] = HEADERS) -> Path:
        """Write a CSV file."""
        return write(self.folder / name, rows, headers)

    def text(self, name: str, text: str) -> Path:
        """Write a text file: a profile, settings."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def _words(self, command: str, words: tuple[str | Path, ...]) -> list[str]:
        out = ("--out", self.folder / "out") if command in ("import", "check", "retry") else ()
        database = ("--database", self.url) if command not in ("inspect", "template") else ()
        return [*command.split(), *map(str, (*words, *database, *out))]

    def do(self, command: str, *words: str | Path) -> app.Answer:
        """Run a command with `--json`."""
        return app.run(*self._words(command, words))

    def type(self, command: str, *words: str | Path) -> Printed:
        """Run a command as a person does."""
        out, errors = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(errors):
            ended = main(self._words(command, words))
        return Printed(ended, out.getvalue(), errors.getvalue())

    def files(self) -> dict[str, bytes]:
        """Every file of the folder."""
        return {str(path): path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}
