"""What every place that holds files can do, and how it is reached."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rollbook.addresses import LOGIN_VARIABLE, USER_VARIABLE
from rollbook.errors import CannotBegin

# A server that says nothing for so many seconds is gone.
SILENCE_SECONDS = 60


@dataclass(frozen=True)
class Stored:
    """A file there. size: in bytes. modified: whatever says when."""

    size: int | None
    modified: str


@dataclass(frozen=True)
class Access:
    """How a place is reached.

    name: of the source, None for an address of the command line. key_file: the private key, known_hosts: the file of
    host keys, instead of the usual ones (SFTP). most_mib, seconds: what fetching one file may take.
    """

    name: str | None = None
    key_file: Path | None = None
    known_hosts: Path | None = None
    most_mib: int = 1024
    seconds: int = 900

    @property
    def user_name(self) -> str:
        """The variable of the environment that holds the user of a mailbox."""
        return self._variable(USER_VARIABLE)

    @property
    def user(self) -> str | None:
        """That user, where there is one."""
        return os.environ.get(self.user_name) or None

    @property
    def password_name(self) -> str:
        """The variable of the environment that holds the password."""
        return self._variable(LOGIN_VARIABLE)

    @property
    def password(self) -> str | None:
        """The password, where there is one."""
        return os.environ.get(self.password_name) or None

    def _variable(self, plain: str) -> str:
        before, _, last = plain.rpartition("_")
        return "_".join([before, *([self.name.upper().replace("-", "_")] if self.name else []), last])


# An address that no source names, within the usual limits.
ANONYMOUS = Access()


class Storage(Protocol):
    """A place that holds files. Paths have `/`. Operations raise OSError, or a RollbookError that says what to do."""

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder of that path."""

    def files(self, folder: str) -> dict[str, Stored]:
        """The files of a folder at any depth, by their path below it."""

    def look_at(self, path: str) -> Stored | None:
        """What has that path, None where nothing has."""

    def get(self, path: str, to: Path) -> None:
        """Copy a file to a local disk, within the limits."""

    def put(self, file: Path, path: str) -> None:
        """Copy a local file there, replacing what has that path."""

    def move(self, path: str, target: str) -> None:
        """Move a file; the target's folders are made, and nothing is replaced."""

    def remove(self, path: str) -> None:
        """Remove a file."""


def missing_extra(kind: str, extra: str) -> CannotBegin:
    """What to do where the library for an address is not installed."""
    return CannotBegin(f"For {kind} addresses one more package is needed: pip install 'rollbook[{extra}]'")


def write_copy(blocks: Iterable[bytes], to: Path, told_as: str, access: Access) -> int:
    """Write what comes to a file that only this user can read, all of it or nothing; the number of bytes.

    Raises CannotBegin where it is more than fetching one file may take.
    """
    make_private(to.parent)
    draft = to.with_name(f".{to.name}.part")
    until, size = time.monotonic() + access.seconds, 0
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            for block in blocks:
                size += len(block)
                refuse_size(size, told_as, access)
                if time.monotonic() > until:
                    raise _too_slow(told_as, access)
                file.write(block)
        draft.replace(to)
    finally:
        draft.unlink(missing_ok=True)
    return size


def make_private(folder: Path) -> None:
    """Make a folder that only this user can look into, and those above it that do not exist."""
    if not folder.is_dir():
        make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def refuse_size(size: int, told_as: str, access: Access) -> None:
    """Raise CannotBegin for a file of more bytes than are fetched."""
    if size > access.most_mib * 2**20:
        raise CannotBegin(
            f"{told_as} is larger than {access.most_mib} MiB. Split it, or raise fetch_mib under [reading] in the "
            "settings."
        )


def _too_slow(told_as: str, access: Access) -> CannotBegin:
    return CannotBegin(
        f"{told_as} could not be fetched within {access.seconds} s. Try again, or raise fetch_seconds under "
        "[reading] in the settings."
    )
