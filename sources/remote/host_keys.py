"""Files of known host keys, as OpenSSH writes them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import paramiko

from rollbook.errors import CannotBegin

_REVOKED = "@revoked"


def host_keys(name: str, files: Sequence[Path]) -> list[paramiko.PKey]:
    """The keys that the files have for a server, without those that one of them revokes.

    name: `files.example.com`, or `[files.example.com]:2222`. Lines that cannot be read are as if they were not there:
    then the server is unknown.
    """
    lines = [line.split() for file in files for line in _lines(file)]
    revoked = {words[3] for words in lines if words[0] == _REVOKED and len(words) > 3}
    meant = [words for words in lines if len(words) > 2 and _means(words[0], name) and words[2] not in revoked]
    return [key for _, kind, text, *_ in meant if (key := _key(kind, text)) is not None]


def _lines(file: Path) -> Iterator[str]:
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    except OSError as error:
        raise CannotBegin(f"{file} cannot be read ({error.strerror}). Grant the right to read it.") from error
    yield from (line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#"))


def _means(names: str, name: str) -> bool:
    """Whether a line's names, patterns or hash are those of the server."""
    if names.startswith("|1|"):
        try:
            return paramiko.HostKeys.hash_host(name, names) == names
        except (ValueError, binascii.Error):
            return False
    patterns = names.split(",")
    if any(pattern.startswith("!") and fnmatchcase(name, _plain(pattern[1:])) for pattern in patterns):
        return False
    return any(fnmatchcase(name, _plain(pattern)) for pattern in patterns)


def _plain(pattern: str) -> str:
    """The pattern with its brackets as such: in these files they surround a name with a port."""
    return pattern.replace("[", "[[]")


def _key(kind: str, text: str) -> paramiko.PKey | None:
    try:
        return paramiko.PKey.from_type_string(kind, base64.b64decode(text, validate=True))
    except Exception:  # noqa: BLE001 - a damaged key fails in many ways
        return None
