"""Corrected workbooks that come back by mail: imported for who got them, and answered once."""

from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.destinations.http.test_connection import self_signed
from tests.pipeline import app
from tests.pipeline.replies.desk import GOOD, OWNER, WORSE, ReplyDesk, attach, corrected, reply_to, workbook_of
from tests.servers.imap import Imap, imap_server
from tests.servers.mail import MailServer, attachments_of, text_of

SUBJECT = "Re: Rollbook: 1 row failed: march.csv"
IMPORTED = "Imported: march.failed-rows.xlsx"


def test_a_corrected_workbook_closes_its_cases_and_is_answered(desk: ReplyDesk, box: Imap) -> None:
    """In the thread of the reply; whoever runs the import hears nothing where all is well."""
    told = desk.fails()
    assert "Then reply to this message with the workbook attached" in text_of(told)
    box.put(reply_to(told, corrected(workbook_of(told))))
    assert desk.replies().exit == 0
    assert desk.loaded() == [GOOD[0], "ivo@example.com"]
    assert [case["state"] for case in app.contents(desk.url)["cases"]] == ["fixed"]
    assert desk.answers() == [(OWNER, IMPORTED)]
    (answer,) = desk.mail.received
    assert "1 row succeeded" in text_of(answer)
    assert answer["In-Reply-To"] == answer["References"] == "<reply-1@mail.example.com>"
    assert answer["Auto-Submitted"] == "auto-replied"
    assert (box.there(), box.unread("Done")) == ({"Done": [SUBJECT]}, 0)
    assert (desk.replies().exit, desk.answers()) == (0, [])


def test_what_still_fails_comes_back_with_the_answer(desk: ReplyDesk, box: Imap) -> None:
    """Also the rows that are known; the answer can be replied to as the first message could."""
    told = desk.fails(*WORSE)
    box.put(reply_to(told, corrected(workbook_of(told), most=1)))
    assert desk.replies().exit == 1
    (answer,) = (mail for mail in desk.mail.received if mail["To"] == OWNER)
    assert answer["Subject"] == "Rollbook: 1 row failed: march.failed-rows.xlsx"
    assert list(attachments_of(answer)) == ["march.failed-rows.xlsx"]
    box.put(reply_to(answer, corrected(workbook_of(answer)), Message_ID="<reply-2@mail.example.com>"))
    assert desk.replies().exit == 0
    assert desk.answers() == [(OWNER, IMPORTED)]
    assert desk.loaded() == [GOOD[0], "ivo@example.com", "jo@example.com"]


def test_an_untouched_workbook_is_answered_and_goes_to_failed(desk: ReplyDesk, box: Imap) -> None:
    told = desk.fails()
    box.put(reply_to(told, workbook_of(told)))
    assert desk.replies().exit == 1
    assert (OWNER, "1 row failed: march.failed-rows.xlsx") in desk.answers()
    assert box.there() == {"Failed": [SUBJECT]}


def test_the_same_reply_twice_is_answered_twice_and_loaded_once(desk: ReplyDesk, box: Imap) -> None:
    told = desk.fails()
    reply = reply_to(told, corrected(workbook_of(told)))
    for _ in range(2):
        box.put(reply)
        assert desk.replies().exit == 0
        assert desk.answers() == [(OWNER, IMPORTED)]
    assert desk.loaded() == [GOOD[0], "ivo@example.com"]
    assert box.there() == {"Done": [SUBJECT] * 2}


def test_several_workbooks_in_one_mail(desk: ReplyDesk, box: Imap) -> None:
    """Of one name, and of different messages: one run, one answer."""
    first = desk.fails()
    second = desk.fails(WORSE[1], name="april.csv")
    box.put(reply_to(second, corrected(workbook_of(second)), corrected(workbook_of(first))))
    answer = desk.replies()
    assert (answer.exit, [len(run["files"]) for run in answer.told["runs"]]) == (0, [2])
    assert desk.answers() == [(OWNER, "Imported: march.failed-rows (2).xlsx and 1 more file")]
    assert desk.loaded() == [GOOD[0], "ivo@example.com", "jo@example.com"]
    assert list(box.there()) == ["Done"]


def test_the_answer_is_in_the_language_of_the_message(desk: ReplyDesk, box: Imap) -> None:
    told = desk.fails(words=desk.profile(f"[owner]\nmail = ['{OWNER}']\nlanguage = 'de'\n", "de.toml"))
    box.put(reply_to(told, corrected(workbook_of(told))))
    desk.replies()
    assert desk.answers() == [(OWNER, "Importiert: march.failed-rows.xlsx")]


def test_who_runs_the_import_may_reply_too(desk: ReplyDesk, box: Imap) -> None:
    """Where the sheets have no owner, the workbook is theirs to correct; in whatever letters their address is."""
    told = desk.fails(words=("--by", "ops"))
    assert told["To"] == "data@example.com"
    box.put(reply_to(told, corrected(workbook_of(told)), sender="Data@Example.com"))
    assert desk.replies().exit == 0
    assert desk.answers() == [("data@example.com", IMPORTED)]


def test_others_that_the_settings_name_may_reply_for_a_shared_address(
    tmp_path: Path, server: MailServer, box: Imap, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = ReplyDesk(tmp_path, server, box, monkeypatch, "owner = 'ann@example.com'")
    told = desk.fails()
    box.put(reply_to(told, corrected(workbook_of(told)), sender="Ann <ann@example.com>"))
    assert desk.replies().exit == 0
    assert ("ann@example.com", IMPORTED) in desk.answers()


def _from_a_stranger(told: EmailMessage, good: bytes) -> EmailMessage:
    return reply_to(told, good, sender="eve@example.com")


def _from_two(told: EmailMessage, good: bytes) -> EmailMessage:
    return reply_to(told, good, sender=f"{OWNER}, eve@example.com")


def _forged(told: EmailMessage, good: bytes) -> EmailMessage:
    made_up = f"<{'0' * 32}@example.com>"
    return reply_to(told, good, In_Reply_To=made_up, References=made_up)


def _new_mail(told: EmailMessage, good: bytes) -> EmailMessage:
    mail = reply_to(told, good)
    del mail["In-Reply-To"], mail["References"]
    return mail


def _other_sheet(told: EmailMessage, _good: bytes) -> EmailMessage:
    mail = reply_to(told)
    attach(mail, b"Email,Session ID,Status\nkim@example.com,S-1,Attended\n", "march.csv")
    return mail


def _too_many(told: EmailMessage, good: bytes) -> EmailMessage:
    return reply_to(told, *[good] * 11)


def _too_large(told: EmailMessage, good: bytes) -> EmailMessage:
    mail = reply_to(told, good)
    attach(mail, bytes(2 << 20), "more.bin")
    return mail


def _bomb(told: EmailMessage, _good: bytes) -> EmailMessage:
    mail = reply_to(told)
    attach(mail, b"PK\x03\x04 no workbook Rollbook row PK\x05\x06" + bytes(18), "march.failed-rows.xlsx")
    return mail


@pytest.mark.parametrize(
    ("made", "why", "is_answered"),
    [
        (_from_a_stranger, "it came from an address to which Rollbook did not send these rows", False),
        (_from_two, "it came from an address to which Rollbook did not send these rows", False),
        (_forged, "the mail is not a reply to a message from Rollbook", True),
        (_new_mail, "the mail is not a reply to a message from Rollbook", True),
        (_other_sheet, "no workbook with failed rows from Rollbook is attached", True),
        (_too_many, "the mail is too large, or too many files are attached", True),
        (_too_large, "the mail is too large, or too many files are attached", True),
        (_bomb, "no workbook with failed rows from Rollbook is attached", True),
    ],
)
def test_mails_that_are_refused(
    tmp_path: Path,
    server: MailServer,
    box: Imap,
    monkeypatch: pytest.MonkeyPatch,
    made: Callable[[EmailMessage, bytes], EmailMessage],
    why: str,
    is_answered: bool,
) -> None:
    """Nothing is imported; whoever runs the import hears why and from whom, and the sender where they are known."""
    desk = ReplyDesk(tmp_path, server, box, monkeypatch, "mail_mib = 1")
    told = desk.fails()
    before = app.contents(desk.url)
    box.put(made(told, corrected(workbook_of(told))))
    answer = desk.replies()
    assert (answer.exit, answer.told["runs"], app.contents(desk.url)) == (1, [], before)
    assert why in answer.errors
    assert {to for to, _ in desk.answers()} == {"data@example.com"} | ({OWNER} if is_answered else set())
    for mail in desk.mail.received:
        assert why in text_of(mail)
        assert ("The mail is from" in text_of(mail)) == (mail["To"] == "data@example.com")
        assert ("In-Reply-To" in mail) == (mail["To"] == OWNER)
    assert box.there() == {"Failed": [SUBJECT]}
    assert (desk.replies().exit, desk.answers()) == (0, [])


def test_a_workbook_that_was_sent_to_somebody_else_is_refused(desk: ReplyDesk, box: Imap) -> None:
    theirs = desk.fails(WORSE[1], name="it.csv", words=desk.profile("[owner]\nmail = ['it@example.com']\n", "it.toml"))
    told = desk.fails()
    box.put(reply_to(told, corrected(workbook_of(theirs))))
    assert "the workbook was not sent to the person who sent it back" in desk.replies().errors
    assert {to for to, _ in desk.answers()} == {OWNER, "data@example.com"}
    assert desk.loaded() == [GOOD[0]]


def _automatic(name: str, value: str) -> Callable[[EmailMessage, bytes], EmailMessage]:
    def made(told: EmailMessage, good: bytes) -> EmailMessage:
        return reply_to(told, good, **{name: value})

    return made


def _forwarded(told: EmailMessage, _good: bytes) -> EmailMessage:
    mail = reply_to(told)
    mail.add_attachment(told)
    return mail


def _own(told: EmailMessage, _good: bytes) -> EmailMessage:
    return told


def _answered(told: EmailMessage, _good: bytes) -> EmailMessage:
    return reply_to(told)


def _other(_told: EmailMessage, _good: bytes) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "kim@example.com", "Holidays"
    mail.set_content("UID 1 RFC822.SIZE 2")
    attach(mail, b"Email\n", "list.csv")
    return mail


@pytest.mark.parametrize(
    "made",
    [
        _automatic("Auto_Submitted", "auto-replied; owner-email=hr@example.com"),
        _automatic("Precedence", "bulk"),
        _automatic("List_Id", "<hr.example.com>"),
        _automatic("X_Autoreply", "yes"),
        _automatic("Return_Path", "<>"),
        _automatic("From", "MAILER-DAEMON@example.com"),
        _automatic("From", "Rollbook <rollbook@example.com>"),
        _forwarded,
        _own,
        _answered,
        _other,
    ],
)
def test_mails_that_are_left_alone(
    desk: ReplyDesk, box: Imap, made: Callable[[EmailMessage, bytes], EmailMessage]
) -> None:
    """Unread as they were, and without an answer: a program would answer that, and so on."""
    told = desk.fails()
    box.put(made(told, corrected(workbook_of(told))))
    there = box.there()
    for _ in range(2):
        answer = desk.replies()
        assert (answer.exit, answer.told["runs"], desk.answers()) == (0, [], [])
    assert (box.there(), box.unread(), list(there)) == (there, 1, ["INBOX"])
    assert desk.loaded() == [GOOD[0]]


def test_one_person_is_answered_so_often_a_day_at_most(desk: ReplyDesk, box: Imap) -> None:
    """A program that sends everything back, and does not say that it is one, comes to an end."""
    told = desk.fails()
    for number in range(21):
        mail = reply_to(told, Message_ID=f"<{number}@mail.example.com>")
        attach(mail, b"Email\n", "list.csv")
        box.put(mail)
    answer = desk.replies()
    assert len([to for to, _ in desk.answers() if to == OWNER]) == 20
    assert f"1 mail from {OWNER}, who sent 20 within a day already: left in {box.url}." in answer.errors
    assert (len(box.there()["Failed"]), len(box.there()["INBOX"])) == (20, 1)


def test_a_mail_server_that_is_away_holds_no_import_up(desk: ReplyDesk, box: Imap) -> None:
    """The answer follows, once."""
    told = desk.fails()
    box.put(reply_to(told, corrected(workbook_of(told))))
    desk.mail.replies["RCPT"] = ["451 later"]
    assert desk.replies().exit == 0
    assert (desk.answers(), desk.loaded()) == ([], [GOOD[0], "ivo@example.com"])
    app.run("notify", *desk.shared)
    assert desk.answers() == [(OWNER, IMPORTED)]


def test_a_run_that_is_stopped_is_answered_when_it_is_finished_too(desk: ReplyDesk, box: Imap) -> None:
    told = desk.fails()
    box.put(reply_to(told, workbook_of(told)))
    answer = desk.replies("--max-rejected", "0")
    assert answer.exit == 3
    assert (OWNER, "Not imported: march.failed-rows.xlsx") in desk.answers()
    desk.mail.received.clear()
    assert app.run("resume", answer.told["runs"][0]["run"], "--max-rejected", "1", *desk.shared).exit == 1
    assert (OWNER, "1 row failed: march.failed-rows.xlsx") in desk.answers()


def test_all_sources_are_passed_over_and_nobody_has_to_reply(desk: ReplyDesk, box: Imap) -> None:
    """A folder may be overdue, a mailbox never is; nights without a reply are no line."""
    desk.notify(nightly=(f"folder = '{desk.drop}'", "expect_within = '1d'"))
    told = desk.fails()
    box.put(reply_to(told, corrected(workbook_of(told))))
    answer = app.run("nightly", "--out", desk.folder / "out", *desk.shared)
    assert (answer.exit, len(answer.told["runs"])) == (0, 1)
    assert desk.replies().exit == 0
    (night,) = [line for line in app.run("nights", *desk.shared).told["nights"] if line["folder"] == box.url]
    assert (night["source"], night["came"], night["told"]) == ("march.failed-rows", True, [OWNER])


@pytest.mark.parametrize("capabilities", ["IMAP4rev1 UIDPLUS NAMESPACE", "IMAP4rev1"])
def test_a_server_that_cannot_move(
    tmp_path: Path, server: MailServer, monkeypatch: pytest.MonkeyPatch, capabilities: str
) -> None:
    """The mail is copied, and the original removed or marked so."""
    (tmp_path / "tls").mkdir()
    limited = f"protocol imap {{\n  imap_capability = {capabilities}\n}}"
    with imap_server(self_signed(tmp_path / "tls"), limited) as box:
        desk = ReplyDesk(tmp_path, server, box, monkeypatch)
        told = desk.fails()
        box.put(reply_to(told, corrected(workbook_of(told))))
        assert desk.replies().exit == 0
        assert box.there()["Done"] == [SUBJECT]
        assert ("INBOX" in box.there()) == ("UIDPLUS" not in capabilities)
        assert (desk.replies().exit, desk.answers()) == (0, [])


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ROLLBOOK_SOURCE_REPLIES_PASSWORD", "s3cret-and-wrong", "the mail server refuses the login"),
        ("ROLLBOOK_SOURCE_REPLIES_USER", "", "Set ROLLBOOK_SOURCE_REPLIES_USER and ROLLBOOK_SOURCE_REPLIES_PASSWORD"),
        ("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt", "the certificate of the mail server is not trusted"),
    ],
)
def test_a_mailbox_that_cannot_be_opened(
    desk: ReplyDesk, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    """It is told what to do, without the password, and by mail too."""
    desk.fails()
    monkeypatch.setenv(name, value)
    answer = desk.replies()
    assert (answer.exit, words in answer.errors, "s3cret" in answer.errors) == (2, True, False)
    assert desk.answers() == [("data@example.com", "Not imported: replies")]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("imap://mail.example.com/INBOX", "Use imaps://"),
        ("imaps://mail.example.com/Réponses", "may have no other letters"),
        ("imaps://ann:pw@mail.example.com", "contains a password"),
        ("imaps://127.0.0.1:1/INBOX", "the mail server does not answer"),
    ],
)
def test_addresses_that_are_refused(desk: ReplyDesk, address: str, words: str) -> None:
    desk.more = ()
    desk.box.url = address
    desk.notify()
    answer = desk.replies()
    assert (answer.exit, words in answer.errors) == (2, True)
