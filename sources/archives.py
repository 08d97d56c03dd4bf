"""Archives (ZIP and gzip), looked into and unpacked: only where a file may break nothing but its own process."""

from __future__ import annotations

import gzip
import hashlib
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from sources.errors import NO_ROOM, Unreadable, damaged
from sources.paths import is_hidden, is_taken
from sources.raw_sheets import Member

# What an archive may hold: files, bytes of all of them, and bytes for each byte that it takes itself. Deflate makes at
# most 1,032 of one, and of a sheet hardly 100.
MOST_FILES = 2_000
MOST_BYTES = 4 << 30
MOST_TIMES = 250
_SMALL = 64 << 20
_BLOCK = 1 << 20
_UNPACK = "Unpack it, and import the files that are in it."
_Readable = IO[bytes] | gzip.GzipFile
_Opener = Callable[[], _Readable]
_BROKEN = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError)


def members_of(path: Path) -> list[Member]:
    """The files of an archive, by name; raises Unreadable where one of them cannot be unpacked.

    Left out: folders, links, and the hidden files that systems add.
    """
    with _opened(path) as contents:
        most = min(MOST_BYTES, max(_SMALL, path.stat().st_size * MOST_TIMES))
        found: list[Member] = []
        for name in sorted(contents):
            with contents[name]() as file:
                found.append(_measured(name, file, most - sum(member.size for member in found)))
    return found


def unpack(path: Path, name: str, target: Path) -> Path:
    """Write one file of an archive to `target`, which is returned; raises Unreadable as `members_of` does."""
    with _opened(path) as contents:
        if name not in contents:
            raise Unreadable("The file is no longer in the archive. Import the archive again.", "file.changed")
        most = min(MOST_BYTES, max(_SMALL, path.stat().st_size * MOST_TIMES))
        with contents[name]() as file, target.open("wb") as written:
            for block in _blocks(file, most):
                written.write(block)
    return target


def nothing_taken(names: Sequence[str]) -> Unreadable:
    """Why no file of an archive is read: it holds no spreadsheet, or is named as a workbook."""
    if any(is_taken(PurePosixPath(name)) for name in names):
        return Unreadable("The file is an archive, but named as a workbook. Give it a name that ends in .zip.")
    held = f"only {', '.join(names[:3])}{' …' if len(names) > 3 else ''}" if names else "nothing"
    return Unreadable(f"The archive holds no spreadsheet: there is {held} in it. Ask its sender for the right one.")


def _measured(name: str, file: _Readable, most: int) -> Member:
    digest, size = hashlib.sha256(), 0
    for block in _blocks(file, most):
        digest.update(block)
        size += len(block)
    return Member(name, size, digest.hexdigest())


def _blocks(file: _Readable, most: int) -> Iterator[bytes]:
    size = 0
    while block := file.read(_BLOCK):
        size += len(block)
        if size > most:
            raise Unreadable(
                f"The archive holds far more than its size suggests (over {MOST_TIMES} times as much, or "
                f"{MOST_BYTES >> 30} GiB), so it may be a trap. {_UNPACK}",
                "file.too_large",
            )
        yield block


@contextmanager
def _opened(path: Path) -> Iterator[dict[str, _Opener]]:
    """The openers of an archive's files, by name."""
    try:
        with path.open("rb") as file:
            gzipped = file.read(2) == b"\x1f\x8b"
        if gzipped:
            yield {_gzipped_name(path): partial(gzip.GzipFile, path)}
            return
        with zipfile.ZipFile(path) as archive:
            yield {name: partial(archive.open, info) for name, info in _files_of(archive).items()}
    except NotImplementedError as error:
        told = "The archive is compressed in a way that is not supported, or it is encrypted"
        raise Unreadable(f"{told} ({error}). {_UNPACK}") from error
    except _BROKEN as error:
        if (told_otherwise := damaged(error)).code == NO_ROOM:
            raise told_otherwise from error
        raise Unreadable(f"The archive is damaged or cut off ({error}). Ask its sender for a new copy.") from error


def _gzipped_name(path: Path) -> str:
    return path.stem if path.suffix.lower() == ".gz" else path.name


def _files_of(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Name -> file; raises Unreadable for names that lead elsewhere or stand twice, too many, and a password."""
    files = [info for info in archive.infolist() if not info.is_dir() and not stat.S_ISLNK(info.external_attr >> 16)]
    named = [(info.filename.replace("\\", "/").lstrip("/"), info) for info in files]
    if any(part in ("", ".", "..") or part.endswith(":") for name, _ in named for part in name.split("/")):
        raise Unreadable(f"The archive names a file outside of itself, so it may be a trap. {_UNPACK}")
    named = [(name, info) for name, info in named if not any(map(is_hidden, name.split("/")))]
    if len(named) > MOST_FILES:
        raise Unreadable(f"The archive holds {len(named):,} files, over {MOST_FILES:,}. {_UNPACK}", "file.too_large")
    if len(dict(named)) < len(named):
        raise Unreadable(f"Two files of the archive have the same name. {_UNPACK}")
    if any(info.flag_bits & 1 for _, info in named):
        raise Unreadable(f"The archive needs a password. {_UNPACK}", "file.password")
    return dict(named)
