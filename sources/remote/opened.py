"""Which storage an address belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rollbook.addresses import is_address, is_mailbox
from rollbook.errors import CannotBegin, RollbookError, SourceAway, SourceGone, Stopped
from sources.remote.address import parse_address
from sources.remote.storage import Access, Storage, missing_extra

if TYPE_CHECKING:
    from sources.remote.address import Address


def open_storage(place: str, access: Access) -> tuple[Storage, str]:
    """The storage of an address or a local path, and the path there. Raises CannotBegin where it cannot be used."""
    if not is_address(place):
        return _other(place, access)
    address = parse_address(place, access)
    if address.kind == "sftp":
        return _sftp(address, access)
    if address.kind == "s3":
        return _s3(address, access)
    if address.kind in ("http", "https"):
        raise address.refuse("a web server lists no folder. Name one file of it.")
    if is_mailbox(place):
        raise address.refuse("a mailbox is read by `rollbook nightly` only.")
    return _other(place, access)


def is_web(place: str) -> bool:
    """Whether it is the address of a file on a web server."""
    return place.startswith(("https://", "http://"))


def is_database(place: str) -> bool:
    """Whether it is the address of a database: PostgreSQL, MariaDB, SQLite, or what SQLAlchemy has a dialect for."""
    kind = place.partition("://")[0]
    if not is_address(place) or kind in _OF_FILES:
        return False
    if kind.partition("+")[0] in _DATABASES:
        return True
    from importlib.metadata import entry_points

    return bool(entry_points(group="sqlalchemy.dialects", name=kind))


_OF_FILES = ("sftp", "s3", "https", "http", "ftp", "ftps", "ssh", "scp", "s3a", "imaps", "imap")
_DATABASES = ("postgresql", "mariadb", "mysql", "sqlite", "oracle", "mssql")


def fetch_web(place: str, access: Access, copies: Callable[[str], Path]) -> str:
    """Fetch a file of a web server; how it is recorded. copies: where the copy of what is recorded so goes."""
    address = parse_address(place, access)
    from sources.remote import web

    return web.fetch_web(address, access, copies)


def _other(place: str, access: Access) -> tuple[Storage, str]:
    from sources.remote.other import OtherStorage

    try:
        storage = OtherStorage(place, access)
    except (ValueError, ImportError) as error:
        told = f"{place.partition('://')[0]}:// is not supported ({error}). Write a path, sftp://, s3:// or https://."
        raise CannotBegin(told) from error
    return storage, storage.root


def _sftp(address: Address, access: Access) -> tuple[Storage, str]:
    try:
        from sources.remote.sftp import SftpStorage
    except ModuleNotFoundError as error:
        if error.name != "paramiko":
            raise
        raise missing_extra("sftp://", "sftp") from None
    path = address.path or "/"
    # What follows `/~/` is below the home folder of the login.
    return SftpStorage(address, access), (path[3:] or ".") if path == "/~" or path.startswith("/~/") else path


def _s3(address: Address, access: Access) -> tuple[Storage, str]:
    try:
        from sources.remote.s3 import S3Storage
    except ModuleNotFoundError as error:
        if error.name != "obstore":
            raise
        raise missing_extra("s3://", "s3") from None
    return S3Storage(address, access), address.path or "/"


@contextmanager
def plain_errors(what: str, kind: type[CannotBegin | Stopped] = CannotBegin) -> Iterator[None]:
    """What fails at a place, in words. what: a clause. kind: what it is; the fault of one file is always its own."""
    try:
        yield
    except SourceAway as error:
        raise SourceGone(str(error)) if kind is Stopped else error from error.__cause__
    except RollbookError:
        raise
    except PermissionError as error:
        raise kind(f"{what}. The right to do so is missing: grant it.") from error
    except Exception as error:
        told = " ".join(str(error).split())[:200] or type(error).__name__
        raise kind(f"{what} ({told}). Fix this, then try again.") from error
