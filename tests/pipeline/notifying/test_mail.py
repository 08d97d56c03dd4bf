"""Mail about a run: who gets it, what it says, what it carries, and by which server."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from tests.destinations.http.test_connection import self_signed
from tests.pipeline import app
from tests.pipeline.attendance import FIRST, SECOND, write
from tests.pipeline.notifying.desk import OWNER, MailDesk
from tests.servers.mail import MailServer, attachments_of, mail_server, text_of

WELL = (SECOND[0], SECOND[2])


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server that takes everything."""
    with mail_server() as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path, server: MailServer) -> MailDesk:
    """A drop folder whose mail goes there."""
    return MailDesk(tmp_path, server.url)


def test_failed_rows_are_mailed_with_their_workbook(desk: MailDesk, server: MailServer) -> None:
    """To who sends the sheets, with what she does next; known by its run, and once."""
    desk.put("march.csv", FIRST)
    answer = desk.night(*desk.profile(OWNER))
    assert answer.exit == 1
    told = dict(zip(server.recipients, server.received, strict=True))
    assert set(told) == {"hr@example.com", "data@example.com"}
    hers = told["hr@example.com"]
    assert (hers["Subject"], hers["To"]) == ("Rollbook: 4 rows failed: march.csv", "hr@example.com")
    assert "4 rows succeeded; 4 rows failed" in text_of(hers)
    assert "Open the attached workbook" in text_of(hers)
    assert f"put the workbook into the folder {desk.drop}" in text_of(hers)
    (name,) = attachments_of(hers)
    assert name == "march.failed-rows.xlsx"
    sheet = openpyxl.load_workbook(BytesIO(attachments_of(hers)[name])).worksheets[0]
    assert [sheet.cell(1, column).value for column in (1, 2, 3)] == ["Rollbook row", "Problems", "What to do"]
    theirs = told["data@example.com"]
    assert attachments_of(theirs) == {}
    assert f"rollbook failures {answer.told['runs'][0]['run']}" in text_of(theirs)
    assert desk.messages("kind", "channel", "recipient", "state", "attempts", "error") == [
        ("failed", "mail", "hr@example.com", "sent", 0, None),
        ("failed", "mail", "data@example.com", "sent", 0, None),
    ]
    assert desk.night().exit == 0
    assert len(server.received) == 2


def test_without_an_owner_the_workbook_goes_to_whom_the_settings_name(desk: MailDesk, server: MailServer) -> None:
    desk.put("march.csv", FIRST)
    desk.night()
    (told,) = server.received
    assert list(attachments_of(told)) == ["march.failed-rows.xlsx"]


def test_what_went_well_is_told_only_on_wish(desk: MailDesk, server: MailServer) -> None:
    desk.put("march.csv", WELL)
    assert desk.night().exit == 0
    assert server.received == []
    desk.notify("on = ['loaded']")
    desk.put("april.csv", SECOND[:1])
    desk.night()
    assert [told["Subject"] for told in server.received] == ["Rollbook: Imported: april.csv"]


def test_an_import_tells_nobody_unless_asked_to(desk: MailDesk, server: MailServer) -> None:
    sheet = write(desk.folder / "march.csv", FIRST)
    assert app.run("import", sheet, *desk.shared).exit == 1
    assert server.received == []
    other = write(desk.folder / "april.csv", FIRST[7:])
    assert app.run("import", other, "--notify", *desk.shared).exit == 1
    assert [told["Subject"] for told in server.received] == ["Rollbook: 1 row failed: april.csv"]


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # it has TLS from the start
@pytest.mark.parametrize("starttls", [False, True])
def test_by_tls_with_a_login_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starttls: bool
) -> None:
    certificate = self_signed(tmp_path)
    with mail_server(certificate, starttls=starttls, login=("rollbook", "s3cret-Word")) as server:
        desk = MailDesk(tmp_path, server.url)
        desk.put("march.csv", FIRST)
        desk.night()
        (error,) = desk.messages("error")[0]
        assert "its certificate is not trusted" in error
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        monkeypatch.setenv("ROLLBOOK_SMTP_USER", "rollbook")
        monkeypatch.setenv("ROLLBOOK_SMTP_PASSWORD", "wrong-Word")
        desk.night()
        (error,) = desk.messages("error")[0]
        assert error.startswith("the mail server said: 535 ")
        monkeypatch.setenv("ROLLBOOK_SMTP_PASSWORD", "s3cret-Word")
        assert app.run("notify", *desk.shared).exit == 0
        assert len(server.received) == 1
    assert "Word" not in repr(desk.messages("error", "content"))
