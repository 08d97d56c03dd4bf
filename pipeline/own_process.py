"""A command in a process of its own: what a page starts goes on when the page is left, or the dashboard ends."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from ledger.database import absolute, parse_url

if TYPE_CHECKING:
    from pathlib import Path

    from rollbook.settings import Settings

_Found = TypeVar("_Found")
# How long it is waited until what was started has begun.
PATIENCE_SECONDS = 20.0
_PAUSE = 0.1


def start(words: Sequence[str], settings: Settings, settings_file: Path | None) -> subprocess.Popen[str]:
    """Start `rollbook WORDS` on the database of the settings; its password stands in no argument.

    settings_file: from which they were read; None: `rollbook.toml` here, if it exists.
    """
    named = [] if settings_file is None else [f"--settings={settings_file.absolute()}"]
    url = absolute(parse_url(settings.database)).render_as_string(hide_password=False)
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "cli", *words, *named],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "ROLLBOOK_DATABASE_URL": url},
        start_new_session=True,
    )


def wait_until(process: subprocess.Popen[str], look: Callable[[], _Found | None]) -> _Found | None:
    """What is found of what was started; None where it ended first, or it took too long."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        has_ended = process.poll() is not None
        found = look()
        if found is not None or has_ended:
            return found
        time.sleep(_PAUSE)
    return None


def last_words(process: subprocess.Popen[str]) -> str:
    """Wait until it ends; the last line that it said on standard error, if it ended otherwise than a run does."""
    _, said = process.communicate()
    lines = [line.strip() for line in (said or "").splitlines() if line.strip()]
    return "" if process.returncode in (0, 1) else lines[-1] if lines else f"It ended with {process.returncode}."
