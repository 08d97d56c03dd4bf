"""Commands as they are printed for somebody to paste: complete, and quoted for a shell."""

import re
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

# What follows a command in a sentence does not belong to it.
_BACKTICKED = re.compile(r"`rollbook ([a-z]+)([^`]*)`")
_FOR_HELP = re.compile(r"(?<=\()rollbook (?=[a-z -]+ --help\))")
# A word in the place of one that nobody but the reader knows.
_PLACE = re.compile(r" [A-Z]{2,}$")
_AT_THE_END = re.compile(r"(?:^|(?<=: ))rollbook ([a-z]+)(.*)$", re.MULTILINE)
_OF_PROFILES = frozenset({"import", "check", "migrate", "nightly"})
_OF_REPORTS = _OF_PROFILES | {"retry"}
_WITHOUT_DATABASE = frozenset({"inspect"})
# Named without anything behind them, these are spoken of: nothing could be pasted.
_NEED_WORDS = _OF_REPORTS | {
    "inspect",
    "values",
    "undo",
    "show",
    "purge",
    "reference",
    "smarteru",
    "serve",
    "dashboard",
}


def command(*words: object) -> str:
    """A command of Rollbook's, each word quoted where a shell would read it otherwise."""
    return shlex.join(["rollbook", *map(str, words)])


def program() -> str:
    """How this program is called: by its name, where a shell finds it by that; else by its path."""
    called = Path(sys.argv[0] if sys.argv else "")
    if called.name != "rollbook" or not called.exists() or shutil.which("rollbook"):
        return "rollbook"
    return shlex.quote(str(called.absolute()))


def split_command(line: str) -> tuple[str, str]:
    """A line as what stands before the command that ends it, and that command; either may be empty."""
    found = re.search(rf"(?:^|(?<=: )){re.escape(program())} [a-z].*$", line)
    return (line[: found.start()].rstrip(), found[0]) if found else (line, "")


@dataclass(frozen=True)
class CommandLine:
    """What the next command needs of this one: {option: value}, where it was given or hangs on the folder.

    everywhere: for all commands that have a database; profile, out: for those that read files or write reports.
    run: the run that is spoken of, which `rollbook retry` means.
    """

    everywhere: Mapping[str, str] = field(default_factory=dict)
    profile: str | None = None
    out: str | None = None
    run: str | None = None

    def complete(self, text: str) -> str:
        """The text with every command as it can be pasted: those between backticks, and one that is or ends a line.

        Where it has a word such as FILE that nobody could paste, it shows what belongs there: `… --help`.
        """
        text = _BACKTICKED.sub(lambda found: f"`{self._completed(found[1], found[2])}`", text)
        text = _FOR_HELP.sub(f"{program()} ", text)
        return _AT_THE_END.sub(lambda found: self._completed(found[1], found[2]), text)

    def _completed(self, name: str, rest: str) -> str:
        if name == "retry" and self.run and not rest.strip():
            rest = self.run
        if _PLACE.search(rest):
            return f"{program()} {name}{_PLACE.sub(' --help', rest)}"
        if name in _NEED_WORDS and not rest.strip():
            return f"rollbook {name}"
        options = {} if name in _WITHOUT_DATABASE else dict(self.everywhere)
        options |= {"--profile": self.profile} if self.profile and name in _OF_PROFILES else {}
        options |= {"--out": self.out} if self.out and name in _OF_REPORTS else {}
        given = [f"{option} {shlex.quote(value)}" for option, value in options.items() if f"{option} " not in rest]
        return " ".join([program(), name, *([rest.strip()] if rest.strip() else []), *given])


BARE = CommandLine()
