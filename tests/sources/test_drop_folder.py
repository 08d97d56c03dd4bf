"""Drop folders on a disk and elsewhere: what is taken from them, and where it goes."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from rollbook.errors import CannotBegin, Stopped
from sources.drop_folder import DropFolder

FILES = {
    "march.xlsx": b"march",
    "deep/er/april.CSV": b"april",
    "~$march.xlsx": b"lock",
    ".hidden.csv": b"",
    ".cache/x.csv": b"",
    "notes.docx": b"",
    "done/old.xlsx": b"",
    "failed/bad.xlsx": b"",
    "reports/.rollbook-out": b"",
    "reports/failed-rows.xlsx": b"",
    "reports/run/failed-rows.xlsx": b"",
}


@pytest.fixture(params=["path", "file", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A drop folder on a local disk, by its path and by its URL, and one in memory."""
    url = {"path": str(tmp_path / "drop"), "file": f"file://{tmp_path}/drop/", "memory": "memory://drop"}[request.param]
    files, root = fsspec.core.url_to_fs(url)
    files.makedirs(root, exist_ok=True)
    for name, content in FILES.items():
        files.makedirs(f"{root}/{name}".rpartition("/")[0], exist_ok=True)
        files.pipe_file(f"{root}/{name}", content)
    yield url
    files.rm(root, recursive=True)


def read(url: str, name: str) -> bytes:
    """The content of a file of the folder."""
    files, root = fsspec.core.url_to_fs(url)
    content: bytes = files.cat_file(f"{root}/{name}")
    return content


def test_spreadsheets_at_any_depth_and_nothing_of_ours(url: str) -> None:
    assert list(DropFolder(url).look()) == ["deep/er/april.CSV", "march.xlsx"]
    assert DropFolder(url).left_out() == ["notes.docx"]


def test_a_file_that_does_not_change_is_settled(url: str) -> None:
    files, moving = DropFolder(url).settled(0.01)
    assert [file.name for file in files] == ["deep/er/april.CSV", "march.xlsx"]
    assert moving == []


@pytest.mark.parametrize("content", [b"march and more", b"hcram"], ids=["longer", "of the same length"])
def test_a_file_that_is_still_written_is_not(url: str, content: bytes) -> None:
    files, root = fsspec.core.url_to_fs(url)

    def write() -> None:
        time.sleep(0.1)
        files.pipe_file(f"{root}/march.xlsx", content)
        files.pipe_file(f"{root}/new.csv", b"new")

    writer = threading.Thread(target=write)
    writer.start()
    settled, moving = DropFolder(url).settled(0.4)
    writer.join()
    assert [file.name for file in settled] == ["deep/er/april.CSV"]
    assert moving == ["march.xlsx", "new.csv"]


def test_a_file_is_fetched_to_a_local_disk(url: str, tmp_path: Path) -> None:
    folder = DropFolder(url)
    path = folder.fetch("deep/er/april.CSV", tmp_path / "copies")
    assert path.read_bytes() == b"april"
    assert path.is_relative_to(tmp_path / "drop") is folder.is_local


def test_nothing_is_ever_overwritten_by_a_move(url: str) -> None:
    folder = DropFolder(url)
    targets = []
    for number in range(3):
        files, root = fsspec.core.url_to_fs(url)
        files.pipe_file(f"{root}/old.xlsx", str(number).encode())
        targets.append(folder.free_name("done/old.xlsx"))
        folder.move("old.xlsx", targets[-1])
    assert targets == ["done/old (2).xlsx", "done/old (3).xlsx", "done/old (4).xlsx"]
    assert [read(url, target) for target in targets] == [b"0", b"1", b"2"]
    assert read(url, "done/old.xlsx") == b""
    assert not folder.exists("old.xlsx")


def test_a_move_makes_the_folders_that_lack(url: str) -> None:
    folder = DropFolder(url)
    folder.move("deep/er/april.CSV", "done/deep/er/april.CSV")
    assert read(url, "done/deep/er/april.CSV") == b"april"
    assert list(folder.look()) == ["march.xlsx"]


def test_a_workbook_is_left_beside(url: str, tmp_path: Path) -> None:
    (tmp_path / "failed-rows.xlsx").write_bytes(b"rows")
    folder = DropFolder(url)
    folder.put(tmp_path / "failed-rows.xlsx", "done/deep/march.failed-rows.xlsx")
    assert read(url, "done/deep/march.failed-rows.xlsx") == b"rows"


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(CannotBegin, match=r"There is no folder .*/nowhere\. Create it"):
        DropFolder(str(tmp_path / "nowhere"))


def test_an_address_of_an_unknown_kind() -> None:
    with pytest.raises(CannotBegin, match=r"carrier-pigeon:// is not supported .*Write a path, sftp://"):
        DropFolder("carrier-pigeon://loft")


def test_a_password_is_not_told() -> None:
    with pytest.raises(CannotBegin) as caught:
        DropFolder("sftpx://ann:s3cret@host/drop")
    assert "s3cret" not in str(caught.value)


def test_a_folder_that_goes_away(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    folder = DropFolder(str(tmp_path / "drop"))
    (tmp_path / "drop").rmdir()
    with pytest.raises(Stopped, match=r"cannot be changed: a\.csv was to be moved to done/a\.csv"):
        folder.move("a.csv", "done/a.csv")


def test_two_names_of_one_folder_are_one_folder(tmp_path: Path) -> None:
    """So that two passes over it know of each other."""
    (tmp_path / "drop").mkdir()
    (tmp_path / "alias").symlink_to(tmp_path / "drop")
    assert DropFolder(str(tmp_path / "alias")).url == DropFolder(f"{tmp_path}/drop/").url
