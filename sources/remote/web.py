"""A file of a web server."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from email.utils import collapse_rfc2231_value
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx

from rollbook.addresses import below
from rollbook.errors import CannotBegin, SourceAway
from sources.remote.address import Address, is_this_machine
from sources.remote.storage import SILENCE_SECONDS, Access, refuse_size, write_copy

_MOST_REDIRECTS = 5
_BUSY = (429, 500, 502, 503, 504)
_REFUSED = (401, 403)
# It names every address that it asks for, and what stands behind `?` may be a secret.
logging.getLogger("httpx").setLevel(logging.WARNING)


def fetch_web(address: Address, access: Access, place: Callable[[str], Path]) -> str:
    """Fetch the file of an address, following redirects to safe ones only; how it is recorded.

    place: where the copy of what is recorded so goes. What stands behind `?` may be a secret, so it is not recorded.
    """
    plain = {"Accept-Encoding": "identity"}
    with (
        httpx.Client(timeout=SILENCE_SECONDS, headers=plain) as client,
        _answered(client, address, access) as answer,
    ):
        recorded = recorded_as(address, _offered_name(answer))
        refuse_size(_length(answer), recorded, access)
        write_copy(answer.iter_bytes(), place(recorded), recorded, access)
    return recorded


def recorded_as(address: Address, offered: str | None) -> str:
    """The address without its query, by which queries are told apart, and with the name that the server gives the file.

    >>> from sources.remote.address import parse_address
    >>> from sources.remote.storage import ANONYMOUS
    >>> recorded_as(parse_address("https://lms.example.com/export?year=2019", ANONYMOUS), "march.csv")
    'https://lms.example.com/export-cd2afa94/march.csv'
    """
    plain = address.text.partition("#")[0]
    base, mark, query = plain.partition("?")
    names = [name for name in unquote(urlsplit(base).path).split("/") if name]
    if mark:
        digest = sha256(query.encode()).hexdigest()[:8]
        names = [*names[:-1], f"{names[-1] if names else 'file'}-{digest}", offered or (names or ["file"])[-1]]
    elif offered is not None and names[-1:] != [offered]:
        names.append(offered)
    host = base.split("/")[2]
    return below(f"{address.kind}://{host}", "/".join(names or ["file"]))


@contextmanager
def _answered(client: httpx.Client, address: Address, access: Access) -> Iterator[httpx.Response]:
    """The answer that holds the file; raises CannotBegin with what to do, SourceAway where a later try may succeed."""
    url = _without_user(address)
    shown = address.text.partition("?")[0]
    login = _login(address, access)
    try:
        for _ in range(_MOST_REDIRECTS + 1):
            request = client.build_request("GET", url)
            with_login = login if _origin(request.url) == _origin(httpx.URL(_without_user(address))) else None
            answer = client.send(request, auth=with_login, stream=True, follow_redirects=False)
            try:
                if not answer.has_redirect_location:
                    _refuse_failure(answer, shown, access)
                    yield answer
                    return
                url = _next(answer, address, shown)
            finally:
                answer.close()
    except httpx.TransportError as error:
        told = " ".join(str(error).split())[:200] or type(error).__name__
        away = f"{shown}: the server does not answer, or broke off ({told})"
        raise SourceAway(f"{away}. Check the name, or try again later.") from error
    except (httpx.InvalidURL, httpx.DecodingError) as error:
        raise CannotBegin(f"{shown} cannot be fetched ({error}). Correct the address.") from error
    raise CannotBegin(f"{shown} leads on to other addresses over {_MOST_REDIRECTS} times. Name the file's own.")


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _without_user(address: Address) -> str:
    return address.text.replace(f"{address.user}@", "", 1) if address.user is not None else address.text


class _Bearer(httpx.Auth):
    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]  # it is one
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


def _login(address: Address, access: Access) -> httpx.Auth | None:
    """With a user in the address, name and password; else the token, where there is one."""
    if access.password is None:
        return None
    return httpx.BasicAuth(address.user, access.password) if address.user else _Bearer(access.password)


def _next(answer: httpx.Response, address: Address, shown: str) -> str:
    """Where a redirect leads; raises CannotBegin where that is not safe."""
    target = answer.url.join(answer.headers["location"])
    safe = target.scheme == "https" or (target.scheme == "http" and address.is_here and is_this_machine(target.host))
    if not safe:
        raise CannotBegin(f"{shown} leads on to an address that is not https://. Ask the server's operator.")
    if target.userinfo:
        raise CannotBegin(f"{shown} leads on to an address with a password in it. Ask the server's operator.")
    return str(target)


def _refuse_failure(answer: httpx.Response, shown: str, access: Access) -> None:
    code = f"{answer.status_code} {answer.reason_phrase}".strip()
    if answer.status_code in _REFUSED:
        raise CannotBegin(
            f"{shown}: the server refuses access ({code}). Put the token, or with a user name in the address its "
            f"password, into {access.password_name}."
        )
    if answer.status_code in _BUSY:
        raise SourceAway(f"{shown}: the server cannot answer now ({code}). Try again later.")
    if answer.status_code != httpx.codes.OK:
        raise CannotBegin(f"{shown}: the server has no such file ({code}). Correct the address.")


def _length(answer: httpx.Response) -> int:
    told = answer.headers.get("content-length", "")
    return int(told) if told.isascii() and told.isdigit() else 0


def _offered_name(answer: httpx.Response) -> str | None:
    """The name of the file in Content-Disposition, without the folders that it must not have."""
    message = Message()
    message["Content-Disposition"] = answer.headers.get("content-disposition", "")
    # Of two, the plain one is for browsers that do not know the other (RFC 6266).
    named: list[Any] = [value for name, value in message.get_params([], "content-disposition") if name == "filename"]
    given = next((value for value in named if isinstance(value, tuple)), next(iter(named), ""))
    name = PurePosixPath(collapse_rfc2231_value(given).replace("\\", "/")).name
    name = re.sub(r"[\x00-\x1f]", "", name).strip()
    return name if name not in ("", ".", "..") else None
