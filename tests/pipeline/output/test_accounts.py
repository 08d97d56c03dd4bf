"""Whatever sheets hold, each row ends in one outcome, the counts add up, and neither order nor parts matter."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.pipeline import app, messy
from tests.pipeline.attendance import write_settings
from tests.servers.prepared import KINDS, Prepared

NewUrl = Callable[[str], str]
Contents = dict[str, list[dict[str, Any]]]


@pytest.fixture
def databases(prepared: Prepared) -> Callable[[Path], Any]:
    """Per example: a context that gives databases without rows, of a kind."""

    @contextmanager
    def made(folder: Path) -> Iterator[NewUrl]:
        with ExitStack() as stack:
            yield lambda kind: stack.enter_context(prepared.one(kind, folder))

    return made


@contextmanager
def folder_of(files: list[messy.File]) -> Iterator[tuple[Path, list[Path]]]:
    """A folder with the files, and their paths; it goes with everything in it."""
    folder = Path(tempfile.mkdtemp(prefix="accounts-"))
    try:
        yield folder, messy.write_all(folder / "files", files)
    finally:
        shutil.rmtree(folder)


def imported(folder: Path, paths: list[Path], url: str, *options: str) -> app.Answer:
    """Import files under the profiles that lie beside them."""
    given_ = ("--database", url, "--out", folder / "out", "--profile", folder / "files" / "profiles")
    answer = app.run("import", *paths, *given_, *options, "--debug")
    assert answer.told, answer
    return answer


def rows_of(answer: app.Answer) -> dict[str, int]:
    """The counts without the zeros."""
    return {name: number for name, number in answer.told["rows"].items() if number}


def places_of(found: Contents) -> dict[str, list[messy.Place]]:
    """Where the rows of each outcome stood: the loaded ones by their enrollments, the others by the ledger."""
    places: dict[str, list[messy.Place]] = {"loaded": [_place(line) for line in found["enrollments"]]}
    parts = {(line["command"], line["part_id"]): line for line in found["parts"]}
    for line in found["rows"]:
        part = parts[line["command"], line["part_id"]]
        places.setdefault(line["outcome"], []).append(messy.place_of(part, line))
    return places


def _place(line: dict[str, Any]) -> messy.Place:
    return line["source_file"], line["source_sheet"], line["source_row"], line["source_column"]


def parts_apart(found: Contents) -> Contents:
    """What a database holds, whatever parts its rows were staged in."""
    parts = {(line["command"], line["part_id"]): line for line in found["parts"]}

    def place(command: str, told: str | None) -> str | None:
        if told is None:
            return None
        part_id, row, column = told.split(":")
        part = parts[command, int(part_id)]
        return f"{part['source_file']} {part['source_sheet']} {row} {column}"

    def apart(line: dict[str, Any]) -> dict[str, Any]:
        command = line["command"]
        return {
            **line,
            "part_id": place(command, f"{line['part_id']}:{line['row_no']}:{line['col_no']}"),
            "duplicate_of": place(command, line.get("duplicate_of")),
        }

    told = {name: lines for name, lines in found.items() if name != "parts"}
    return told | {name: sorted(map(apart, found[name]), key=repr) for name in ("rows", "failures")}


# An example takes seconds: to shrink one takes minutes.
EXAMPLES = settings(max_examples=messy.EXAMPLES * 3 // 2, phases=[Phase.explicit, Phase.generate])


@EXAMPLES
@given(st.sampled_from(KINDS), messy.histories(), st.sampled_from(["reject", "first", "last"]))
def test_every_row_ends_in_one_outcome(
    databases: Callable[[Path], Any], kind: str, files: list[messy.File], on_conflict: str
) -> None:
    """The counts are those of a count by hand, and so is the place of every row, on any of the databases."""
    with folder_of(files) as (folder, paths), databases(folder) as new:
        expected = messy.account(folder / "files", files, on_conflict)
        url = new(kind)
        answer = imported(folder, paths, url, "--on-conflict", on_conflict)
        assert rows_of(answer) == expected.rows, answer
        assert answer.exit == int("rejected" in expected.rows)
        found = app.contents(url)
        places = {outcome: Counter(some) for outcome, some in places_of(found).items() if some}
        assert places == {outcome: Counter(some) for outcome, some in expected.places.items() if some}
        told = messy.codes_of(found)
        assert {place: codes for place, codes in expected.codes.items() if not codes <= told[place]} == {}
        lines = app.run("rows", "last", "--database", url).told["rows"]
        listed = {
            line["outcome"]: Counter(_place(one) for one in lines if one["outcome"] == line["outcome"])
            for line in lines
        }
        assert sum(listed.pop("ignored", Counter()).values()) == expected.ignored
        assert listed == places
        assert {_place(line): codes_in(line) for line in lines if line["outcome"] == "rejected"} == {
            place: told[place] for place in expected.places["rejected"]
        }


def codes_in(line: dict[str, Any]) -> frozenset[str]:
    """What is wrong with a row, as `rows` lists it."""
    return frozenset(line["reason"].split(", "))


@EXAMPLES
@given(st.sampled_from(KINDS), messy.histories(disputes=True))
def test_importing_twice_is_importing_once(
    databases: Callable[[Path], Any], kind: str, files: list[messy.File]
) -> None:
    """The second run says that nothing changed, and so does one that cannot be answered from the ledger."""
    with folder_of(files) as (folder, paths), databases(folder) as new:
        url = new(kind)
        first = imported(folder, paths, url)
        once = app.contents(url)
        unchanged = _with_unchanged(rows_of(first))
        for options in ((), ("--max-rejected", "1000")):
            again = imported(folder, paths, url, *options)
            assert (rows_of(again), again.exit) == (unchanged, first.exit), options
            assert again.told["failures"] == first.told["failures"]
            assert (again.told["cases"]["new"], again.told["cases"]["closed"]) == (0, 0)
            assert not any(again.told["created"].values())
        assert _what_lasts(app.contents(url)) == _what_lasts(once)


def _with_unchanged(rows: dict[str, int]) -> dict[str, int]:
    told = {name: number for name, number in rows.items() if name != "loaded"}
    return told | ({"unchanged": rows["loaded"]} if "loaded" in rows else {})


def _what_lasts(found: Contents) -> Contents:
    tables = ("enrollments", "employees", "courses", "sessions", "changes")
    cases = [{name: value for name, value in case.items() if name != "times"} for case in found["cases"]]
    return {name: found[name] for name in tables} | {"cases": cases}


@EXAMPLES
@given(st.permutations(KINDS), messy.histories(disputes=True), st.integers(1, 5), st.randoms(use_true_random=False))
def test_neither_order_nor_parts_matter(
    databases: Callable[[Path], Any], kinds: list[str], files: list[messy.File], part_rows: int, random: Random
) -> None:
    """The files in any order, cut into parts of any size, on another database: the same rows, cases and counts."""
    with folder_of(files) as (folder, paths), databases(folder) as new:
        plain, other = new(kinds[0]), new(kinds[1])
        first = imported(folder, paths, plain)
        random.shuffle(paths)
        small = write_settings(folder / "small.toml", part_rows)
        second = imported(folder, paths, other, "--settings", str(small))
        assert _told(second) == _told(first)
        assert parts_apart(app.contents(other)) == parts_apart(app.contents(plain))


def _told(answer: app.Answer) -> dict[str, Any]:
    return {name: told for name, told in answer.told.items() if name not in ("run", "reports", "seconds")}
