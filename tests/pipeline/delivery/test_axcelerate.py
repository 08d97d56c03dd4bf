"""To aXcelerate: what becomes of each row, what it holds afterwards, and how that is undone."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.pipeline.rest_desk import AxcelerateDesk, axcelerate_desk, axcelerate_row
from tests.pipeline.smarteru_desk import lines_of
from tests.servers.axcelerate import Style


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AxcelerateDesk]:
    """A desk with an aXcelerate that shows the codes of units."""
    style = Style(code_key="CODE")
    with axcelerate_desk(tmp_path, f"sqlite:///{tmp_path / 'test.db'}", monkeypatch, style=style) as made:
        yield made


def _methods(desk: AxcelerateDesk) -> set[str]:
    return {one.method for one in desk.server.requests}


def test_undecided_units_are_decided(desk: AxcelerateDesk) -> None:
    """Whatever stands for undecided there; units by ID and by code, dates beside the outcome."""
    answer = desk.send(
        axcelerate_row(1001, 9001, "20", starts="2023-02-07", ends="2023-03-01"),
        axcelerate_row(1002, "BSBWHS211", "51"),
        axcelerate_row(1003, "bsbwhs211", "60"),
        axcelerate_row(1004, 9003, "81"),
    )
    assert (answer.exit, answer.told["rows"]["loaded"]) == (0, 4), answer
    assert [desk.outcome(contact, 9001) for contact in (1001, 1002, 1003)] == ["20", "51", "60"]
    held = desk.server.state.unit(1001, 501, 9001)
    assert held is not None
    assert (held.starts, held.ends) == (datetime(2023, 2, 7), datetime(2023, 3, 1))  # noqa: DTZ001 - it has no zone
    assert (desk.server.double_sends, desk.server.unknown_fields) == ([], [])


def test_the_same_sheet_again_only_reads(desk: AxcelerateDesk) -> None:
    rows = (axcelerate_row(1001, 9001, "20", starts="2023-02-07"), axcelerate_row(1002, 9003, "40"))
    assert desk.send(*rows).exit == 0
    desk.server.requests.clear()
    again = desk.send(*rows)
    assert (again.exit, again.told["rows"]["unchanged"]) == (0, 2), again
    assert _methods(desk) == {"GET"}


@pytest.mark.parametrize(("policy", "outcome", "held"), [("reject", "rejected", "20"), ("update", "updated", "30")])
def test_a_different_final_outcome_is_a_matter_of_the_policy(
    desk: AxcelerateDesk, policy: str, outcome: str, held: str
) -> None:
    answer = desk.send(axcelerate_row(1002, 9002, "30"), options=("--on-existing", policy))
    assert answer.told["rows"][outcome] == 1, answer
    assert desk.outcome(1002, 9002) == held


def test_who_is_not_enrolled_is_failed_with_a_code_of_its_own_and_not_enrolled(desk: AxcelerateDesk) -> None:
    before = len(list(desk.server.state.all()))
    answer = desk.send(
        axcelerate_row(1000, 9001),
        axcelerate_row(1001, 9004),
        axcelerate_row(1001, 9001, class_id=999),
        axcelerate_row(77, 9001),
    )
    assert (answer.exit, answer.told["failures"]) == (1, {"axcelerate.not_enrolled": 4}), answer
    assert len(list(desk.server.state.all())) == before
    assert Path(answer.told["reports"]["failed_rows"]).exists()
    lines = lines_of(Path(answer.told["reports"]["rows"]))
    assert {(line["outcome"], line["code"]) for line in lines} == {("failed", "axcelerate.not_enrolled")}


def test_a_code_of_a_unit_is_of_no_use_where_none_is_shown(desk: AxcelerateDesk) -> None:
    """Which of the units is meant would be a guess; the row is told so."""
    desk.server.style = Style()
    answer = desk.send(axcelerate_row(1002, "BSBWHS211", "51"), axcelerate_row(1002, 9001, "51"))
    assert (answer.told["rows"]["loaded"], answer.told["failures"]) == (1, {"axcelerate.unit_code": 1}), answer


def test_the_headers_and_words_of_its_own_exports(desk: AxcelerateDesk) -> None:
    """As people export them: an outcome with its code behind it, days with a time, what was not marked."""
    sheet = desk.sheet(
        ("1001", "501", "BSBTEC201", "Competency achieved/pass (20)", "6/02/2023 9:00 AM", "30/06/2023 5:00 PM"),
        ("1002", "501", "BSBTEC201", "Recognition of prior learning - granted (51)", "16/02/2023 9:00 AM", ""),
        ("1003", "501", "BSBTEC201", "Unmarked", "13/02/2023 9:00 AM", ""),
        ("1004", "501", "BSBTEC201", "Compitent", "13/02/2023 9:00 AM", ""),
        headers=("Contact ID", "Class ID", "Unit Code", "Outcome", "Start Date", "End Date"),
    )
    answer = desk.do("import", sheet, "--to", "axcelerate")
    assert (desk.outcome(1001, "BSBTEC201"), desk.outcome(1002, "BSBTEC201")) == ("20", "51"), answer
    third = desk.server.state.unit(1003, 501, "BSBTEC201")
    assert third is not None
    assert (third.outcome, third.starts) == ("", datetime(2023, 2, 13)), answer  # noqa: DTZ001
    assert answer.told["failures"] == {"outcome.unknown": 1}


def test_modules_of_learning_plans(desk: AxcelerateDesk) -> None:
    state = desk.server.state
    first = next(one for one in state.modules.values() if one.contact_id == 1001 and one.override is None)
    sheet = desk.sheet(
        ("1001", "501", str(first.id), "yes", "2023-02-07"),
        ("1001", "501", "987654", "yes", ""),
        headers=("Contact ID", "Class ID", "Module Enrolment ID", "Access Override", "Start Date"),
    )
    answer = desk.do("import", sheet, "--to", "axcelerate")
    assert (answer.told["rows"]["loaded"], answer.told["failures"]) == (1, {"axcelerate.not_enrolled": 1}), answer
    assert (first.override, first.starts) == (True, datetime(2023, 2, 7))  # noqa: DTZ001
    desk.server.requests.clear()
    again = desk.do("import", sheet, "--to", "axcelerate")
    assert again.told["rows"]["unchanged"] == 1, again
    assert "PUT" not in _methods(desk)


def test_undo_puts_back_the_former_outcome_and_dates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was blank is emptied where aXcelerate lets it; what somebody changed since stays."""
    style = Style(blank_field="clears")
    with axcelerate_desk(tmp_path, f"sqlite:///{tmp_path / 'test.db'}", monkeypatch, style=style) as desk:
        answer = desk.send(
            axcelerate_row(1001, 9003, "20"),
            axcelerate_row(1002, 9002, "30", ends="2023-05-05"),
            axcelerate_row(1003, 9003, "20"),
            options=("--on-existing", "update"),
        )
        assert (answer.told["rows"]["loaded"], answer.told["rows"]["updated"]) == (2, 1), answer
        third = desk.server.state.unit(1003, 501, 9003)
        assert third is not None
        third.outcome = "40"
        undone = desk.do("undo", "last", "--out", desk.folder / "taken-back")
        assert (undone.exit, undone.told["deleted"], undone.told["restored"]) == (1, 1, 1), undone
        assert [one["learner"] for one in undone.told["left"]] == ["1003"]
        (report,) = (desk.folder / "taken-back").glob("*/undo.report.csv")
        header, line = report.read_text(encoding="utf-8-sig").splitlines()
        assert header == "file,sheet,row,column,learner,session,reason"
        assert ",1003,501/9003," in line
        assert "It was changed since" in line
        assert (desk.outcome(1001, 9003), desk.outcome(1002, 9002), third.outcome) == ("", "20", "40")


def test_what_cannot_be_emptied_is_listed(desk: AxcelerateDesk) -> None:
    """This aXcelerate refuses a blank outcome."""
    assert desk.send(axcelerate_row(1001, 9003, "20")).exit == 0
    undone = desk.do("undo", "last")
    assert undone.exit == 1, undone
    assert "outcome_code" in undone.told["left"][0]["reason"]


def test_a_refused_token_stops_the_run_and_resume_goes_on(
    desk: AxcelerateDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROLLBOOK_AXCELERATE_WS_TOKEN", "a-token-that-nobody-knows")
    answer = desk.send(axcelerate_row(1001))
    assert (answer.exit, answer.told["rows"]["pending"]) == (3, 1), answer
    monkeypatch.setenv("ROLLBOOK_AXCELERATE_WS_TOKEN", desk.server.ws_token)
    resumed = desk.do("resume", "last")
    assert (resumed.exit, resumed.told["rows"]["loaded"]) == (0, 1), resumed


def test_further_outcome_codes_are_a_setting(desk: AxcelerateDesk) -> None:
    row = axcelerate_row(1001, 9003, "54")
    assert desk.send(row).told["failures"] == {"outcome.unknown": 1}
    desk.settings(outcome_codes='["54"]')
    desk.server.state.outcomes |= {"54"}
    answer = desk.send(row)
    assert (answer.exit, desk.outcome(1001, 9003)) == (0, "54"), answer


def test_check_foresees_by_what_was_synced_for_its_sheet(desk: AxcelerateDesk) -> None:
    """aXcelerate lists no contacts: it is asked for those that the sheet names."""
    rows = desk.rows(axcelerate_row(1002, 9002, "20"), axcelerate_row(1004, 9002, "30"), axcelerate_row(1001, 9003))
    assert desk.do("check", rows, "--to", "axcelerate").told["rows"]["loaded"] == 3
    synced = desk.do("reference sync", "axcelerate", rows)
    assert synced.exit == 0, synced
    told = desk.do("check", rows, "--to", "axcelerate").told
    counts = {name: told["rows"][name] for name in ("unchanged", "rejected", "loaded")}
    assert counts == {"unchanged": 1, "rejected": 1, "loaded": 1}, told
    assert told["failures"] == {"enrollment.exists": 1}
    assert _methods(desk) == {"GET"}
    assert desk.type("reference sync", "moon", rows).exit == 2
