"""Files in an S3 bucket, or in one that speaks like it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from rollbook.errors import CannotBegin, SourceAway
from sources.remote.address import is_this_machine
from sources.remote.storage import SILENCE_SECONDS, Access, Stored, refuse_size, write_copy

if TYPE_CHECKING:
    from obstore import ObjectMeta

    from sources.remote.address import Address

_RETRIES = 3
# What a store calls keys that it does not know, or not any more.
_WRONG_KEYS = re.compile("InvalidAccessKeyId|SignatureDoesNotMatch|InvalidToken|InvalidClientTokenId|ExpiredToken")
_FORBIDDEN = "403 Forbidden"
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")


class S3Storage:
    """The files of a bucket. The endpoint, region and keys come from the environment, as for AWS's own tools."""

    def __init__(self, address: Address, access: Access) -> None:
        self._access = access
        self._address = address
        with self._plain_errors():
            self._store = S3Store(
                address.host,
                client_options={"timeout": timedelta(seconds=SILENCE_SECONDS), "allow_http": _is_plain(address)},
                retry_config={"max_retries": _RETRIES, "retry_timeout": timedelta(seconds=SILENCE_SECONDS)},
            )

    def is_folder(self, path: str) -> bool:
        """Whether there are files below that path; the bucket itself always is one."""
        with self._plain_errors():
            first = next(iter(obstore.list(self._store, _folder(path), chunk_size=1)), None)
        return bool(first) or not path.strip("/")

    def files(self, folder: str) -> dict[str, Stored]:
        """The files of a folder at any depth, by their path below it."""
        start = _folder(folder)
        with self._plain_errors():
            found = [each for chunk in obstore.list(self._store, start) for each in chunk]
        return {
            each["path"].removeprefix(start or ""): _stored(each)
            for each in found
            if each["size"] or PurePosixPath(each["path"]).suffix  # else it stands for a folder
        }

    def look_at(self, path: str) -> Stored | None:
        """The file of that path, None where there is none."""
        try:
            with self._plain_errors():
                return _stored(obstore.head(self._store, _key(path)))
        except FileNotFoundError:
            return None

    def get(self, path: str, to: Path) -> None:
        """Copy a file to a local disk, within the limits."""
        with self._plain_errors():
            answer = obstore.get(self._store, _key(path))
            refuse_size(answer.meta["size"], path, self._access)
            size = write_copy((bytes(block) for block in answer.stream()), to, path, self._access)
        if size != answer.meta["size"]:
            to.unlink()
            raise CannotBegin(f"{path} changed while it was fetched. Try again when it is written.")

    def put(self, file: Path, path: str) -> None:
        """Copy a local file there, replacing what has that path."""
        with self._plain_errors():
            obstore.put(self._store, _key(path), file)

    def move(self, path: str, target: str) -> None:
        """Copy a file, then remove it: there is nothing else; nothing is replaced."""
        if self.look_at(target) is not None:
            raise FileExistsError(f"{target} is there already")
        with self._plain_errors():
            obstore.copy(self._store, _key(path), _key(target))
            obstore.delete(self._store, _key(path))

    def remove(self, path: str) -> None:
        """Remove a file."""
        with self._plain_errors():
            obstore.delete(self._store, _key(path))

    @contextmanager
    def _plain_errors(self) -> Iterator[None]:
        try:
            yield
        except NotFoundError as error:
            raise FileNotFoundError(_first_line(error)) from error
        except BaseError as error:
            if wrong := _WRONG_KEYS.search(str(error)):
                raise self._address.refuse(
                    f"the store does not accept these keys ({wrong[0]}). Correct AWS_ACCESS_KEY_ID and "
                    "AWS_SECRET_ACCESS_KEY, or the role of the machine."
                ) from error
            if isinstance(error, PermissionDeniedError | UnauthenticatedError) or _FORBIDDEN in str(error):
                raise PermissionError(_first_line(error)) from error
            raise self._away(error) from error

    def _away(self, error: BaseError) -> CannotBegin:
        if "NoSuchBucket" in str(error):
            return self._address.refuse(f"there is no bucket {self._address.host}. Correct its name.")
        told = _first_line(error).rpartition(" - ")[2]
        away = f"{self._address.text}: the bucket does not answer ({told}). Check AWS_REGION and AWS_ENDPOINT_URL, and "
        return SourceAway(f"{away}that the keys are where AWS tools look for them, or try again later.")


def _is_plain(address: Address) -> bool:
    """Whether the endpoint is one of this machine, without TLS; raises CannotBegin for any other without."""
    named = next((os.environ[name] for name in _ENDPOINTS if os.environ.get(name)), "")
    endpoint = urlsplit(named)
    if endpoint.scheme == "http" and not is_this_machine(endpoint.hostname or ""):
        raise address.refuse(
            f"the endpoint {endpoint.hostname} is without TLS. Set AWS_ENDPOINT_URL to an https:// one."
        )
    return endpoint.scheme == "http"


def _stored(found: ObjectMeta) -> Stored:
    return Stored(found["size"], f"{found['last_modified']} {found['e_tag']}")


def _key(path: str) -> str:
    return path.lstrip("/")


def _folder(path: str) -> str | None:
    """The beginning of the keys in a folder; None for the whole bucket."""
    return f"{path.strip('/')}/" if path.strip("/") else None


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
