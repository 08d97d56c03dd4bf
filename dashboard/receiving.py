"""Uploads as they come over the wire: each file goes to disk piece by piece, within bounds."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import IO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from rollbook.errors import CannotBegin, RollbookError

# A form has few fields beside its files, and these are short.
_MOST_FILES = 200
_MOST_FIELDS = 50
_FIELD_BYTES = 64 * 2**10
# Longer names are no file's on most disks (bytes).
_LONGEST_NAME = 200
# A sender that sends nothing for this long is gone.
STALLED_SECONDS = 60.0
# So many are received at the same time.
MOST_AT_ONCE = 8
# Characters that some disks do not take.
_UNWELCOME = frozenset('"<>:|?*')


class TooLarge(RollbookError):
    """What is sent is larger than the settings allow."""


class TooMany(RollbookError):
    """Others are sending, more than are received at a time."""


class NotAForm(RollbookError):
    """The request is no form with files."""


# The HTTP status that each of these is answered with.
STATUS: Mapping[type[Exception], int] = MappingProxyType({TooLarge: 413, TooMany: 503, NotAForm: 400})


class Doors:
    """How many are received at the same time."""

    def __init__(self) -> None:
        self._inside = 0
        self._lock = Lock()

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Be one of them; raises TooMany."""
        with self._lock:
            if self._inside >= MOST_AT_ONCE:
                raise TooMany("Several other uploads are under way. Try again in a moment.")
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1


class Received:
    """What has come so far: fields by name, and files below `folder`."""

    def __init__(self, folder: Path, permit: Callable[[Mapping[str, str]], None]) -> None:
        self.fields: dict[str, str] = {}
        self.names: list[str] = []
        self._folder = folder
        self._permit = permit
        self._file: IO[bytes] | None = None

    def begin_file(self, name: str) -> None:
        """A file comes; the fields before it say whether it may."""
        self._permit(self.fields)
        if len(self.names) >= _MOST_FILES:
            raise TooLarge(f"More than {_MOST_FILES} files. Send them as one zip file.")
        own = free_name(plain_name(name), self.names)
        self._file = (self._folder / own).open("xb")
        (self._folder / own).chmod(0o600)
        self.names.append(own)

    def write(self, data: bytes) -> None:
        """A piece of that file."""
        assert self._file is not None
        try:
            self._file.write(data)
        except OSError as error:
            raise CannotBegin(
                f"The upload cannot be stored ({error.strerror}). Ask your administrator, or try again later."
            ) from None

    def end_file(self) -> None:
        """It has come."""
        if self._file is not None:
            self._file.close()
            self._file = None


def plain_name(told: str) -> str:
    r"""The name of a file as it may stand on disk: no folders, nothing that is not shown, not hidden, not too long.

    >>> plain_name("C:\\Users\\ann\\märz 2026.xlsx"), plain_name("../../.ssh/config"), plain_name("...")
    ('märz 2026.xlsx', 'config', 'upload')
    """
    last = re.split(r"[\\/]", told)[-1]
    shown = "".join(c if c.isprintable() and c not in _UNWELCOME else " " for c in last)
    name = " ".join(shown.split()).lstrip(".~ ")
    while len(name.encode()) > _LONGEST_NAME:
        stem, dot, ending = name.rpartition(".")
        name = f"{stem[:-1]}{dot}{ending}" if len(stem) > 1 else name[:-1]
    return name or "upload"


def free_name(name: str, taken: list[str]) -> str:
    """The name, or with a number where there is one like it already, whatever its case."""
    known = {each.casefold() for each in taken}
    stem, dot, ending = name.rpartition(".") if "." in name else (name, "", "")
    candidate, number = name, 1
    while candidate.casefold() in known:
        number += 1
        candidate = f"{stem} ({number}){dot}{ending}"
    return candidate


def refuse_large(request: Request, most_bytes: int) -> None:
    """Raises TooLarge where the request says so itself, before anything of it is read."""
    told = request.headers.get("content-length", "")
    if told.isascii() and told.isdigit() and int(told) > most_bytes:
        raise TooLarge(too_large(most_bytes))


def too_large(most_bytes: int) -> str:
    """What is said of an upload above the bound."""
    return (
        f"The files are larger than {most_bytes / 2**20:,.0f} MiB together. Send them in smaller parts. Administrator: "
        "`upload_mib` under [dashboard] of the settings is the limit."
    )


async def receive_form(
    request: Request, folder: Path, most_bytes: int, permit: Callable[[Mapping[str, str]], None]
) -> Received:
    """The fields and files of a form. permit: is asked before the first file, and raises where it may not come.

    Raises TooLarge, NotAForm, and CannotBegin where it cannot be stored.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise NotAForm("Send the files as a form (multipart/form-data).")
    received = Received(folder, permit)
    form = _Form(received, boundary)
    try:
        async for chunk in bounded(request, most_bytes):
            await run_in_threadpool(form.feed, chunk)
        form.finish()
    except FormParserError:
        raise NotAForm("The upload is damaged, or was cut off. Send it again.") from None
    finally:
        received.end_file()
    return received


async def receive_body(request: Request, folder: Path, most_bytes: int, name: str) -> Received:
    """The whole body as one file."""
    received = Received(folder, lambda _fields: None)
    received.begin_file(name)
    try:
        async for chunk in bounded(request, most_bytes):
            await run_in_threadpool(received.write, chunk)
    finally:
        received.end_file()
    return received


async def bounded(request: Request, most_bytes: int) -> AsyncIterator[bytes]:
    """The pieces of a body; raises TooLarge where they become too many, NotAForm where no more come."""
    total, pieces = 0, request.stream().__aiter__()
    while True:
        try:
            piece = await asyncio.wait_for(anext(pieces), STALLED_SECONDS)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise NotAForm("The upload stopped. Send it again.") from None
        total += len(piece)
        if total > most_bytes:
            raise TooLarge(too_large(most_bytes))
        yield piece


def discard(folder: Path) -> None:
    """Remove what came of an upload that came to nothing."""
    shutil.rmtree(folder, ignore_errors=True)


class _Form:
    """Takes a multipart body piece by piece."""

    def __init__(self, received: Received, boundary: bytes) -> None:
        self._received = received
        self._name, self._value = b"", b""
        self._headers: dict[bytes, bytes] = {}
        self._field: str | None = None
        self._text = b""
        self._is_file = self._is_ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._header_name,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._data,
                "on_part_end": self._end,
                "on_end": self._all,
            },
        )

    def feed(self, piece: bytes) -> None:
        """Take a piece."""
        self._parser.write(piece)

    def finish(self) -> None:
        """Raises NotAForm where the body was cut off."""
        self._parser.finalize()
        if not self._is_ended:
            raise NotAForm("The upload was cut off. Send it again.")

    def _begin(self) -> None:
        self._headers, self._name, self._value = {}, b"", b""
        self._field, self._text, self._is_file = None, b"", False

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name, self._value = b"", b""

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._field = options.get(b"name", b"").decode("utf-8", "replace")
        name = options.get(b"filename")
        if name:  # browsers send an empty name where no file was chosen
            self._is_file = True
            self._received.begin_file(name.decode("utf-8", "replace"))
        elif len(self._received.fields) >= _MOST_FIELDS:
            raise NotAForm("The form has too many fields.")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self._received.write(data[start:end])
            return
        self._text += data[start:end]
        if len(self._text) > _FIELD_BYTES:
            raise NotAForm("A field of the form is too long.")

    def _end(self) -> None:
        if self._is_file:
            self._received.end_file()
        elif self._field:
            self._received.fields[self._field] = self._text.decode("utf-8", "replace")

    def _all(self) -> None:
        self._is_ended = True
