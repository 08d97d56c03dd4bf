"""Who is notified, as settings and profiles say it; what could not be reached safely is refused when it is read."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rollbook.errors import CannotBegin
from rollbook.notify_settings import MailServer, NotifySettings, parse_server
from rollbook.profile import parse_profile
from rollbook.request import Request
from rollbook.settings import Settings, load_settings


def notify(**lines: Any) -> NotifySettings:
    """The section with a sender."""
    return NotifySettings.model_validate({"from": "rollbook@example.com", **lines})


@pytest.mark.parametrize(
    ("address", "server"),
    [
        ("smtp://127.0.0.1:25", MailServer("smtp", "127.0.0.1", 25)),
        ("smtp://localhost", MailServer("smtp", "localhost", 25)),
        ("smtp://[::1]:2525", MailServer("smtp", "::1", 2525)),
        ("smtps://mail.example.com", MailServer("smtps", "mail.example.com", 465)),
        ("smtp+starttls://mail.example.com/", MailServer("smtp+starttls", "mail.example.com", 587)),
        ("smtps://mail.example.com:8465", MailServer("smtps", "mail.example.com", 8465)),
    ],
)
def test_a_mail_server_is_named_by_its_kind_and_host(address: str, server: MailServer) -> None:
    assert parse_server(address) == server


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("smtp://mail.example.com", "not encrypted"),
        ("smtp://10.0.0.7:25", "not encrypted"),
        ("smtps://user:s3cret@mail.example.com", "keep the login out"),
        ("mail.example.com:25", "write smtps://HOST"),
        ("https://mail.example.com", "write smtps://HOST"),
        ("smtps://", "write smtps://HOST"),
        ("smtps://mail.example.com:many", "write smtps://HOST"),
        ("smtps://mail.example.com/path", "write smtps://HOST"),
    ],
)
def test_a_mail_server_that_is_not_safe_or_not_clear_is_refused(address: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why) as error:
        notify(server=address)
    assert "s3cret" not in str(error.value.errors(include_input=False))


@pytest.mark.parametrize(
    "address",
    [
        "hr@example.com\nBcc: x@example.com",
        "hr@example.com, it@example.com",
        "HR <hr@example.com>",
        "hr",
        "@example.com",
        "hr@",
        "hr@exam ple.com",
        "hr@müller.example",
        "",
    ],
)
def test_one_plain_address_each(address: str) -> None:
    """No header can be made of it."""
    with pytest.raises(ValidationError, match="is not a mail address"):
        notify(server="smtp://127.0.0.1", mail=[address])
    with pytest.raises(CannotBegin, match=r"owner\.mail"):
        parse_profile(f"[owner]\nmail = [{json.dumps(address)}]")


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ({"mail": ["hr@example.com"]}, "needs a mail server"),
        ({"server": "smtp://127.0.0.1", "from": None}, "needs a sender"),
        ({"webhook": ["http://hooks.example.com/x"]}, "write https://"),
        ({"webhook": ["ftp://hooks.example.com/x"]}, "write a web address"),
        ({"chat": ["slack"]}, "write an Apprise address"),
        ({"on": ["everything"]}, "Input should be"),
        ({"rows": "print"}, "Input should be"),
        ({"language": "tlh"}, "Input should be"),
        ({"quiet": "-7d"}, "quiet|duration|timedelta"),
    ],
)
def test_what_cannot_be_meant_is_refused(lines: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        notify(**lines)


def test_lengths_of_time_are_read_as_elsewhere() -> None:
    assert notify(quiet="36h").quiet == timedelta(hours=36)


def test_chats_of_the_environment_stand_above_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rollbook.toml"
    path.write_text("[notify]\nchat = ['slack://file']\n", encoding="utf-8")
    assert load_settings(path).notify.chat == ["slack://file"]
    monkeypatch.setenv("ROLLBOOK_CHAT", "slack://token matrixs://other")
    assert load_settings(path).notify.chat == ["slack://token", "matrixs://other"]


def test_a_wrong_line_is_named_and_no_secret_is_repeated(tmp_path: Path) -> None:
    path = tmp_path / "rollbook.toml"
    path.write_text("[notify]\nwebhook = ['http://hooks.example.com/secret-token']\n", encoding="utf-8")
    with pytest.raises(CannotBegin, match=r"notify\.webhook\.0: .*write https://") as error:
        load_settings(path)
    assert "secret-token" not in str(error.value)


def test_no_run_writes_the_addresses_down() -> None:
    """A chat's or webhook's may be a secret."""
    settings = Settings(notify=NotifySettings(chat=["slack://secret-token"]))
    written = Request("nightly", settings=settings).to_json()
    assert "secret-token" not in written + repr(settings)
    assert Request.from_json(written).settings.notify == NotifySettings()
