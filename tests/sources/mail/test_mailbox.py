"""A mailbox: what a server lists, fetched as it is, and moved."""

from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from rollbook.errors import CannotBegin
from sources.mail.mailbox import mailbox
from sources.remote.storage import Access
from tests.destinations.http.test_connection import self_signed
from tests.servers.imap import DOVECOT_MISSING, PASSWORD, USER, Imap, dovecot_path, imap_server

ACCESS = Access("box", most_mib=5)


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Imap]:
    """An empty mailbox, and the login."""
    if dovecot_path() is None:
        pytest.skip(DOVECOT_MISSING)
    with imap_server(self_signed(tmp_path)) as running:
        monkeypatch.setenv("SSL_CERT_FILE", str(running.certificate))
        monkeypatch.setenv("ROLLBOOK_SOURCE_BOX_USER", USER)
        monkeypatch.setenv("ROLLBOOK_SOURCE_BOX_PASSWORD", PASSWORD)
        yield running


def a_mail(subject: str, *attached: str, size: int = 1, **headers: str) -> EmailMessage:
    """A mail with attachments of these names."""
    mail = EmailMessage()
    mail["Subject"] = subject
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Text")
    for name in attached:
        mail.add_attachment(bytes(size), maintype="application", subtype="octet-stream", filename=name)
    return mail


def test_what_a_mail_answers_and_carries(box: Imap) -> None:
    """Text that looks like an answer of the server is text; names of attachments are read as people do."""
    ours = "0123456789abcdef" * 2
    box.put(a_mail("UID 77 RFC822.SIZE 88", 'UID 5 "x" (RFC822.SIZE.txt', In_Reply_To=f"<{ours}@example.com>"))
    box.put(a_mail("two", "hris.failed-rows.xlsx", References=f"<x@y> <{ours[::-1]}@example.com> <{ours}@e>"))
    box.put(a_mail("three", "märz.failed-rows.xlsx"))
    box.put(b'Subject: four\nContent-Type: application/x; name="=?utf-8?b?YS5mYWlsZWQtcm93cy54bHN4?="\n\nx')
    box.put(a_mail(f"<{ours}@example.com> failed-rows", "list.csv"))
    with mailbox(box.url, ACCESS) as opened:
        listed = opened.mails()
    assert [mail.answers for mail in listed] == [{ours}, {ours, ours[::-1]}, set(), set(), set()]
    assert [mail.names_workbook for mail in listed] == [False, True, True, True, False]
    assert [mail.key.partition(".")[2] for mail in listed] == ["1", "2", "3", "4", "5"]
    assert all(mail.size > 10 for mail in listed)


def test_a_mail_is_fetched_as_it_is_and_stays_unread(box: Imap, tmp_path: Path) -> None:
    """In pieces, where it is large; one that is larger than it may be is refused."""
    box.put(a_mail("large", "a.bin", size=2 << 20))
    box.put(a_mail("too large", "a.bin", size=5 << 20))
    with mailbox(box.url, ACCESS) as opened:
        large, too_large = opened.mails()
        opened.fetch(large.key, tmp_path / "mail", ACCESS)
        assert (tmp_path / "mail").stat().st_size == large.size > 2 << 20
        assert (tmp_path / "mail").stat().st_mode & 0o077 == 0
        with pytest.raises(CannotBegin, match="larger than 5 MiB"):
            opened.fetch(too_large.key, tmp_path / "large", ACCESS)
        opened.fetch(too_large.key, tmp_path / "head", ACCESS, head_only=True)
        assert b"too large" in (tmp_path / "head").read_bytes()
    assert box.unread() == 2


def test_a_mail_is_moved_once(box: Imap) -> None:
    """A number that is of another mailbox, or of a mail that is gone, is nobody's."""
    box.put(a_mail("one"))
    box.put(a_mail("two"))
    with mailbox(box.url, ACCESS) as opened:
        one, two = opened.mails()
        for _ in range(2):
            opened.move(one.key, "Done")
        assert (opened.has(one.key), opened.has(two.key)) == (False, True)
        assert not opened.has(f"9{two.key}")
        opened.move(f"9{two.key}", "Done")
    assert box.there() == {"INBOX": ["two"], "Done": ["one"]}
    with mailbox(f"{box.url.removesuffix('INBOX')}Done", ACCESS) as opened:
        assert len(opened.mails()) == 1


def test_folders_are_where_the_server_wants_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some want a person's folders below the inbox."""
    if dovecot_path() is None:
        pytest.skip(DOVECOT_MISSING)
    below = "namespace inbox {\n  inbox = yes\n  prefix = INBOX.\n  separator = .\n}"
    with imap_server(self_signed(tmp_path), below) as running:
        monkeypatch.setenv("SSL_CERT_FILE", str(running.certificate))
        monkeypatch.setenv("ROLLBOOK_SOURCE_BOX_PASSWORD", PASSWORD)
        running.put(a_mail("one"))
        place = running.url.replace("imaps://", f"imaps://{USER}@")
        with mailbox(place, ACCESS) as opened:
            opened.move(opened.mails()[0].key, "Done")
        assert running.there() == {"INBOX.Done": ["one"]}


def test_a_login_by_the_older_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if dovecot_path() is None:
        pytest.skip(DOVECOT_MISSING)
    with imap_server(self_signed(tmp_path), mechanisms="login") as running:
        monkeypatch.setenv("SSL_CERT_FILE", str(running.certificate))
        monkeypatch.setenv("ROLLBOOK_SOURCE_BOX_USER", USER)
        monkeypatch.setenv("ROLLBOOK_SOURCE_BOX_PASSWORD", "wrong")
        with pytest.raises(CannotBegin, match="refuses the login"), mailbox(running.url, ACCESS):
            pass
