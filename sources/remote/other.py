"""Files on a local disk, and wherever else fsspec reaches."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from sources.paths import never_ends
from sources.remote.storage import Access, Stored, make_private

_TIMES = ("mtime", "LastModified", "last_modified", "updated", "modified", "created")


class OtherStorage:
    """What fsspec reaches under a URL, or a path of this machine. root: the path of what was named."""

    def __init__(self, url: str, access: Access) -> None:
        self._access = access
        self._files, self.root = fsspec.core.url_to_fs(url if "://" in url else str(Path(url).expanduser().resolve()))
        self.is_local = isinstance(self._files, LocalFileSystem)

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder of that path."""
        return bool(self._files.isdir(path))

    def files(self, folder: str) -> dict[str, Stored]:
        """The files of a folder at any depth, by their path below it; no pipes and devices, which may never end."""
        self._files.invalidate_cache()
        found: Mapping[str, Mapping[str, Any]] = self._files.find(folder, detail=True)
        return {
            str(PurePosixPath(path).relative_to(folder)): _stored(told)
            for path, told in found.items()
            if not (self.is_local and never_ends(Path(path)))
        }

    def look_at(self, path: str) -> Stored | None:
        """What has that path, None where nothing has."""
        self._files.invalidate_cache()
        return _stored(self._files.info(path)) if self._files.exists(path) else None

    def get(self, path: str, to: Path) -> None:
        """Copy a file to a local disk."""
        make_private(to.parent)
        self._files.get_file(path, str(to))
        to.chmod(0o600)

    def put(self, file: Path, path: str) -> None:
        """Copy a local file there, replacing what has that path."""
        self._make_folders(path)
        self._files.put_file(str(file), path)

    def move(self, path: str, target: str) -> None:
        """Move a file; the target's folders are made."""
        self._make_folders(target)
        self._files.mv(path, target)

    def remove(self, path: str) -> None:
        """Remove a file."""
        self._files.rm_file(path)

    def _make_folders(self, path: str) -> None:
        self._files.makedirs(str(PurePosixPath(path).parent), exist_ok=True)


def _stored(told: Mapping[str, Any]) -> Stored:
    return Stored(told.get("size"), str([told[key] for key in _TIMES if key in told]))
