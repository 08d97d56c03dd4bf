"""The files that were meant, those of archives among them: each is a file of its own, with a place of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from reports.text import left_alone
from rollbook.addresses import on_disk, recorded
from sources.paths import content_of, is_left_out, is_taken, may_be_archive, place_in_archive, sha256

if TYPE_CHECKING:
    from rollbook.settings import ReadingSettings
    from sources.raw_sheets import Member


@dataclass(frozen=True)
class FoundFile:
    """A file that is to be read.

    path: as it is recorded; of one of an archive, `march.zip/north/register.xlsx`. place: where it is on disk.
    sha256, size: of its content (hex, bytes); None where it cannot be read, of which reading it tells more.
    """

    path: str
    place: Path
    sha256: str | None
    size: int | None


def silent(_: str) -> None:
    """Says nothing."""


def found_files(
    paths: Iterable[str | Path],
    reading: ReadingSettings,
    say: Callable[[str], None] = silent,
    place: Callable[[str], Path] = on_disk,
) -> Iterator[FoundFile]:
    """The files, with those of archives in place of these, by name.

    say: is told of what archives hold beside spreadsheets. An archive that holds none, or that cannot be unpacked, is
    a file itself, and reading it says why. place: where a path is on disk.
    """
    for path in map(recorded, map(str, paths)):
        at = place(path)
        archive, wanted = place_in_archive(at)
        members = _members(archive, reading) if wanted is not None or may_be_archive(archive) else ()
        taken = [x for x in members if (x.name == wanted if wanted is not None else is_taken(PurePosixPath(x.name)))]
        if wanted is None and (others := [f"{path}/{x.name}" for x in members if is_left_out(PurePosixPath(x.name))]):
            say(f"{left_alone(others)}.")
        if not taken:
            yield _file(path, at)
        for member in taken:
            named = path if wanted is not None else f"{path}/{member.name}"
            yield FoundFile(named, archive / member.name, member.sha256, member.size)


class Contents:
    """The SHA-256 (hex) of files and of those in archives; each archive is looked into once."""

    def __init__(self, reading: ReadingSettings) -> None:
        self._reading = reading
        self._of_archives: dict[Path, dict[str, str]] = {}

    def at(self, place: Path) -> str | None:
        """That of a file; None where an archive does not hold it. Raises OSError where a file cannot be read."""
        archive, wanted = place_in_archive(place)
        if wanted is None:
            return sha256(place)
        if archive not in self._of_archives:
            self._of_archives[archive] = {x.name: x.sha256 for x in _members(archive, self._reading)}
        return self._of_archives[archive].get(wanted)


def _file(path: str, place: Path) -> FoundFile:
    content = content_of(place)
    return FoundFile(path, place, content, place.stat().st_size if content else None)


def _members(archive: Path, reading: ReadingSettings) -> tuple[Member, ...]:
    from sources.process.reader import list_archive
    from sources.raw_sheets import ReadingLimits

    with TemporaryDirectory(prefix="rollbook-") as folder:
        return list_archive(archive, Path(folder), ReadingLimits(reading.memory_mib, reading.seconds))
