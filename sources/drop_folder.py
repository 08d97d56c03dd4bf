"""A folder into which people drop files: on a local disk, an SFTP server, in a bucket, or wherever fsspec reaches."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from rollbook.addresses import below, is_address, on_disk, recorded
from rollbook.errors import CannotBegin, Stopped
from sources.paths import OUTPUT_MARK, SKIPPED_FOLDERS, is_left_out, is_taken
from sources.remote.opened import open_storage, plain_errors
from sources.remote.storage import ANONYMOUS, Access

DONE, FAILED = "done", "failed"


def _nothing(_: str) -> Sequence[str]:
    return ()


@dataclass(frozen=True)
class Dropped:
    """A file in the folder. name: its path below the folder, with `/`. size: in bytes. modified: whatever says when."""

    name: str
    size: int | None
    modified: str


class DropFolder:
    """The folder of a URL or path. Raises CannotBegin where it cannot be used, Stopped where it fails later.

    url: as the ledger and people know it. access: how it is reached. is_local: its files are on this machine.
    moves: its files are moved when they are done.
    """

    moves = True

    def __init__(self, url: str, access: Access = ANONYMOUS) -> None:
        self.is_local = not is_address(url)
        self.url = url.rstrip("/") if not self.is_local else url
        with self._plain_errors(CannotBegin, "looked into"):
            self._files, root = open_storage(url, access)
            self._root = PurePosixPath(root)
            if not self._files.is_folder(root):
                raise CannotBegin(f"There is no folder {self.url}. Create it, or correct the name.")
        if self.is_local:
            self.url = str(self._root)

    def address(self, name: str) -> str:
        """The path or address of a file of it."""
        return str(self._root / name) if self.is_local else below(self.url, name)

    def look(self) -> dict[str, Dropped]:
        """The spreadsheets and what may hold some, at any depth, by name.

        Not those in `done/`, `failed/` and our own reports, nor locks.
        """
        return {name: file for name, file in self._dropped().items() if is_taken(PurePosixPath(name))}

    def left_out(self) -> list[str]:
        """The names of the other files that were dropped: documents, pictures."""
        return [name for name in self._dropped() if is_left_out(PurePosixPath(name))]

    def _dropped(self) -> dict[str, Dropped]:
        with self._plain_errors(Stopped, "looked into"):
            found = self._files.files(str(self._root))
        reports = {str(PurePosixPath(name).parent) for name in found if PurePosixPath(name).name == OUTPUT_MARK}
        return {
            recorded(name): Dropped(recorded(name), stored.size, stored.modified)
            for name, stored in sorted(found.items())
            if _is_meant(name, reports)
        }

    def settled(self, seconds: float) -> tuple[list[Dropped], list[str]]:
        """What did not change for so many seconds, and the names of what did, or came meanwhile."""
        before = self.look()
        if not before:
            return [], []
        time.sleep(seconds)
        after = self.look()
        return (
            [file for name, file in after.items() if before.get(name) == file],
            [name for name, file in after.items() if before.get(name) != file],
        )

    def fetch(self, name: str, to: Path) -> Path:
        """The file on a local disk: itself, or the copy `to`, made now."""
        if self.is_local:
            return Path(self._at(name))
        with self._plain_errors(Stopped, f"read ({name})"):
            self._files.get(self._at(name), to)
        return to

    def exists(self, name: str) -> bool:
        """Whether something has that name."""
        with self._plain_errors(Stopped, "looked into"):
            return self._files.look_at(self._at(name)) is not None

    def free_name(self, name: str, beside: Callable[[str], Sequence[str]] = _nothing) -> str:
        """The name, numbered where it is taken: `done/march.xlsx`, `done/march (2).xlsx` and so on.

        beside: the names that must be free with it.
        """
        path, number, free = PurePosixPath(name), 1, name
        while any(map(self.exists, [free, *beside(free)])):
            number += 1
            free = str(path.with_name(f"{path.stem} ({number}){path.suffix}"))
        return free

    def move(self, name: str, target: str) -> None:
        """Move a file within the folder; doing it again after a crash is harmless."""
        with self._plain_errors(Stopped, f"changed: {name} was to be moved to {target}"):
            self._files.move(self._at(name), self._at(target))

    def remove(self, name: str) -> None:
        """Remove a file of the folder."""
        with self._plain_errors(Stopped, f"changed: {name} was to be removed"):
            self._files.remove(self._at(name))

    def put(self, file: Path, name: str) -> None:
        """Copy a local file into the folder, replacing what has that name."""
        with self._plain_errors(Stopped, f"written to: {name} was to be put there"):
            self._files.put(file, self._at(name))

    def _at(self, name: str) -> str:
        path = str(self._root / name)
        return str(on_disk(path)) if self.is_local else path

    def _plain_errors(self, kind: type[CannotBegin | Stopped], what: str) -> AbstractContextManager[None]:
        return plain_errors(f"The folder {self.url} cannot be {what}", kind)


def _is_meant(name: str, reports: set[str]) -> bool:
    path = PurePosixPath(name)
    folders = path.parts[:-1]
    return (
        not any(part.startswith((".", "~$")) for part in path.parts)
        and not SKIPPED_FOLDERS & set(folders)
        and not any(str(parent) in reports for parent in path.parents)
    )
