"""Passwords are kept as salted hashes, sessions are signed, attempts are slowed."""

import time

import pytest

from dashboard.access.passwords import hashed, is_password
from dashboard.access.sessions import HOURS, Logins, Tries


def test_a_password_fits_its_hash_alone() -> None:
    """Two hashes of one password differ; neither tells it."""
    kept = hashed("correct horse battery")
    assert kept != hashed("correct horse battery")
    assert "correct" not in kept
    assert is_password("correct horse battery", kept)
    assert not is_password("correct horse", kept)


@pytest.mark.parametrize(
    "kept", [None, "", "scrypt$16384$8$1$AAAA$AAAA", "md5$x", "scrypt$1$1$1$$", "scrypt$a$8$1$AA==$AA=="]
)
def test_what_is_no_hash_fits_no_password(kept: str | None) -> None:
    """Nor the empty one."""
    assert not is_password("", kept)
    assert not is_password("password", kept)


def test_a_session_is_read_until_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Changed, ended, old or another server's cookies are no session."""
    sessions = Logins()
    session, cookie = sessions.begin("pat")
    assert sessions.read(cookie) == session
    assert sessions.begin("pat")[0].csrf != session.csrf
    for wrong in (None, "", ".", cookie[:-1], f"x{cookie}", cookie.replace(".", ""), f"{cookie}ä"):
        assert sessions.read(wrong) is None
    assert Logins().read(cookie) is None
    later = time.time() + HOURS * 3600 + 1
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: later)
        assert sessions.read(cookie) is None
    sessions.end(session)
    assert sessions.read(cookie) is None


def test_attempts_wait_longer_after_each_failure() -> None:
    """By address; a success begins anew; however many addresses try, the memory is bounded."""
    tries = Tries()
    waits = []
    for _ in range(6):
        waits.append(tries.wait("10.0.0.1"))
        tries.failed("10.0.0.1")
    assert waits[:3] == [0.0, 0.0, 0.0]
    assert 0 < waits[3] <= 1 < waits[4] <= 2 < waits[5] <= 4
    assert tries.wait("10.0.0.2") == 0
    for number in range(12_000):
        tries.failed(f"10.1.{number}")
    assert len(tries._failed) == 10_000
    tries.failed("10.0.0.3")
    tries.succeeded("10.0.0.3")
    assert tries.wait("10.0.0.3") == 0
