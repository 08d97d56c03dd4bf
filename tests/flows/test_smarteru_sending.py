"""`import --to smarteru` and what belongs to it: each row with SmarterU's answer, and what is put right afterwards."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import create_engine, text

from tests.pipeline import app
from tests.pipeline.smarteru_desk import SmarterUDesk, lines_of, mail, outbox_of, row, smarteru_desk
from tests.servers.smarteru import Style

GOOD = (row(mail(1)), row("007", "S4", "Completed", "92.5"))
STRANGER = row("stranger@example.com")
TOO_MUCH = row(mail(3), "S4", "Completed", "150")
NO_GROUP = row(mail(3), group="Nope")


@pytest.fixture
def desk(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmarterUDesk]:
    """A desk with a SmarterU."""
    with smarteru_desk(tmp_path, sqlite_url, monkeypatch) as made:
        yield made


def rows_of(answer: app.Answer) -> dict[str, int]:
    """The counts without the zeros."""
    assert answer.told, answer
    return {name: number for name, number in answer.told["rows"].items() if number}


def _asked(desk: SmarterUDesk, query: str) -> list[tuple[Any, ...]]:
    engine = create_engine(desk.url)
    with engine.connect() as connection:
        found = [tuple(line) for line in connection.execute(text(query))]
    engine.dispose()
    return found


def test_each_row_ends_with_its_answer(desk: SmarterUDesk) -> None:
    """In the counts, the ledger, the view and the report beside the batch; the good ones are at SmarterU."""
    answer = desk.send(*GOOD, STRANGER, TOO_MUCH, NO_GROUP)
    assert (answer.exit, answer.told["state"]) == (1, "with_failures")
    assert rows_of(answer) == {"read": 5, "loaded": 2, "failed": 3}
    assert answer.told["failures"] == {"ESH:19": 1, "ESH:21": 1, "ESH:23": 1}
    assert answer.told["cases"] == {"new": 3, "known": 0, "closed": 0}
    assert desk.taken() == {(mail(1), "S1"): "Attended", ("007", "S4"): "Completed"}
    held = desk.server.held("007", "S4")
    assert held is not None
    assert (held.grade, held.enrolled_on and held.enrolled_on.date().isoformat()) == ("92.5", "2023-05-04")
    report = lines_of(desk.of_run(answer) / "smarteru-0001.report.csv")
    told = {line["row"]: (line["learner"], line["session"], line["outcome"], line["code"]) for line in report}
    assert told == {
        "2": (mail(1), "S1", "loaded", ""),
        "3": ("007", "S4", "loaded", ""),
        "4": ("stranger@example.com", "S1", "failed", "ESH:21"),
        "5": (mail(3), "S4", "failed", "ESH:19"),
        "6": (mail(3), "S1", "failed", "ESH:23"),
    }
    assert "Nope" in next(line["message"] for line in report if line["row"] == "6")
    assert [line["block"] for line in report] == ["1", "2", "3", "4", "5"]
    failures = _asked(desk, "SELECT source_row, source_column, header, value, code, state, times FROM v_failed_rows")
    assert sorted(failures) == [
        (4, "A", "Email", "stranger@example.com", "ESH:21", "open", 1),
        (5, "G", "Grade", "150", "ESH:19", "open", 1),
        (6, "C", "Group name", "Nope", "ESH:23", "open", 1),
    ]
    assert _asked(desk, "SELECT count(*) FROM rollbook_failures WHERE remedy <> '' AND message <> ''") == [(3,)]
    (run,) = _asked(desk, "SELECT state, destination, rows_loaded, rows_failed FROM v_run_summary")
    assert run == ("with_failures", "smarteru", 2, 3)
    assert _asked(desk, "SELECT outcome, count(*) FROM rollbook_rows GROUP BY outcome") == [("failed", 3)]


def test_show_tells_the_run_as_it_ended(desk: SmarterUDesk) -> None:
    """As JSON the same object; as a page what to do next."""
    answer = desk.send(*GOOD, STRANGER)
    assert desk.do("show", "last").told == answer.told
    page = desk.type("show", answer.told["run"]).out
    assert "failed-rows.xlsx --to smarteru" in page
    assert "ESH:21" in page


def test_mended_rows_are_sent_and_close_their_cases(desk: SmarterUDesk) -> None:
    """The workbook imported again: what was taken is left alone, what is mended goes, the untouched fails as before."""
    first = desk.send(*GOOD, STRANGER, TOO_MUCH)
    path = Path(first.told["reports"]["failed_rows"])
    book = openpyxl.load_workbook(path)
    lines = [line for sheet in book for line in sheet.iter_rows()]
    (cell,) = [cell for line in lines for cell in line if cell.value == "stranger@example.com"]
    cell.value = mail(5)
    book.save(path)
    before = len(desk.server.requests)
    answer = desk.do("import", path, "--to", "smarteru")
    assert rows_of(answer) == {"read": 2, "loaded": 1, "failed": 1}
    assert answer.told["cases"] == {"new": 0, "known": 1, "closed": 1}
    assert answer.told["failures"] == {"ESH:19": 1}
    assert [request.blocks for request in desk.server.requests[before:]] == [2]
    assert (mail(5), "S1") in desk.taken()
    assert sorted(_asked(desk, "SELECT state, count(*) FROM rollbook_cases GROUP BY state")) == [
        ("fixed", 1),
        ("open", 1),
    ]
    assert _asked(desk, "SELECT from_value, to_value, changed_through FROM rollbook_changes") == [
        ("stranger@example.com", mail(5), "workbook")
    ]
    (report,) = [line for line in lines_of(desk.of_run(answer) / "smarteru-0001.report.csv") if line["code"] == ""]
    assert (report["file"], report["row"]) == (str(desk.folder / "history.csv"), "4")
    assert desk.server.double_sends == []


def test_the_same_sheet_again_sends_only_what_failed(desk: SmarterUDesk) -> None:
    """What was taken is unchanged; the failed rows are the same cases."""
    desk.send(*GOOD, STRANGER)
    again = desk.send(*GOOD, STRANGER)
    assert rows_of(again) == {"read": 3, "unchanged": 2, "failed": 1}
    assert again.told["cases"] == {"new": 0, "known": 1, "closed": 0}
    assert [request.blocks for request in desk.server.requests] == [3, 1]
    assert desk.send(*GOOD).told["rows"]["unchanged"] == 2
    assert len(desk.server.requests) == 2


def test_retry_sends_what_smarteru_refused_when_it_knows_better(desk: SmarterUDesk) -> None:
    """A new run over the failed rows alone; the first run's counts stay."""
    first = desk.send(*GOOD, STRANGER, TOO_MUCH)
    desk.server.state.add_user("stranger@example.com", None, "G1")
    answer = desk.do("retry", "last")
    assert (answer.exit, answer.told["destination"]) == (1, "smarteru")
    assert rows_of(answer) == {"read": 2, "loaded": 1, "failed": 1}
    assert answer.told["cases"] == {"new": 0, "known": 1, "closed": 1}
    assert desk.taken()["stranger@example.com", "S1"] == "Attended"
    assert desk.do("show", first.told["run"]).told["rows"] == first.told["rows"]
    (line,) = [line for line in lines_of(desk.of_run(answer) / "smarteru-0001.report.csv") if not line["code"]]
    assert (line["row"], line["outcome"]) == ("4", "loaded")


def test_two_codes_in_one_batch_go_to_their_own_rows(desk: SmarterUDesk) -> None:
    """ESH:26 and ESH:27 name no block: the one who was enrolled before and the course that is not assigned."""
    user = desk.server.state.user(email=mail(1))
    assert user is not None
    desk.server.state.enroll(user, "S1", "G1", "Completed")
    labs_in_sales = row(mail(2), "S6", group="Sales & Service")
    answer = desk.send(row(mail(1)), row(mail(4)), labs_in_sales, row(mail(5)))
    assert rows_of(answer) == {"read": 4, "loaded": 2, "failed": 2}
    states = desk.states()
    assert states[mail(1), "S1"] == ("failed", "ESH:26")
    assert states[mail(2), "S6"] == ("failed", "ESH:27")
    assert states[mail(4), "S1"] == states[mail(5), "S1"] == ("loaded", None)
    assert desk.taken()[mail(1), "S1"] == "Completed"
    assert desk.server.double_sends == []


def test_batches_go_one_after_the_other(desk: SmarterUDesk) -> None:
    """As large as the setting says; one refused block in one of them says nothing of the others."""
    desk.settings(batch_size=2)
    answer = desk.send(*(row(mail(number)) for number in range(1, 6)), STRANGER)
    assert rows_of(answer) == {"read": 6, "loaded": 5, "failed": 1}
    assert [request.blocks for request in desk.server.requests] == [2, 2, 2]
    assert desk.server.in_flight_most == 1
    reports = sorted(desk.of_run(answer).glob("*.report.csv"))
    assert [path.name for path in reports] == [f"smarteru-000{number}.report.csv" for number in (1, 2, 3)]
    assert {line["state"] for line in outbox_of(desk.url)[1]} == {"settled"}


@pytest.mark.parametrize(("code", "spoil"), [("SU:10", "key"), ("ESH:11", "permission")])
def test_a_refused_call_marks_nothing_failed(
    desk: SmarterUDesk, monkeypatch: pytest.MonkeyPatch, code: str, spoil: str
) -> None:
    """Exit 3, with the code and the remedy; `resume` sends what waits when that is mended."""
    desk.settings(batch_size=2)
    if spoil == "key":
        monkeypatch.setenv("ROLLBOOK_SMARTERU_USER_API", "wrong")
    else:
        desk.server.permitted = False
    answer = desk.send(*GOOD, STRANGER)
    assert (answer.exit, answer.told["state"], rows_of(answer)) == (3, "stopped", {"read": 3, "pending": 3})
    assert f"SmarterU refused the call: {code}" in answer.errors
    assert f"rollbook resume {answer.told['run']}" in answer.errors
    assert "Traceback" not in answer.errors
    assert (len(desk.server.requests), answer.told["failures"]) == (1, {})
    assert _asked(desk, "SELECT count(*) FROM rollbook_cases") == [(0,)]
    desk.server.permitted = True
    monkeypatch.setenv("ROLLBOOK_SMARTERU_USER_API", desk.server.user_api)
    resumed = desk.do("resume")
    assert (resumed.exit, rows_of(resumed)) == (1, {"read": 3, "loaded": 2, "failed": 1})
    assert resumed.told["run"] == answer.told["run"]
    assert Path(resumed.told["reports"]["failed_rows"]).is_file()


def test_a_refused_call_leaves_no_doubt(desk: SmarterUDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it was looked at: who was enrolled before is failed afterwards as if the call had never been."""
    desk.settings(learner_report=False)
    user = desk.server.state.user(email=mail(1))
    assert user is not None
    desk.server.state.enroll(user, "S1", "G1", "Completed")
    monkeypatch.setenv("ROLLBOOK_SMARTERU_USER_API", "wrong")
    assert desk.send(row(mail(1)), row(mail(2))).exit == 3
    assert {line["state"] for line in outbox_of(desk.url)[1]} == {"recorded"}
    monkeypatch.setenv("ROLLBOOK_SMARTERU_USER_API", desk.server.user_api)
    resumed = desk.do("resume")
    assert rows_of(resumed) == {"read": 2, "loaded": 1, "failed": 1}
    assert desk.states()[mail(1), "S1"] == ("failed", "ESH:26")


def test_after_a_doubtful_send_who_is_there_is_ours(desk: SmarterUDesk) -> None:
    """Taken, and the answer lost as often as it is tried: exit 3; then ESH:26 means loaded."""
    desk.settings(learner_report=False, tries=2)
    desk.server.misbehave("drop_after", "drop_after")
    stopped = desk.send(*GOOD, STRANGER)
    assert (stopped.exit, rows_of(stopped)) == (3, {"read": 3, "pending": 3})
    assert "SmarterU gave no answer" in stopped.errors
    assert len(desk.taken()) == 2
    assert {line["state"] for line in outbox_of(desk.url)[1]} == {"sending"}
    resumed = desk.do("resume")
    assert (resumed.exit, rows_of(resumed)) == (1, {"read": 3, "loaded": 2, "failed": 1})
    assert desk.states()["stranger@example.com", "S1"] == ("failed", "ESH:21")


def test_where_nobody_listens_the_run_waits(desk: SmarterUDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 3, and no doubt: not a byte has arrived."""
    desk.settings(tries=1)
    monkeypatch.setenv("ROLLBOOK_SMARTERU_URL", "http://127.0.0.1:9/apiv2/")
    stopped = desk.send(*GOOD)
    assert (stopped.exit, rows_of(stopped)) == (3, {"read": 2, "pending": 2})
    assert {line["state"] for line in outbox_of(desk.url)[1]} == {"recorded"}


def test_what_lacks_is_told_before_anything_begins(desk: SmarterUDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain http to another machine, or a missing key: exit 2, one line, no run, nothing sent."""
    path = desk.rows(*GOOD)
    desk.do("import", desk.rows(row(mail(8), status="?"), name="other.csv"))
    for name, value, told in (
        ("URL", "http://smarteru.example/apiv2/", "https://"),
        ("ACCOUNT_API", None, "ROLLBOOK_SMARTERU_ACCOUNT_API"),
        ("USER_API", None, "ROLLBOOK_SMARTERU_USER_API"),
    ):
        with monkeypatch.context() as patched:
            if value is None:
                patched.delenv(f"ROLLBOOK_SMARTERU_{name}")
            else:
                patched.setenv(f"ROLLBOOK_SMARTERU_{name}", value)
            printed = desk.type("import", path, "--to", "smarteru")
        assert (printed.exit, printed.out, len(printed.errors.splitlines())) == (2, "", 1), printed
        assert told in printed.errors
    assert _asked(desk, "SELECT count(*) FROM rollbook_runs") == [(1,)]
    assert desk.server.requests == []


def test_what_was_emitted_is_sent(desk: SmarterUDesk) -> None:
    """`smarteru send RUN`: the same run goes on, under today's settings; then there is nothing left to send."""
    desk.settings(batch_size=2)
    emitted = desk.emit(*GOOD, STRANGER)
    assert desk.server.requests == []
    sent = desk.do("smarteru send", emitted.told["run"])
    assert (sent.exit, sent.told["run"]) == (1, emitted.told["run"])
    assert (sent.told["destination"], sent.told["state"]) == ("smarteru", "with_failures")
    assert rows_of(sent) == {"read": 3, "loaded": 2, "failed": 1}
    assert sorted(request.blocks for request in desk.server.requests) == [1, 2]
    again = desk.type("smarteru send", "last")
    assert (again.exit, "nothing left to send" in again.errors) == (2, True)
    desk.do("import", desk.rows(row(mail(6)), name="plain.csv"))
    assert desk.type("smarteru send", "last").exit == 2


def test_a_send_that_was_stopped_is_resumed(desk: SmarterUDesk) -> None:
    """The first batch stands; of the second nobody knows until `resume` asks again."""
    desk.settings(batch_size=2, tries=1)
    run = desk.emit(*(row(mail(number)) for number in range(1, 5))).told["run"]
    desk.server.style = Style()
    desk.server.misbehave("esh26_without_block", "html_after")
    stopped = desk.do("smarteru send", run)
    assert stopped.exit == 3
    resumed = desk.do("resume", run)
    assert resumed.exit in (0, 1)
    assert rows_of(resumed)["read"] == rows_of(resumed).get("loaded", 0) + rows_of(resumed).get("failed", 0)
    assert desk.states()[mail(3), "S1"] == desk.states()[mail(4), "S1"] == ("loaded", None)


def test_under_prefect_the_same_database(
    prefect_server: str, desk: SmarterUDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By `--prefect` each step is a task; what is recorded and what SmarterU holds are the same."""
    assert prefect_server
    assert desk.send(*GOOD, STRANGER).exit == 1
    plain = app.contents(desk.url)
    with smarteru_desk(tmp_path, f"sqlite:///{tmp_path / 'flow.db'}", monkeypatch) as there:
        flow = there.send(*GOOD, STRANGER, options=["--prefect"])
        assert (flow.exit, rows_of(flow)) == (1, {"read": 3, "loaded": 2, "failed": 1}), flow
        assert app.contents(there.url) == plain
        assert there.blocks() == desk.blocks()
        assert there.taken() == desk.taken()
        assert [request.blocks for request in there.server.requests] == [3]
