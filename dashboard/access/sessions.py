"""Sessions without a memory: a signed cookie says who is logged in, and a token of its own guards every form."""

import hashlib
import hmac
import json
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections import OrderedDict
from dataclasses import dataclass

COOKIE = "rollbook_session"
HOURS = 12
_MOST_ENDED = 10_000
_MOST_WATCHED = 10_000
# Tries that are free of waiting, and the longest wait after further ones, in seconds.
_FREE_TRIES = 3
_LONGEST_WAIT = 900.0


@dataclass(frozen=True)
class Login:
    """Who looks (None: nobody is asked), until when (seconds since 1970), and the token that its forms carry.

    mark: tells the password with which it began from a later one.
    """

    user: str | None
    number: str
    ends: int
    csrf: str
    mark: str = ""


class Logins:
    """Makes and reads the cookies. The key lives as long as the process: a restart ends all sessions."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._ended: OrderedDict[str, None] = OrderedDict()

    def begin(self, user: str | None, mark: str = "") -> tuple[Login, str]:
        """A new session and the text of its cookie."""
        session = self._session(user, secrets.token_urlsafe(16), int(time.time()) + HOURS * 3600, mark)
        told = [session.user, session.number, session.ends, session.mark]
        plain = urlsafe_b64encode(json.dumps(told).encode()).decode()
        return session, f"{plain}.{self._sign(plain)}"

    def read(self, cookie: str | None) -> Login | None:
        """The session of a cookie; None where it is not ours, has been ended or is too old."""
        plain, _, sign = (cookie or "").partition(".")
        if not plain or not sign.isascii() or not hmac.compare_digest(self._sign(plain), sign):
            return None
        try:
            user, number, ends, mark = json.loads(urlsafe_b64decode(plain))
        except (ValueError, Error):  # pragma: no cover - what we signed can be read
            return None
        return None if number in self._ended or ends < time.time() else self._session(user, number, ends, mark)

    def end(self, session: Login) -> None:
        """A session that is ended stays so, whoever kept its cookie."""
        self._ended[session.number] = None
        while len(self._ended) > _MOST_ENDED:
            self._ended.popitem(last=False)

    def _session(self, user: str | None, number: str, ends: int, mark: str) -> Login:
        return Login(user, number, ends, self._sign(f"csrf {number}"), mark)

    def _sign(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


class Tries:
    """Attempts to log in, by address or name: after some failures each further one has to wait twice as long.

    free: so many do not wait. longest: seconds that an attempt waits at most.
    """

    def __init__(self, free: int = _FREE_TRIES, longest: float = _LONGEST_WAIT) -> None:
        self._free = free
        self._longest = longest
        self._failed: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, address: str) -> float:
        """Seconds until the next attempt of this address is looked at; 0 now."""
        number, last = self._failed.get(address, (0, 0.0))
        if number < self._free:
            return 0.0
        pause = min(2.0 ** min(number - self._free, 20), self._longest)
        return max(0.0, last + pause - time.monotonic())

    def failed(self, address: str) -> None:
        """One more attempt failed."""
        number, _ = self._failed.pop(address, (0, 0.0))
        self._failed[address] = (number + 1, time.monotonic())
        while len(self._failed) > _MOST_WATCHED:
            self._failed.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """The address begins anew."""
        self._failed.pop(address, None)


class LoginTries:
    """Attempts to log in, by address, and by the name from wherever: nobody else can lock a name out for long."""

    def __init__(self) -> None:
        self._addresses = Tries()
        self._names = Tries(free=10, longest=30.0)

    def wait(self, address: str, name: str) -> float:
        """Seconds until the next attempt is looked at; 0 now."""
        return max(self._addresses.wait(address), self._names.wait(name))

    def failed(self, address: str, name: str) -> None:
        """One more attempt failed."""
        self._addresses.failed(address)
        self._names.failed(name)

    def succeeded(self, address: str, name: str) -> None:
        """Address and name begin anew."""
        self._addresses.succeeded(address)
        self._names.succeeded(name)
