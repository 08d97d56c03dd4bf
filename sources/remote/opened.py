"""Which storage an address belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollbook.addresses import is_address
from rollbook.errors import CannotBegin
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
    if address.kind in ("http", "https"):
        raise address.refuse("a web server lists no folder. Name one file of it.")
    return _other(place, access)


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
