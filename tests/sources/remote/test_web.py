"""Files of a web server: what is fetched, how it is called, and what is refused."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rollbook.errors import CannotBegin, SourceAway
from sources.remote.opened import fetch_web
from sources.remote.storage import ANONYMOUS, Access
from tests.servers.web import Page, Web, web

CONTENT = b"Email,Session ID\n" * 100


@pytest.fixture
def site() -> Iterator[Web]:
    """A web server without a page."""
    with web() as started:
        yield started


@pytest.fixture
def fetched(tmp_path: Path) -> "Fetched":
    """Fetches to a folder of its own."""
    return Fetched(tmp_path)


class Fetched:
    """What was fetched. contents: by how it is recorded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.contents: dict[str, bytes] = {}

    def __call__(self, address: str, access: Access = ANONYMOUS) -> str:
        """Fetch an address; how it is recorded."""
        copy = self.folder / str(len(self.contents)) / "copy"
        path = fetch_web(address, access, lambda _: copy)
        self.contents[path] = copy.read_bytes()
        return path

    def refusal(self, address: str, access: Access = ANONYMOUS) -> str:
        """Why nothing was fetched."""
        with pytest.raises(CannotBegin) as caught:
            self(address, access)
        assert not [path for path in self.folder.rglob("*") if path.is_file()]
        return str(caught.value)


def test_a_file_is_recorded_by_its_address(site: Web, fetched: Fetched) -> None:
    site.pages["/hr/march%201.csv"] = Page(CONTENT)
    assert fetched(f"{site.address}/hr/march%201.csv") == f"{site.address}/hr/march 1.csv"
    assert list(fetched.contents.values()) == [CONTENT]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="march 1.csv"', "march 1.csv"),
        ("attachment; filename*=UTF-8''m%C3%A4rz.csv", "märz.csv"),
        ("attachment; filename=\"m_rz.csv\"; filename*=UTF-8''m%C3%A4rz.csv", "märz.csv"),
        ("attachment; filename*=UTF-8''%C5%82%C3%B3d%C5%BA.csv; filename=\"lodz.csv\"", "łódź.csv"),
        ('attachment; filename="../../etc/pass\twd"', "passwd"),
        ('attachment; filename="C:\\\\hr\\\\march.csv"', "march.csv"),
        ('attachment; filename=".."', None),
        ("inline", None),
    ],
)
def test_the_server_may_name_the_file(site: Web, fetched: Fetched, header: str, name: str | None) -> None:
    site.pages["/export"] = Page(CONTENT, headers={"Content-Disposition": header})
    assert fetched(f"{site.address}/export") == "/".join([f"{site.address}/export", *([name] if name else [])])


def test_what_stands_behind_the_path_is_asked_but_not_recorded(site: Web, fetched: Fetched) -> None:
    """It may be a secret; two that differ are two files."""
    for year in ("2019", "2020"):
        site.pages[f"/export.csv?year={year}&token=s3cret"] = Page(CONTENT + year.encode())
    paths = [fetched(f"{site.address}/export.csv?year={year}&token=s3cret") for year in ("2019", "2020")]
    assert len(set(paths)) == 2
    assert all("s3cret" not in path and path.endswith("/export.csv") for path in paths)


def test_a_secret_of_the_address_is_in_no_log_and_no_message(
    site: Web, fetched: Fetched, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        told = fetched.refusal(f"{site.address}/nowhere.csv?token=s3cret")
    assert "s3cret" not in told + caplog.text
    assert "the server has no such file (404 Not Found)" in told


def test_a_redirect_on_this_machine_is_followed_without_the_login(
    site: Web, fetched: Fetched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROLLBOOK_SOURCE_PASSWORD", "s3cret")
    with web() as other:
        other.pages["/there.csv"] = Page(CONTENT)
        site.pages["/a.csv"] = Page(status=302, headers={"Location": "/b.csv"})
        site.pages["/b.csv"] = Page(status=307, headers={"Location": f"{other.address}/there.csv"})
        assert fetched(f"{site.address}/a.csv") == f"{site.address}/a.csv"
        logins = [headers.get("Authorization") for _, headers in (*site.asked, *other.asked)]
    assert logins == ["Bearer s3cret", "Bearer s3cret", None]


@pytest.mark.parametrize(
    "target",
    ["http://files.example.com/a.csv", "ftp://files.example.com/a.csv", "https://ann:x@files.example.com/a.csv"],
)
def test_a_redirect_that_is_not_safe_is_refused(site: Web, fetched: Fetched, target: str) -> None:
    site.pages["/a.csv"] = Page(status=302, headers={"Location": target})
    assert "leads on to an address" in fetched.refusal(f"{site.address}/a.csv")


def test_a_redirect_without_end_is_refused(site: Web, fetched: Fetched) -> None:
    site.pages["/a.csv"] = Page(status=302, headers={"Location": "/a.csv"})
    assert "leads on to other addresses over 5 times" in fetched.refusal(f"{site.address}/a.csv")
    assert len(site.asked) == 6


def test_user_and_password_log_in(site: Web, fetched: Fetched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLLBOOK_SOURCE_LMS_PASSWORD", "s3cret")
    site.pages["/a.csv"] = Page(CONTENT)
    fetched(site.address.replace("//", "//ann@") + "/a.csv", Access("lms"))
    assert site.asked[0][1]["Authorization"] == "Basic YW5uOnMzY3JldA=="


@pytest.mark.parametrize("status", [401, 403])
def test_refused_access_names_the_variable(site: Web, fetched: Fetched, status: int) -> None:
    site.pages["/a.csv"] = Page(b"no", status=status)
    assert "into ROLLBOOK_SOURCE_LMS_PASSWORD" in fetched.refusal(f"{site.address}/a.csv", Access("lms"))


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_may_answer_later(site: Web, fetched: Fetched, status: int) -> None:
    site.pages["/a.csv"] = Page(b"no", status=status)
    with pytest.raises(SourceAway, match="Try again later"):
        fetched(f"{site.address}/a.csv")


def test_a_file_that_breaks_off_is_not_kept(site: Web, fetched: Fetched) -> None:
    site.pages["/a.csv"] = Page(CONTENT, length=len(CONTENT) + 1)
    with pytest.raises(SourceAway, match="broke off"):
        fetched(f"{site.address}/a.csv")
    assert not [path for path in fetched.folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("length", [None, -1])
def test_a_file_over_the_limit_is_not_kept(site: Web, fetched: Fetched, length: int | None) -> None:
    """Whether the server says its length or not."""
    site.pages["/a.csv"] = Page(bytes(2**20 + 1), length=length)
    assert "larger than 1 MiB" in fetched.refusal(f"{site.address}/a.csv", replace(ANONYMOUS, most_mib=1))


def test_a_file_that_comes_too_slowly_is_not_kept(site: Web, fetched: Fetched) -> None:
    site.pages["/a.csv"] = Page(CONTENT, pause=0.3)
    told = fetched.refusal(f"{site.address}/a.csv", replace(ANONYMOUS, seconds=1))
    assert "could not be fetched within 1 s. Try again, or raise fetch_seconds" in told


def test_a_server_that_is_not_there(fetched: Fetched) -> None:
    with web() as gone:
        pass
    with pytest.raises(SourceAway, match="does not answer"):
        fetched(f"{gone.address}/a.csv")


def test_plain_http_is_refused_but_on_this_machine(fetched: Fetched) -> None:
    assert "Use https://" in fetched.refusal("http://files.example.com/a.csv?token=x")
