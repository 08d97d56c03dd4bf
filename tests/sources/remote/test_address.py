"""Addresses: what is refused, and that no secret of them is repeated."""

import subprocess
import sys

import pytest

from rollbook.addresses import copy_of, is_address
from rollbook.errors import CannotBegin
from sources.remote.address import parse_address
from sources.remote.opened import is_database, open_storage
from sources.remote.storage import ANONYMOUS, Access


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("sftp://ann:s3cret@files.example.com/drop", "key file, or put the password into ROLLBOOK_SOURCE_PASSWORD"),
        ("sftp://ann:s3:cr@et@files.example.com:2222/drop", "key file"),
        ("https://ann:s3cret@files.example.com/a.csv", "ROLLBOOK_SOURCE_PASSWORD"),
        ("s3://AKIAs3cret@bucket/drop", "AWS_ACCESS_KEY_ID"),
        ("s3://AKIA:s3cret@bucket/drop", "AWS_ACCESS_KEY_ID"),
        ("sftp://ann:s3c/ret@files.example.com/drop", "cannot be read"),
    ],
)
def test_a_password_is_refused_and_not_repeated(text: str, remedy: str) -> None:
    with pytest.raises(CannotBegin, match=remedy) as caught:
        parse_address(text, ANONYMOUS)
    assert not any(part in str(caught.value) for part in ("s3cret", "s3c", "cr@et", "AKIA"))


def test_the_variable_bears_the_name_of_the_source() -> None:
    with pytest.raises(CannotBegin, match="into ROLLBOOK_SOURCE_HR_SYSTEM_PASSWORD"):
        parse_address("sftp://ann:x@files.example.com/drop", Access("hr-system"))


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("http://files.example.com/a.csv", "Use https://"),
        ("ftp://files.example.com/a.csv", "Use sftp://"),
        ("ssh://files.example.com/a.csv", "Use sftp://"),
        ("simplecache::sftp://files.example.com/a.csv", "addresses within addresses"),
    ],
)
def test_what_is_not_safe_is_refused_with_what_to_write(text: str, instead: str) -> None:
    with pytest.raises(CannotBegin, match=instead):
        open_storage(text, ANONYMOUS)


def test_the_parts() -> None:
    address = parse_address("sftp://ann@corp@files.example.com:2222/drop/a b.csv", ANONYMOUS)
    assert (address.user, address.host, address.port) == ("ann@corp", "files.example.com", 2222)
    assert address.path == "/drop/a b.csv"
    assert parse_address("sftp://[::1]:22/x", ANONYMOUS).host == "[::1]"


@pytest.mark.parametrize("path", ["/srv/a.csv", "a.csv", "C:\\drop\\a.csv", "C:/a.csv", "file:///srv/a.csv", "-"])
def test_a_path_is_no_address(path: str) -> None:
    assert not is_address(path)


@pytest.mark.parametrize("name", ["../../etc/passwd", "a//b.csv", "a/./b.csv", "a/..", "x\\..\\y.csv", "a\0.csv"])
def test_no_copy_leads_out_of_its_folder(name: str) -> None:
    with pytest.raises(CannotBegin, match="is not the name of a file"):
        copy_of(f"s3://bucket/{name}")


@pytest.mark.parametrize(
    ("text", "library", "extra"),
    [("sftp://files.example.com/drop", "paramiko", "sftp"), ("s3://bucket/drop", "obstore", "s3")],
)
def test_without_its_library_an_address_says_what_to_install(text: str, library: str, extra: str) -> None:
    """In a process of its own, in which the library is not there."""
    asked = [
        f"import sys; sys.modules[{library!r}] = None",
        "from sources.remote.opened import open_storage",
        "from sources.remote.storage import ANONYMOUS",
        f"open_storage({text!r}, ANONYMOUS)",
    ]
    ended = subprocess.run([sys.executable, "-c", "\n".join(asked)], capture_output=True, text=True, check=False)
    assert ended.stderr.rstrip().endswith(f"one more package is needed: pip install 'rollbook[{extra}]'")


@pytest.mark.parametrize(
    "text", ["postgresql://ann@db/x", "mariadb+pymysql://ann@db/x", "sqlite:///a.db", "oracle://x"]
)
def test_the_address_of_a_database(text: str) -> None:
    assert is_database(text)


@pytest.mark.parametrize("text", ["sftp://files.example.com/a", "https://example.com/a", "memory://a", "a.db", "-"])
def test_no_address_of_a_database(text: str) -> None:
    assert not is_database(text)
