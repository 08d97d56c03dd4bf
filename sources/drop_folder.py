"""A folder into which people drop files: on a local disk, or wherever else fsspec reaches (`s3://…`, `sftp://…`)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from rollbook.errors import CannotBegin, Stopped
from sources.paths import OUTPUT_MARK, SKIPPED_FOLDERS, is_left_out, is_taken

DONE, FAILED = "done", "failed"
_TIMES = ("mtime", "LastModified", "last_modified", "updated", "modified", "created")


@dataclass(frozen=True)
class Dropped:
    """A file in the folder. name: its path below the folder, with `/`. size: in bytes. modified: whatever says when."""

    name: str
    size: int | None
    modified: str


class DropFolder:
    """The folder of a URL or path. Raises CannotBegin where it cannot be used, Stopped where it fails later.

    url: as people may see it, without a password.
    """

    def __init__(self, url: str) -> None:
        self.url = re.sub(r"(?<=://)([^/@:]*):[^/@]*@", r"\1:***@", url)
        with self._plain_errors(CannotBegin):
            self._files, root = fsspec.core.url_to_fs(url if "://" in url else str(Path(url).expanduser().resolve()))
            self._root = PurePosixPath(root)
            if not self._files.isdir(root):
                raise CannotBegin(f"There is no folder {self.url}. Create it, or correct the name.")
        self.is_local = isinstance(self._files, LocalFileSystem)
        if self.is_local:
            self.url = str(self._root)

    def look(self) -> dict[str, Dropped]:
        """The spreadsheets and what may hold some, at any depth, by name.

        Not those in `done/`, `failed/` and our own reports, nor locks.
        """
        return {name: file for name, file in self._dropped().items() if is_taken(PurePosixPath(name))}

    def left_out(self) -> list[str]:
        """The names of the other files that were dropped: documents, pictures."""
        return [name for name in self._dropped() if is_left_out(PurePosixPath(name))]

    def _dropped(self) -> dict[str, Dropped]:
        with self._plain_errors(Stopped):
            self._files.invalidate_cache()
            found: Mapping[str, Mapping[str, Any]] = self._files.find(str(self._root), detail=True)
        names = {str(PurePosixPath(path).relative_to(self._root)): told for path, told in found.items()}
        reports = {str(PurePosixPath(name).parent) for name in names if PurePosixPath(name).name == OUTPUT_MARK}
        return {
            name: Dropped(name, told.get("size"), str([told[key] for key in _TIMES if key in told]))
            for name, told in sorted(names.items())
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

    def fetch(self, name: str, into: Path) -> Path:
        """The file on a local disk: itself, or a copy below `into`."""
        if self.is_local:
            return Path(self._at(name))
        copy = into / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        with self._plain_errors(Stopped):
            self._files.get_file(self._at(name), str(copy))
        return copy

    def exists(self, name: str) -> bool:
        """Whether something has that name."""
        with self._plain_errors(Stopped):
            self._files.invalidate_cache()
            return bool(self._files.exists(self._at(name)))

    def free_name(self, name: str) -> str:
        """The name, numbered where it is taken: `done/march.xlsx`, `done/march (2).xlsx` and so on."""
        path, number, free = PurePosixPath(name), 1, name
        while self.exists(free):
            number += 1
            free = str(path.with_name(f"{path.stem} ({number}){path.suffix}"))
        return free

    def move(self, name: str, target: str) -> None:
        """Move a file within the folder; doing it again after a crash is harmless."""
        with self._plain_errors(Stopped):
            self._files.makedirs(str(PurePosixPath(self._at(target)).parent), exist_ok=True)
            self._files.mv(self._at(name), self._at(target))

    def remove(self, name: str) -> None:
        """Remove a file of the folder."""
        with self._plain_errors(Stopped):
            self._files.rm_file(self._at(name))

    def put(self, file: Path, name: str) -> None:
        """Copy a local file into the folder, replacing what has that name."""
        with self._plain_errors(Stopped):
            self._files.makedirs(str(PurePosixPath(self._at(name)).parent), exist_ok=True)
            self._files.put_file(str(file), self._at(name))

    def _at(self, name: str) -> str:
        return str(self._root / name)

    @contextmanager
    def _plain_errors(self, kind: type[CannotBegin | Stopped]) -> Iterator[None]:
        try:
            yield
        except (CannotBegin, Stopped):
            raise
        except Exception as error:
            told = " ".join(str(error).split())[:200] or type(error).__name__
            raise kind(f"The folder {self.url} cannot be used: {told}. Fix this, then try again.") from error


def _is_meant(name: str, reports: set[str]) -> bool:
    path = PurePosixPath(name)
    folders = path.parts[:-1]
    return (
        not any(part.startswith((".", "~$")) for part in path.parts)
        and not SKIPPED_FOLDERS & set(folders)
        and not any(str(parent) in reports for parent in path.parents)
    )
