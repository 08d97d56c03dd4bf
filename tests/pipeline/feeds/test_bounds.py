"""What a feed may change, lose or cut off before an import stops; what is printed lets it pass."""

import shlex
from pathlib import Path

import pytest

from tests.pipeline import app
from tests.pipeline.feeds.desk import Desk, rows


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A feed with a name that says nothing else."""
    return Desk(tmp_path, f"sqlite:///{tmp_path / 'rollbook.db'}", name="hr")


def resumed(stopped: app.Answer) -> app.Answer:
    """What the printed command does, pasted."""
    command = stopped.errors.rpartition("rollbook resume ")[2].splitlines()[0].split()
    return app.run("resume", *command)


def test_a_night_that_changes_a_third_is_stopped_and_resumed(desk: Desk) -> None:
    """Nothing of it is loaded, ten examples say what it saw, and the printed command loads it."""
    desk.night(rows(range(36)))
    answer = desk.night(rows(range(36), dict.fromkeys(range(12), "No show")))
    (run,) = answer.told["runs"]
    assert (answer.exit, run["state"], run["rows"]["updated"]) == (3, "stopped", 0)
    assert "12 enrollments of 36 (33.3 %) would change, more than --max-changed-percent 30 allows." in answer.errors
    assert "--max-changed-percent 34" in answer.errors
    assert len(run["examples"]) == 10
    example = {"learner": "l0@example.com", "session": "S-1", "field": "status", "was": "completed", "is": "no_show"}
    assert run["examples"][0] == example
    assert set(desk.statuses().values()) == {"completed"}
    again = resumed(answer)
    assert (again.exit, again.told["rows"]["updated"]) == (0, 12)


def test_a_night_in_which_much_is_missing_is_stopped_and_resumed(desk: Desk) -> None:
    """The first missing ones are named; a feed that does not say whether it is complete loses nothing."""
    desk.night(rows(range(10)))
    answer = desk.night(rows(range(4, 12)))
    (run,) = answer.told["runs"]
    assert (answer.exit, run["feed"]["missing"]) == (3, 4)
    assert "4 enrollments of the 10 that the last import held (40.0 %) are missing" in answer.errors
    assert [each["learner"] for each in run["examples"]] == [f"l{number}@example.com" for number in range(4)]
    assert resumed(answer).exit == 0
    assert len(desk.statuses()) == 12
    assert desk.cancelled() == []


@pytest.mark.parametrize(("sent", "words"), [(2, "It may have been cut off."), (0, "It is empty.")])
def test_a_night_with_too_few_rows_is_stopped_and_resumed(desk: Desk, sent: int, words: str) -> None:
    """A file that was cut off, and one without a row."""
    desk.profile("feed", "[limits]", "max_missing_percent = 100", name="hr", complete=True)
    desk.night(rows(range(10)))
    answer = desk.night(rows(range(sent)))
    assert answer.exit == 3
    assert f"and 10 with the last import ({sent * 10}.0 %), fewer than --min-rows-percent 30 allows." in answer.errors
    assert words in answer.errors
    assert resumed(answer).exit == 0


def test_a_file_that_cannot_be_read_is_no_import_to_compare_with(desk: Desk) -> None:
    """What comes after it is compared with the last one that could, also when a run is resumed."""
    desk.profile("feed", "[limits]", "max_missing_percent = 100", name="hr", complete=True)
    desk.night(rows(range(20)))
    stopped = desk.night(rows(range(5)))
    assert stopped.exit == 3
    (desk.drop / "export.csv").write_bytes(b"")
    assert desk.night(None).exit == 1
    assert "4 rows came, and 20 with the last import" in desk.night(rows(range(4))).errors
    assert resumed(stopped).told["feed"]["missing"] == 15


def test_all_that_is_unusual_is_told_and_raised_at_once(desk: Desk) -> None:
    """A file that is too short and changes the rest: one command lets both pass."""
    desk.profile("feed", name="hr", complete=True)
    desk.night(rows(range(20)))
    answer = desk.night(rows(range(5), dict.fromkeys(range(5), "No show")), "--max-changed-percent", "20")
    for option in ("--max-changed-percent 25", "--max-missing-percent 75", "--min-rows-percent 25"):
        assert option in answer.errors
    assert resumed(answer).exit == 0


def test_the_first_import_of_a_feed_is_never_stopped(desk: Desk) -> None:
    """Whatever it changes: an export without a feed brought these enrollments before."""
    desk.profile("plain")
    desk.send(rows(range(10)), profile="plain")
    assert desk.night(rows(range(10), dict.fromkeys(range(10), "No show"))).exit == 0


def test_an_import_is_stopped_by_what_was_set_alone(desk: Desk) -> None:
    """Only a night has limits by itself."""
    desk.send(rows(range(10)))
    assert desk.send(rows(range(5, 10), dict.fromkeys(range(5, 10), "No show"))).exit == 0
    desk.profile("feed", "[limits]", "max_changed_percent = 20", name="hr")
    assert desk.send(rows(range(5, 10))).exit == 3


def test_a_limit_on_changes_needs_no_feed(desk: Desk) -> None:
    """It counts what the rows are about."""
    desk.profile("plain")
    desk.send(rows(range(4)), profile="plain")
    changed = rows(range(4), {0: "No show", 1: "No show"})
    assert desk.send(changed, "--max-changed-percent", "49", profile="plain").exit == 3
    assert desk.send(changed, "--max-changed-percent", "50", profile="plain").exit == 0


def test_other_files_of_a_drop_folder_are_no_export_that_shrank(desk: Desk) -> None:
    """Files without a named feed share the folder; the second holds other rows than the first."""
    desk.profile("plain")
    assert desk.night(rows(range(40)), profile="plain").exit == 0
    assert desk.night(rows(range(40, 45)), profile="plain").exit == 0
    assert desk.night(rows(range(38, 42)), profile="plain").exit == 0


def test_an_export_without_a_name_is_known_by_its_enrollments(desk: Desk) -> None:
    """Its profile and the drop folder are the feed: who sends the same again is told when a third is missing."""
    desk.profile("plain")
    desk.night(rows(range(30)), profile="plain")
    answer = desk.night(rows(range(15)), profile="plain")
    assert answer.exit == 3
    assert "15 enrollments of the 30 that the last import held (50.0 %) are missing" in answer.errors


def test_a_feed_that_sends_only_what_is_new_is_not_missed(desk: Desk) -> None:
    """`complete = false`: neither is anything missing nor are the rows too few."""
    desk.profile("feed", name="hr", complete=False)
    desk.night(rows(range(30)))
    assert desk.night(rows(range(2), {0: "No show", 1: "No show"})).exit == 0
    assert desk.night([]).exit == 0


def test_a_check_says_what_would_stop_an_import(desk: Desk) -> None:
    """With the same numbers and examples, and nothing written."""
    desk.send(rows(range(10)))
    sent = rows(range(10), dict.fromkeys(range(4), "No show"))
    checked = desk.check(sent, "--max-changed-percent", "30")
    stopped = desk.send(sent, "--max-changed-percent", "30")
    assert checked.exit == stopped.exit == 3
    assert checked.told["examples"] == stopped.told["examples"]
    assert "4 enrollments of 10 (40.0 %) would change" in checked.errors


def test_an_old_file_that_comes_again_is_told(desk: Desk) -> None:
    """The last one is the same as before; of an older one, somebody must say that it is right."""
    desk.profile("feed", name="hr", complete=True, on_missing="cancel")
    desk.night(rows(range(10)), name="monday.csv")
    desk.night(rows(range(9)), name="tuesday.csv")
    same = desk.night(rows(range(9)), "--quiet", name="again.csv")
    assert (same.exit, same.errors) == (0, "")
    old = desk.night(rows(range(10)), "--quiet", name="monday.csv")
    assert old.exit == 1
    assert "monday.csv is the same file as on" in old.errors
    command = shlex.split(old.errors.rpartition("rollbook import ")[2])
    assert app.run("import", *command).told["feed"]["back"] == 1
    assert desk.cancelled() == []


def test_a_limit_that_cannot_be_checked_is_said(tmp_path: Path) -> None:
    """Of files without a feed there is no earlier import; of a night, the folder makes a feed."""
    desk = Desk(tmp_path, f"sqlite:///{tmp_path / 'rollbook.db'}")
    desk.profile("limited", "[limits]", "max_missing_percent = 5", "min_rows_percent = 50", "max_changed_percent = 50")
    answer = desk.send(rows(range(4)), profile="limited")
    told = "max_missing_percent and min_rows_percent were not checked: the files belong to no feed"
    assert [line.startswith(told) for line in answer.told["limits_not_checked"]] == [True]
    assert told in app.printed("show", answer.told["run"], *desk.place[:4])
    on_command = desk.send(rows(range(5)), "--max-missing-percent", "5")
    assert on_command.told["limits_not_checked"][0].startswith("max_missing_percent was not checked")
    (night,) = desk.night(rows(range(6)), profile="limited").told["runs"]
    assert "limits_not_checked" not in night
    assert "limits_not_checked" not in desk.send(rows(range(7))).told
