"""Judged parts as files: there whole or not at all, on a disk or wherever fsspec reaches."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rollbook import __version__
from rollbook.rows.outcomes import REJECTED
from stage.parts import JudgedPart, StagedPart
from validators import RULES_VERSION

# What a part was judged by: one that another Rollbook judged is judged anew.
_JUDGED_BY = f"{__version__} {RULES_VERSION}"


class PartFiles:
    """The judged parts of one run in a folder: two Parquet files a part.

    A file is written under another name and renamed, the failures first: where the rows are, the part is whole. Writing
    a part again replaces it. The files hold people's data: a folder on a disk is the run's user's alone.
    """

    def __init__(self, folder: str) -> None:
        """folder: a path, or an address that fsspec reaches, such as `s3://bucket/stage`."""
        self.folder = folder
        self._store: _Store = _Remote(folder) if "://" in folder else _Disk(Path(folder))

    def write(self, judged: JudgedPart) -> StagedPart:
        """Write a judged part."""
        number, rows = judged.part.part_id, judged.rows
        rejected = int(pc.sum(pc.equal(rows["outcome"], REJECTED)).as_py() or 0)
        staged = StagedPart(number, rows.num_rows, rejected, judged.ignored)
        told = {"judged_by": _JUDGED_BY, "rejected": str(rejected), "ignored": json.dumps(dict(judged.ignored))}
        self._store.write(_failures_file(number), judged.failures.replace_schema_metadata({}))
        self._store.write(_rows_file(number), rows.replace_schema_metadata(told))
        return staged

    def staged(self, part_ids: Iterable[int]) -> dict[int, StagedPart]:
        """By number, those of the parts that are there."""
        found = ((part_id, self._read(part_id)) for part_id in part_ids)
        return {part_id: part for part_id, part in found if part is not None}

    def forget(self, part_ids: Iterable[int]) -> None:
        """Remove parts, the rows first."""
        for part_id in part_ids:
            self._store.remove(_rows_file(part_id))
            self._store.remove(_failures_file(part_id))

    def forget_all(self) -> None:
        """Remove the folder with all parts."""
        self._store.remove_all()

    def paths(self, part_ids: Iterable[int], here: Path) -> tuple[list[str], list[str]]:
        """The files of the rows and of the failures of parts on this machine. here: where others are brought to."""
        numbers = list(part_ids)
        rows, failures = (
            [self._store.local(name(number), here) for number in numbers] for name in (_rows_file, _failures_file)
        )
        return rows, failures

    def _read(self, part_id: int) -> StagedPart | None:
        try:
            with self._store.open(_rows_file(part_id)) as file:
                found = pq.read_metadata(file)
        except (OSError, pa.ArrowException):  # not there; or a disk that lost power has kept half of it
            return None
        told = found.metadata or {}
        if told.get(b"judged_by") != _JUDGED_BY.encode():
            return None
        ignored = {reason: [(first, last) for first, last in ranges] for reason, ranges in _ignored(told).items()}
        return StagedPart(part_id, found.num_rows, int(told[b"rejected"]), ignored)


def _ignored(told: Mapping[bytes, bytes]) -> dict[str, list[list[int]]]:
    found: dict[str, list[list[int]]] = json.loads(told[b"ignored"])
    return found


def _rows_file(part_id: int) -> str:
    return f"{part_id}.rows.parquet"


def _failures_file(part_id: int) -> str:
    return f"{part_id}.failures.parquet"


def _begun(name: str) -> str:
    """The name of a file that is not whole yet; nobody else writes it."""
    return f"{name}.{socket.gethostname()}-{os.getpid()}.tmp"


class _Store(Protocol):
    """Where files are that are there whole or not at all."""

    def write(self, name: str, table: pa.Table) -> None:
        """Write a Parquet file in the place of the one of that name."""

    def open(self, name: str) -> AbstractContextManager[Any]:
        """A file to read; raises OSError where it is not there."""

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""

    def remove_all(self) -> None:
        """Remove the folder, if it is there."""

    def local(self, name: str, here: Path) -> str:
        """The path of a file on this machine."""


class _Disk:
    """A folder that is seen under its path."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, name: str, table: pa.Table) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        begun = self._folder / _begun(name)
        pq.write_table(table, begun)
        begun.replace(self._folder / name)

    def open(self, name: str) -> AbstractContextManager[Any]:
        return (self._folder / name).open("rb")

    def remove(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)

    def remove_all(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def local(self, name: str, here: Path) -> str:  # noqa: ARG002 - it is here
        return str(self._folder / name)


class _Remote:
    """A folder that fsspec reaches. Stores that copy where others rename show a file when it is whole, too."""

    def __init__(self, address: str) -> None:
        import fsspec

        self._files, self._folder = fsspec.url_to_fs(address)

    def write(self, name: str, table: pa.Table) -> None:
        self._files.makedirs(self._folder, exist_ok=True)
        begun = self._path(_begun(name))
        with self._files.open(begun, "wb") as file:
            pq.write_table(table, file)
        self._files.mv(begun, self._path(name))

    def open(self, name: str) -> AbstractContextManager[Any]:
        opened: AbstractContextManager[Any] = self._files.open(self._path(name), "rb")
        return opened

    def remove(self, name: str) -> None:
        if self._files.exists(self._path(name)):
            self._files.rm(self._path(name))

    def remove_all(self) -> None:
        if self._files.exists(self._folder):
            self._files.rm(self._folder, recursive=True)

    def local(self, name: str, here: Path) -> str:
        here.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._files.get(self._path(name), str(here / name))
        return str(here / name)

    def _path(self, name: str) -> str:
        return f"{self._folder}/{name}"
