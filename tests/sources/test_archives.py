"""Archives: which files they hold, and what is refused of them. Each is unpacked in the child process."""

import gzip
import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from sources.archives import MOST_FILES, members_of, unpack
from sources.errors import Unreadable
from sources.process.reader import list_archive, read_file
from sources.raw_sheets import Member, ReadFile
from tests.sources.reading_of import LIMITS

_TABLE = b"Email,Course,Date,Status\nida@example.org,Rigging,2023-05-04,attended\n"


def zip_of(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    """An archive of files."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def read(place: Path, folder: Path) -> ReadFile:
    """A file, read in a child process."""
    return read_file(place, folder / "read", LIMITS)


def test_the_files_of_an_archive_with_their_content(tmp_path: Path) -> None:
    """By name; without folders, hidden files and locks."""
    files = {"b.csv": _TABLE, "north/a.csv": b"x", "north/": b"", "__MACOSX/b.csv": b"m", "~$b.xlsx": b"l", ".x": b"h"}
    path = zip_of(tmp_path / "march.zip", files)
    wanted = [
        Member(name, len(files[name]), hashlib.sha256(files[name]).hexdigest()) for name in ("b.csv", "north/a.csv")
    ]
    assert members_of(path) == wanted
    assert list(list_archive(path, tmp_path / "into", LIMITS)) == wanted
    assert unpack(path, "north/a.csv", tmp_path / "out").read_bytes() == b"x"


def test_a_file_of_an_archive_is_read_as_it_would_be_by_itself(tmp_path: Path) -> None:
    """A workbook or a text file, in a ZIP archive or in gzip."""
    plain = tmp_path / "plain.csv"
    plain.write_bytes(_TABLE)
    wanted = cells_of(read(plain, tmp_path))
    archive = zip_of(tmp_path / "march.zip", {"north/a.csv": _TABLE})
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress(_TABLE))
    for place in (archive / "north/a.csv", packed / "a.csv"):
        found = read(place, tmp_path)
        assert (cells_of(found), found.sheets[0].name) == (wanted, "a")
        assert found.sha256 == hashlib.sha256(_TABLE).hexdigest()


def cells_of(found: ReadFile) -> list[list[str]]:
    """All cells of the only sheet."""
    assert found.message is None
    (sheet,) = found.sheets
    return [list(map(str, row.values())) for row in sheet.table().to_pylist()]


def test_a_workbook_is_no_archive(tmp_path: Path) -> None:
    """Though it is zipped too, and whatever its name."""
    path = tmp_path / "register.zip"
    path.write_bytes(_workbook())
    assert list_archive(path, tmp_path / "into", LIMITS) == ()
    assert read(path, tmp_path).code is None


def _workbook() -> bytes:
    book = Workbook()
    assert book.active is not None
    book.active.append(["Email", "Status"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _with_password(path: Path) -> Path:
    """The flag of an encrypted file is set in both of its headers."""
    zip_of(path, {"a.csv": _TABLE})
    raw = bytearray(path.read_bytes())
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(sign) + place] |= 1
    path.write_bytes(raw)
    return path


def _cut_off(path: Path) -> Path:
    whole = zip_of(path, {"a.csv": _TABLE * 50}).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


def _with_damage(path: Path) -> Path:
    whole = bytearray(zip_of(path, {"a.csv": bytes(range(256)) * 50}, zipfile.ZIP_STORED).read_bytes())
    whole[500] ^= 255
    path.write_bytes(whole)
    return path


@pytest.mark.parametrize(
    ("path", "code", "told"),
    [
        (_with_password, "file.password", "The archive needs a password"),
        (_cut_off, "file.unreadable", "damaged or cut off"),
        (_with_damage, "file.unreadable", "damaged or cut off"),
        (lambda path: zip_of(path, {"../a.csv": _TABLE}), "file.unreadable", "outside of itself"),
        (lambda path: zip_of(path, {"C:/a.csv": _TABLE}), "file.unreadable", "outside of itself"),
        (lambda path: zip_of(path, {"a.csv": _TABLE, "/a.csv": _TABLE}), "file.unreadable", "the same name"),
        (lambda path: zip_of(path, {f"{n}.csv": b"" for n in range(MOST_FILES + 1)}), "file.too_large", "2,001 files"),
        (lambda path: zip_of(path, {"a.csv": bytes(90 << 20)}), "file.too_large", "may be a trap"),
        (lambda path: zip_of(path, {}), "file.unreadable", "there is nothing in it"),
    ],
)
def test_an_archive_that_is_refused_says_why(tmp_path: Path, path: object, code: str, told: str) -> None:
    """When its files are asked for, and when it is read itself."""
    assert callable(path)
    made = path(tmp_path / "march.zip")
    assert list_archive(made, tmp_path / "into", LIMITS) == ()
    found = read(made, tmp_path)
    assert (found.code, told in (found.message or "")) == (code, True), found.message


def test_an_archive_of_other_things(tmp_path: Path) -> None:
    """Is refused with what is in it."""
    found = read(zip_of(tmp_path / "march.zip", {"a.pdf": b"x"}), tmp_path)
    assert (found.code, "there is only a.pdf in it" in (found.message or "")) == ("file.unreadable", True)


def test_an_archive_that_is_named_as_a_workbook(tmp_path: Path) -> None:
    """Is refused with the name that helps."""
    found = read(zip_of(tmp_path / "march.xlsx", {"word/a.csv": _TABLE}), tmp_path)
    assert found.message == "The file is an archive, but named as a workbook. Give it a name that ends in .zip."


def test_what_is_packed_twice_is_refused(tmp_path: Path) -> None:
    """An archive in an archive is one of its files, and cannot be read."""
    inner = zip_of(tmp_path / "inner.zip", {"a.csv": _TABLE}).read_bytes()
    bundle = io.BytesIO()
    with tarfile.open(fileobj=bundle, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.csv"), io.BytesIO())
    packed = tmp_path / "all.tar.gz"
    packed.write_bytes(gzip.compress(bundle.getvalue()))
    outer = zip_of(tmp_path / "outer.zip", {"inner.zip": inner, "again.gz": gzip.compress(_TABLE)})
    for place in (outer / "inner.zip", outer / "again.gz", packed / "all.tar"):
        found = read(place, tmp_path)
        assert found.code == "file.unreadable"
        assert "archive" in (found.message or "")


def test_an_archive_that_changed_meanwhile(tmp_path: Path) -> None:
    """A file that it no longer holds is told as changed."""
    archive = zip_of(tmp_path / "march.zip", {"a.csv": _TABLE})
    assert read(archive / "b.csv", tmp_path).code == "file.changed"
    with pytest.raises(Unreadable, match="no longer in the archive"):
        unpack(archive, "b.csv", tmp_path / "out")
