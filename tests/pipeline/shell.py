"""A real shell into which tests paste what Rollbook prints."""

import json
import os
import subprocess
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from cli.main import main
from tests.pipeline import app
from tests.pipeline.printed_commands import commands_in

_ROOT = Path(__file__).resolve().parents[2]


class Shell:
    """A shell in a folder with spaces and quotes in its name; what it makes of a line runs in this process."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "Ann's own folder"
        self.elsewhere = folder / "elsewhere"
        self.home.mkdir()
        self.elsewhere.mkdir()
        program = self.home.parent / "bin" / "rollbook"
        program.parent.mkdir()
        program.write_text('#!/bin/sh\nprintf "%s\\0" "$@"; echo\n', encoding="utf-8")
        program.chmod(0o755)
        self.environment = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "PYTHONPATH": str(_ROOT)}

    def type(self, line: str, *, elsewhere: bool = False) -> "subprocess.CompletedProcess[str]":
        """Type a line."""
        where = self.elsewhere if elsewhere else self.home
        words = self._words(line, where)
        out, errors = StringIO(), StringIO()
        with chdir(where), pytest.MonkeyPatch.context() as patched, redirect_stdout(out), redirect_stderr(errors):
            for name, value in self.environment.items():
                patched.setenv(name, value)
            ended = main(words)
        return subprocess.CompletedProcess(words, ended, out.getvalue(), errors.getvalue())

    def _words(self, line: str, where: Path) -> list[str]:
        """What the shell gives to `rollbook`, which the line names once."""
        done = subprocess.run(
            ["/bin/sh", "-c", line], cwd=where, env=self.environment, capture_output=True, text=True, check=True
        )
        *words, end = done.stdout.split("\0")
        assert (end, done.stdout.count("\n")) == ("\n", 1), line
        return words

    def steps(self, line: str) -> list[str]:
        """The commands that a line's answer names as next steps, but for those that only show help."""
        ended = self.type(line)
        return [step for step in commands_in(ended.stdout + ended.stderr) if not step.endswith(" --help")]

    def paste(self, line: str) -> app.Answer:
        """Paste a command elsewhere; nothing is made there."""
        ended = self.type(f"{line} --json", elsewhere=True)
        assert not list(self.elsewhere.glob("*.db*"))
        return app.Answer(ended.returncode, json.loads(ended.stdout or "{}"), ended.stderr)
