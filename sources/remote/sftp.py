"""Files on an SFTP server."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import paramiko

from rollbook.errors import CannotBegin
from sources.paths import SKIPPED_FOLDERS, is_hidden
from sources.remote.ssh_login import Login
from sources.remote.storage import SILENCE_SECONDS, Access, Stored, refuse_size, write_copy

if TYPE_CHECKING:
    from sources.remote.address import Address

_BLOCK = 2**15
_REQUESTS_AT_ONCE = 64
_DEEPEST = 50


class SftpStorage:
    """The files that one login reaches; it is connected to when it is first asked, and again where that was cut."""

    def __init__(self, address: Address, access: Access) -> None:
        self._login = Login(address, access)
        self._access = access
        self._client: paramiko.SSHClient | None = None
        self._open: paramiko.SFTPClient | None = None

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder of that path."""
        try:
            return stat.S_ISDIR(self._sftp.stat(path).st_mode or 0)
        except FileNotFoundError:
            return False

    def files(self, folder: str) -> dict[str, Stored]:
        """The files of a folder at any depth, by their path below it; not those of folders that nobody looks into."""
        return dict(self._walk(PurePosixPath(folder), PurePosixPath()))

    def _walk(self, root: PurePosixPath, inside: PurePosixPath) -> Iterator[tuple[str, Stored]]:
        if len(inside.parts) > _DEEPEST:
            raise CannotBegin(f"The folder {root} has over {_DEEPEST} folders within each other. Name a lower one.")
        for entry in self._sftp.listdir_attr(str(root / inside)):
            name, mode = inside / entry.filename, entry.st_mode or 0
            if stat.S_ISDIR(mode):
                if entry.filename not in SKIPPED_FOLDERS and not is_hidden(entry.filename):
                    yield from self._walk(root, name)
            elif stat.S_ISREG(mode) or self._leads_to_file(root / name, mode):
                yield str(name), Stored(entry.st_size, str(entry.st_mtime))

    def _leads_to_file(self, path: PurePosixPath, mode: int) -> bool:
        if not stat.S_ISLNK(mode):
            return False
        try:
            return stat.S_ISREG(self._sftp.stat(str(path)).st_mode or 0)
        except OSError:  # it leads nowhere
            return False

    def look_at(self, path: str) -> Stored | None:
        """What has that path, None where nothing has."""
        try:
            found = self._sftp.lstat(path)
        except FileNotFoundError:
            return None
        return Stored(found.st_size, str(found.st_mtime))

    def get(self, path: str, to: Path) -> None:
        """Copy a file to a local disk, within the limits."""
        with self._sftp.open(path, "rb") as file:
            told = file.stat().st_size or 0
            refuse_size(told, path, self._access)
            file.prefetch(told, _REQUESTS_AT_ONCE)
            size = write_copy(iter(lambda: file.read(_BLOCK), b""), to, path, self._access)
        if size != told:
            to.unlink()
            raise CannotBegin(f"{path} changed while it was fetched. Try again when it is written.")

    def put(self, file: Path, path: str) -> None:
        """Copy a local file there, replacing what has that path, by a name that nobody looks for."""
        target = PurePosixPath(path)
        self._make_folders(target.parent)
        draft = str(target.with_name(f".{target.name}.part"))
        self._sftp.put(str(file), draft)
        self._sftp.posix_rename(draft, path)

    def move(self, path: str, target: str) -> None:
        """Move a file; the target's folders are made, and nothing is replaced."""
        self._make_folders(PurePosixPath(target).parent)
        self._sftp.rename(path, target)

    def remove(self, path: str) -> None:
        """Remove a file."""
        self._sftp.remove(path)

    def _make_folders(self, folder: PurePosixPath) -> None:
        if not self.is_folder(str(folder)):
            self._make_folders(folder.parent)
            with suppress(FileExistsError):
                self._sftp.mkdir(str(folder))

    @property
    def _sftp(self) -> paramiko.SFTPClient:
        if self._open is not None and self._client is not None:
            transport = self._client.get_transport()
            if transport is not None and transport.is_active():
                return self._open
            self._client.close()
        self._client = self._login.connect()
        try:
            self._open = self._client.open_sftp()
        except (paramiko.SSHException, EOFError) as error:
            raise CannotBegin(f"{self._login.name} offers no SFTP ({error}). Ask its operator.") from error
        channel = self._open.get_channel()
        assert channel is not None
        channel.settimeout(SILENCE_SECONDS)
        return self._open
