"""A drop folder on a real SFTP server."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from rollbook.errors import CannotBegin, Stopped
from sources.drop_folder import DropFolder
from sources.paths import OUTPUT_MARK
from sources.remote.storage import Access
from tests.servers.sshd import Sshd


def test_what_is_found_there_is_what_is_found_in_a_local_folder(server: Sshd, access: Access) -> None:
    """Spreadsheets at any depth; not what is done, ours, hidden or locked. A link to a file counts."""
    for name in ("north/märz 1.csv", "a.xlsx", "done/old.csv", "failed/bad.csv", ".hidden.csv", "~$a.xlsx", "note.txt"):
        (server.drop / name).parent.mkdir(exist_ok=True)
        (server.drop / name).write_text(name)
    (server.drop / "ours").mkdir()
    (server.drop / "ours" / OUTPUT_MARK).touch()
    (server.drop / "ours" / "failed-rows.xlsx").touch()
    (server.drop / "letter.pdf").touch()
    (server.drop / "link.csv").symlink_to(server.drop / "a.xlsx")
    (server.drop / "loop.csv").symlink_to(server.drop)
    for url, how in ((server.url, access), (str(server.drop), access)):
        folder = DropFolder(url, how)
        assert set(folder.look()) - {"loop.csv"} == {"a.xlsx", "link.csv", "north/märz 1.csv", "note.txt"}
        assert folder.left_out() == ["letter.pdf"]
    assert "loop.csv" not in DropFolder(server.url, access).look()


def test_a_file_is_fetched_for_this_user_alone(server: Sshd, access: Access, tmp_path: Path) -> None:
    content = os.urandom(300_000)
    (server.drop / "a.xlsx").write_bytes(content)
    copy = DropFolder(server.url, access).fetch("a.xlsx", tmp_path / "private" / "deep" / "a.xlsx")
    assert copy.read_bytes() == content
    assert [oct(path.stat().st_mode)[-3:] for path in (copy, copy.parent, copy.parent.parent)] == ["600", "700", "700"]


def test_a_file_over_the_limit_is_not_fetched(server: Sshd, access: Access, tmp_path: Path) -> None:
    (server.drop / "big.csv").write_bytes(bytes(2**20 + 1))
    with pytest.raises(CannotBegin, match=r"larger than 1 MiB\. Split it, or raise fetch_mib"):
        DropFolder(server.url, replace(access, most_mib=1)).fetch("big.csv", tmp_path / "big.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_move_makes_folders_and_replaces_nothing(server: Sshd, access: Access) -> None:
    for name in ("a.csv", "b.csv"):
        (server.drop / name).write_text(name)
    folder = DropFolder(server.url, access)
    folder.move("a.csv", "done/deep/a.csv")
    with pytest.raises(Stopped, match=r"b\.csv was to be moved to done/deep/a\.csv"):
        folder.move("b.csv", "done/deep/a.csv")
    assert (server.drop / "done/deep/a.csv").read_text() == "a.csv"
    assert folder.free_name("done/deep/a.csv") == "done/deep/a (2).csv"


def test_a_workbook_is_put_there_whole_and_replaces_the_former(server: Sshd, access: Access, tmp_path: Path) -> None:
    folder = DropFolder(server.url, access)
    for text in ("first", "second"):
        (tmp_path / "rows.xlsx").write_text(text)
        folder.put(tmp_path / "rows.xlsx", "done/a.failed-rows.xlsx")
    assert [path.name for path in (server.drop / "done").iterdir()] == ["a.failed-rows.xlsx"]
    assert (server.drop / "done/a.failed-rows.xlsx").read_text() == "second"


def test_a_connection_that_was_cut_is_made_again(server: Sshd, access: Access) -> None:
    (server.drop / "a.csv").touch()
    folder = DropFolder(server.url, access)
    server.stop()
    server.start()
    assert list(folder.look()) == ["a.csv"]


def test_a_server_that_goes_away_stops_the_pass(server: Sshd, access: Access) -> None:
    folder = DropFolder(server.url, access)
    server.stop()
    with pytest.raises((Stopped, CannotBegin), match=r"does not answer|cannot be looked into"):
        folder.look()


def test_no_permission_to_rename_is_told_with_the_file(server: Sshd, access: Access) -> None:
    server.stop()
    server.start("-P rename,posix-rename")
    (server.drop / "a.csv").touch()
    with pytest.raises(Stopped, match=r"a\.csv was to be moved to done/a\.csv\. The right to do so is missing"):
        DropFolder(server.url, access).move("a.csv", "done/a.csv")
    assert (server.drop / "a.csv").exists()


def test_a_folder_that_is_not_there(server: Sshd, access: Access) -> None:
    with pytest.raises(
        CannotBegin, match=r"There is no folder sftp://.*/drop/nowhere\. Create it, or correct the name"
    ):
        DropFolder(f"{server.url}/nowhere", access)


def test_a_folder_below_the_home_of_the_login(server: Sshd, access: Access) -> None:
    """`/~/` as in other programs; the home folder itself is there."""
    whole = f"sftp://{server.user}@127.0.0.1:{server.port}"
    assert DropFolder(f"{whole}/~", access).exists(".")
    with pytest.raises(CannotBegin, match="There is no folder"):
        DropFolder(f"{whole}/~/rollbook-does-not-exist", access)
