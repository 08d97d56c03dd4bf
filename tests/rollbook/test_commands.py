"""Commands that are printed: complete, quoted, and for somebody to paste."""

import pytest

from rollbook.commands import CommandLine, split_command

LINE = CommandLine(
    {"--database": "sqlite:////srv/it's.db"}, profile="/srv/p 1.toml", out="/srv/out", run="261121-k3f8q"
)
WITH_DATABASE = " --database 'sqlite:////srv/it'\"'\"'s.db'"


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("To finish it: rollbook resume x", f"To finish it: rollbook resume x{WITH_DATABASE}"),
        ("rollbook undo x", f"rollbook undo x{WITH_DATABASE}"),
        (
            "Then `rollbook retry` the run.",
            f"Then `rollbook retry 261121-k3f8q{WITH_DATABASE} --out /srv/out` the run.",
        ),
        ("Look: `rollbook reference load courses FILE`.", "Look: `rollbook reference load courses --help`."),
        ("See how (rollbook import --help).", "See how (rollbook import --help)."),
        ("`rollbook inspect` shows it.", "`rollbook inspect` shows it."),
        (
            "Then: rollbook import a.csv --out o",
            f"Then: rollbook import a.csv --out o{WITH_DATABASE} --profile '/srv/p 1.toml'",
        ),
    ],
)
def test_a_command_can_be_pasted(text: str, complete: str) -> None:
    """It names what the next command needs; in the place of a word that only the reader knows it asks for help."""
    assert LINE.complete(text) == complete


def test_the_command_of_a_line() -> None:
    """It ends the line, or is all of it."""
    assert split_command("Then: rollbook runs --json") == ("Then:", "rollbook runs --json")
    assert split_command("rollbook runs") == ("", "rollbook runs")
    assert split_command("Nothing is wrong with rollbook runs.") == ("Nothing is wrong with rollbook runs.", "")
