"""The users file: made by a command, read again when it changed, and its sessions end with it."""

import hashlib
import tomllib
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import click.testing
import pytest

from cli.main import rollbook
from dashboard.access.passwords import hashed, is_password
from dashboard.access.users import Users, hash_of_token, remove_user, set_user
from rollbook.errors import CannotBegin
from rollbook.settings import DashboardSettings, Settings
from tests.dashboard.serving import Browser, opened

PASSWORD = "correct horse battery"
HASH = hashed(PASSWORD)


@pytest.fixture
def users(tmp_path: Path) -> Path:
    """A file with two people."""
    path = tmp_path / "users.toml"
    path.write_text("# ours\n", encoding="utf-8")
    set_user(path, "pat@example.com", "repair", password_hash=HASH)
    set_user(path, "Zoë", None, password_hash=HASH)
    return path


@pytest.fixture
def browser(users: Path, tmp_path: Path) -> Iterator[Browser]:
    """In front of a dashboard whose users are in the file."""
    dashboard = DashboardSettings(users=users, host="0.0.0.0")  # noqa: S104 - settings alone
    with opened(Settings(database=f"sqlite:///{tmp_path / 'test.db'}", dashboard=dashboard)) as browser:
        yield browser


def test_what_else_is_in_the_file_stays(users: Path) -> None:
    """Comments too; only its owner may read it; a new user may look."""
    assert users.read_text(encoding="utf-8").startswith("# ours\n")
    assert users.stat().st_mode & 0o777 == 0o600
    assert {name: user.role for name, user in Users(users).all().items()} == {
        "pat@example.com": "repair",
        "Zoë": "look",
    }
    assert set_user(users, "Zoë", None, token="t") == "look"
    zoe = Users(users).all()["Zoë"]
    assert (zoe.password_hash, zoe.tokens) == (HASH, (hash_of_token("t"),))
    remove_user(users, "pat@example.com")
    assert list(Users(users).all()) == ["Zoë"]
    assert list(users.parent.glob(".users*")) == []


@pytest.mark.parametrize("name", ["", " pat", "pat ", "a\nb", "a\x00", "x" * 191])
def test_what_cannot_be_a_name_is_refused(users: Path, name: str) -> None:
    with pytest.raises(CannotBegin, match="user name"):
        set_user(users, name, "look")


@pytest.mark.parametrize(
    "text",
    ["pat = 1", "[pat]\nrole = 'boss'", "[pat]\nrole = 'look'\npassword = 'x'", "[pat", "[pat]\npassword_hash = 'x'"],
)
def test_a_file_that_cannot_be_understood_is_told_and_left(users: Path, text: str) -> None:
    """Nobody is let in by it, nor is it written over; what is in it is not repeated."""
    users.write_text(text, encoding="utf-8")
    with pytest.raises(CannotBegin, match=r"users\.toml"):
        Users(users).all()
    with pytest.raises(CannotBegin):
        set_user(users, "kim", "look")
    assert users.read_text(encoding="utf-8") == text


def test_others_do_not_get_in(browser: Browser) -> None:
    for user, password in (("pat@example.com", "wrong"), ("", ""), ("zoë", PASSWORD)):
        assert browser.post("/login", {"user": user, "password": password}).status_code == 401


def test_each_has_their_own_role(browser: Browser) -> None:
    browser.post("/login", {"user": "Zoë", "password": PASSWORD})
    assert "Zoë" in browser.text()
    assert browser.get("/failed/replace").status_code == 403
    browser.post("/logout")
    browser.post("/login", {"user": "pat@example.com", "password": PASSWORD})
    assert browser.get("/failed/replace").status_code == 200


def test_a_change_of_the_file_counts_at_once(browser: Browser, users: Path) -> None:
    """Another role, another password, and no user any more: of who is logged in, too."""
    browser.post("/login", {"user": "pat@example.com", "password": PASSWORD})
    set_user(users, "pat@example.com", "look")
    assert browser.get("/failed/replace").status_code == 403
    set_user(users, "pat@example.com", None, password_hash=hashed("another password of Pat"))
    assert browser.get("/", follow=False).status_code == 303
    browser.post("/login", {"user": "pat@example.com", "password": "another password of Pat"})
    assert browser.get("/", follow=False).status_code == 200
    remove_user(users, "pat@example.com")
    assert browser.get("/", follow=False).status_code == 303
    users.write_text("[pat", encoding="utf-8")
    assert browser.get("/login").status_code == 503


def test_a_name_that_is_tried_from_everywhere_is_slowed(users: Path, tmp_path: Path) -> None:
    """Ten addresses with one wrong password each, and the next has to wait; other names do not."""
    dashboard = DashboardSettings(users=users, trusted_proxies=["127.0.0.1"])
    with opened(Settings(database=f"sqlite:///{tmp_path / 'test.db'}", dashboard=dashboard)) as browser:
        for number in range(10):
            wrong = {"user": "kim", "password": "guess"}
            told = {"x-forwarded-for": f"192.0.2.{number}"}
            assert browser.post("/login", wrong, told).status_code == 401
        assert browser.post("/login", {"user": "kim", "password": "guess"}).status_code == 429
        assert browser.post("/login", {"user": "Zoë", "password": PASSWORD}).status_code == 200


def _told(*words: str, typed: str = "") -> click.testing.Result:
    return click.testing.CliRunner().invoke(rollbook, ["dashboard", *words], input=typed)


def test_a_command_makes_the_file(tmp_path: Path) -> None:
    settings, users = tmp_path / "rollbook.toml", tmp_path / "users.toml"
    settings.write_text(f"[dashboard]\nusers = '{users}'\n", encoding="utf-8")
    where = ("--settings", str(settings))
    made = _told("--add-user", "kim", "--role", "administer", *where, typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert made.exit_code == 0, made.output
    kim = tomllib.loads(users.read_text(encoding="utf-8"))["kim"]
    assert kim["role"] == "administer"
    assert is_password(PASSWORD, kim["password_hash"])
    token = _told("--add-user", "kim", "--token", *where)
    assert token.exit_code == 0
    assert Users(users).of_token(token.stdout.strip()) == ("kim", Users(users).all()["kim"])
    assert _told("--remove-user", "kim", *where).exit_code == 0
    assert isinstance(_told("--remove-user", "kim", *where).exception, CannotBegin)
    assert Users(users).all() == {}


def test_without_a_place_for_it_there_is_no_file(tmp_path: Path) -> None:
    settings = tmp_path / "rollbook.toml"
    settings.write_text("", encoding="utf-8")
    refused = _told("--add-user", "kim", "--settings", str(settings))
    assert isinstance(refused.exception, CannotBegin)
    assert "[dashboard]" in str(refused.exception)


def test_a_password_costs_what_is_recommended() -> None:
    """Those of before stay good."""
    assert HASH.startswith("scrypt$131072$8$1$")
    made = hashlib.scrypt(PASSWORD.encode(), salt=b"salt", n=2**14, r=8, p=1, dklen=32, maxmem=2**28)
    old = f"scrypt$16384$8$1${b64encode(b'salt').decode()}${b64encode(made).decode()}"
    assert is_password(PASSWORD, old)
    assert not is_password("another", old)
