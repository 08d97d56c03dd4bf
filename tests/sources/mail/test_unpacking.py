"""Mails taken apart: whatever is in them, it breaks nothing but a process of its own."""

from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.mail.unpacking import MOST_ATTACHMENTS, Mail, taken_apart, unpack


def written(folder: Path, content: bytes) -> Path:
    """A mail as a file."""
    path = folder / "mail"
    path.write_bytes(content)
    return path


def a_mail(*attached: tuple[str, bytes], **headers: str) -> EmailMessage:
    """A mail with attachments. headers: `_` for `-`."""
    mail = EmailMessage()
    for name, value in {"From": "Ann <ann@example.com>", "Subject": "Re: rows", **headers}.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("See attached.")
    for name, content in attached:
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return mail


def taken(folder: Path, mail: EmailMessage) -> Mail:
    """The mail taken apart, in its process."""
    found = unpack(written(folder, mail.as_bytes()), folder, 10)
    assert found is not None
    return found


def test_what_is_told_of_a_mail(tmp_path: Path) -> None:
    found = taken(tmp_path, a_mail(("märz.xlsx", b"one"), ("logo.png", b"two"), Message_ID="<a.b@example.com>"))
    ((name, file),) = found.attachments
    assert (name, file.read_bytes()) == ("märz.xlsx", b"one")
    told = (found.sender, found.message_id, found.subject, found.is_automatic, found.has_too_many)
    assert told == ("ann@example.com", "a.b@example.com", "Re: rows", False, False)


@pytest.mark.parametrize(
    ("sender", "understood"),
    [
        ("ann@example.com", "ann@example.com"),
        ("HR, team <ann@example.com>", None),
        ("a@example.com, b@example.com", None),
        ("Ann", None),
        ('"hr@example.com" <eve@example.com>', "eve@example.com"),
        ("=?utf-8?q?hr=40example=2Ecom?= <eve@example.com>", "eve@example.com"),
    ],
)
def test_a_sender_is_one_address_or_none(tmp_path: Path, sender: str, understood: str | None) -> None:
    """What stands before it is no address, whatever it says."""
    content = f"From: {sender}\nSubject: x\n\ntext".encode()
    found = unpack(written(tmp_path, content), tmp_path, 1)
    assert found is not None
    assert found.sender == understood


def test_two_senders_are_none(tmp_path: Path) -> None:
    found = unpack(written(tmp_path, b"From: hr@example.com\nFrom: eve@example.com\n\ntext"), tmp_path, 1)
    assert found is not None
    assert found.sender is None


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/march.xlsx", "march.xlsx"),
        ("C:\\Users\\ann\\march.xlsx", "march.xlsx"),
        (".~$march.xlsx", "march.xlsx"),
        ("a\tb.csv", "a b.csv"),
        (f"{'x' * 300}.csv", f"{'x' * 150}.csv"),
        ("march.exe", None),
        ("..", None),
    ],
)
def test_names_lead_nowhere(tmp_path: Path, given_name: str, kept: str | None) -> None:
    found = taken(tmp_path, a_mail((given_name, b"x")))
    assert [name for name, _ in found.attachments] == ([kept] if kept else [])
    assert {path.name for path in tmp_path.iterdir()} <= {"mail", "0"}


def test_a_message_id_that_could_be_two_headers_is_none(tmp_path: Path) -> None:
    assert taken(tmp_path, a_mail(Message_ID="<a b@example.com>")).message_id is None


def test_so_many_attachments_are_unpacked(tmp_path: Path) -> None:
    found = taken(tmp_path, a_mail(*[("a.csv", b"x")] * (MOST_ATTACHMENTS + 1)))
    assert (len(found.attachments), found.has_too_many) == (MOST_ATTACHMENTS, True)


def test_what_is_nested_without_end_is_no_mail(tmp_path: Path) -> None:
    """Nor is one whose attachment is larger than mails may be."""
    nested = "".join(f'Content-Type: multipart/mixed; boundary="{level}"\n\n--{level}\n' for level in range(5_000))
    assert unpack(written(tmp_path, f"From: a@example.com\n{nested}".encode()), tmp_path, 1) is None
    large = a_mail(("a.csv", bytes(2 << 20)))
    assert unpack(written(tmp_path, large.as_bytes()), tmp_path, 1) is None


@given(content=st.binary(max_size=300), kind=st.sampled_from([b"", b"From: a@b\n", b"Content-Type: multipart/mixed\n"]))
def test_any_bytes_are_a_mail_or_none(tmp_path: Path, content: bytes, kind: bytes) -> None:
    """What the parser cannot take, it says; it never gives a sender that was not there."""
    try:
        found = taken_apart(written(tmp_path, kind + content), tmp_path)
    except Exception:  # noqa: BLE001 - in its process, any ends it
        return
    assert found.attachments == () or b"name" in content
    assert found.sender is None or b"@" in kind + content
