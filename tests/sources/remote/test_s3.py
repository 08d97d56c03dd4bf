"""A drop folder in a bucket."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rollbook.errors import CannotBegin, SourceAway, SourceGone, Stopped
from sources.drop_folder import DropFolder
from sources.remote.storage import ANONYMOUS
from tests.servers.bucket import BUCKET, Bucket, bucket

URL = f"s3://{BUCKET}/drop"


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """An empty bucket, reached as the environment says."""
    with bucket() as started:
        for name, value in started.environment.items():
            monkeypatch.setenv(name, value)
        yield started


def test_the_files_of_a_folder_and_of_no_other(there: Bucket) -> None:
    for key in ("drop/north/märz 1.csv", "drop/50%20.csv", "drop/done/old.csv", "dropped/x.csv", "drop/letter.pdf"):
        there.put(key, key.encode())
    there.put("drop/south/", b"")
    folder = DropFolder(f"{URL}/")
    assert list(folder.look()) == ["50%20.csv", "north/märz 1.csv"]
    assert folder.left_out() == ["letter.pdf"]
    assert [file.name for file in folder.settled(0.01)[0]] == ["50%20.csv", "north/märz 1.csv"]


def test_a_file_is_fetched_and_moved(there: Bucket, tmp_path: Path) -> None:
    there.put("drop/a b.csv", b"content")
    folder = DropFolder(URL)
    assert folder.fetch("a b.csv", tmp_path / "copy" / "a.csv").read_bytes() == b"content"
    folder.move("a b.csv", "done/a b.csv")
    assert (there.keys(), there.read("drop/done/a b.csv")) == (["drop/done/a b.csv"], b"content")
    assert (folder.exists("a b.csv"), folder.free_name("done/a b.csv")) == (False, "done/a b (2).csv")


def test_nothing_is_replaced_by_a_move(there: Bucket) -> None:
    there.put("drop/a.csv", b"new")
    there.put("drop/done/a.csv", b"old")
    with pytest.raises(Stopped, match="is there already"):
        DropFolder(URL).move("a.csv", "done/a.csv")
    assert (there.read("drop/done/a.csv"), there.read("drop/a.csv")) == (b"old", b"new")


def test_a_workbook_is_put_there(there: Bucket, tmp_path: Path) -> None:
    there.put("drop/a.csv", b"x")
    (tmp_path / "rows.xlsx").write_bytes(b"rows")
    DropFolder(URL).put(tmp_path / "rows.xlsx", "done/a.failed-rows.xlsx")
    assert there.read("drop/done/a.failed-rows.xlsx") == b"rows"


def test_a_file_over_the_limit_is_not_fetched(there: Bucket, tmp_path: Path) -> None:
    there.put("drop/big.csv", bytes(2**20 + 1))
    with pytest.raises(CannotBegin, match="larger than 1 MiB"):
        DropFolder(URL, replace(ANONYMOUS, most_mib=1)).fetch("big.csv", tmp_path / "big.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_a_file_is_not_there(there: Bucket) -> None:
    there.put("dropped/x.csv", b"x")
    with pytest.raises(CannotBegin, match=f"There is no folder {URL}"):
        DropFolder(URL)
    assert list(DropFolder(f"s3://{BUCKET}").look()) == ["dropped/x.csv"]


def test_a_bucket_that_is_not_there(there: Bucket) -> None:
    del there
    with pytest.raises(CannotBegin, match="there is no bucket other-files"):
        DropFolder("s3://other-files/drop")


def test_keys_that_are_unknown_or_may_not_read(there: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither is told as a store that is away."""
    there.put("drop/a.csv", b"x")
    folder = DropFolder(URL)
    monkeypatch.setattr("moto.settings.INITIAL_NO_AUTH_ACTION_COUNT", 0.0)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIANOBODYHASTHIS")
    with pytest.raises(CannotBegin, match=r"the store does not accept these keys \(InvalidAccessKeyId\)"):
        DropFolder(URL)
    with pytest.raises(CannotBegin, match="does not accept these keys"):
        folder.fetch("a.csv", tmp_path / "a.csv")


def test_a_file_that_somebody_took_away(there: Bucket, tmp_path: Path) -> None:
    there.put("drop/a.csv", b"x")
    with pytest.raises(Stopped, match=r"cannot be read \(b\.csv\)"):
        DropFolder(URL).fetch("b.csv", tmp_path / "b.csv")


def test_an_endpoint_without_tls_is_refused_unless_it_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://storage.example.com")
    with pytest.raises(CannotBegin, match=r"the endpoint storage\.example\.com is without TLS"):
        DropFolder(URL)


def test_an_endpoint_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the start nothing begins; later the pass is stopped."""
    with bucket() as started:
        for name, value in started.environment.items():
            monkeypatch.setenv(name, value)
        started.put("drop/a.csv", b"x")
        folder = DropFolder(URL)
    with pytest.raises(SourceAway, match="the bucket does not answer"):
        DropFolder(URL)
    with pytest.raises(SourceGone, match="the bucket does not answer"):
        folder.look()
