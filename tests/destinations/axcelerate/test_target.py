"""Rows become what aXcelerate holds: once, under every way in which it may answer, and back again."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest

from destinations.row_target import Known, RowVerdict
from ledger.remote.writes import Write
from rollbook.errors import CannotBegin, Stopped, Unavailable
from rollbook.options import OnExisting
from rollbook.rows.activities import CLEAR, LOCKED, UNLOCKED
from tests.destinations.axcelerate.rows import (
    END,
    OUTCOME,
    OVERRIDE,
    START,
    carry,
    module_row,
    plan,
    row,
    settings,
    states,
    target_for,
    write,
)
from tests.servers.axcelerate import (
    ENROLMENT,
    ENROLMENTS,
    MODULES,
    ODD_DISPLAYS,
    REPORT_FIELDS,
    REPORT_RUN,
    AxcelerateServer,
    Enrolment,
    Misbehaviour,
    Style,
    axcelerate_server,
    called,
)
from tests.servers.axcelerate_state import midnight

COMPETENT: dict[str, Any] = {OUTCOME: "20", END: "2023-06-30"}


@pytest.fixture
def server() -> Iterator[AxcelerateServer]:
    with axcelerate_server() as running:
        yield running


def unit(server: AxcelerateServer, contact: int = 1001, unit_id: int = 9001) -> Enrolment:
    """A unit of class 501, as the server holds it."""
    found = server.state.unit(contact, 501, unit_id)
    assert found is not None
    return found


def first_module(server: AxcelerateServer, contact: int = 1001) -> dict[str, Any]:
    """The IDs of a contact's first module, as a row says them."""
    module = next(one for one in server.state.modules.values() if one.contact_id == contact)
    return {
        "contact_id": str(contact),
        "module_enrolment_id": str(module.id),
        "enrol_id": str(module.enrol_id),
        "class_id": str(module.class_id),
    }


def faultless(server: AxcelerateServer) -> bool:
    """Nothing was sent twice, nothing was sent that has no meaning."""
    return not server.double_sends and not server.unknown_fields


def writes_of(server: AxcelerateServer) -> list[dict[str, str]]:
    return [dict(write.content) for write in server.writes]


# Units


@pytest.mark.parametrize("undecided", ["", "0", "70", "85"])
def test_an_undecided_unit_takes_an_outcome_and_a_second_run_only_reads(
    server: AxcelerateServer, undecided: str
) -> None:
    """Whatever `on_existing` says; what the row does not say stays."""
    unit(server).outcome = undecided
    with target_for(server) as target:
        (made,) = plan(target, [row(**COMPETENT)])
        former = {OUTCOME: undecided or None, END: None}
        assert made == Write("s:1001:501:9001", "9001", creates=True, former=former, content=COMPETENT)
        assert carry(target, [row(**COMPETENT)]) == [RowVerdict("loaded", target_id="9001")]
        held = unit(server)
        assert (held.outcome, held.starts, held.ends) == ("20", datetime(2023, 2, 6), midnight(date(2023, 6, 30)))  # noqa: DTZ001
        assert carry(target, [row(**COMPETENT)]) == [RowVerdict("unchanged", target_id="9001")]
        assert carry(target, [row(**{OUTCOME: "20"})]) == [RowVerdict("unchanged", target_id="9001")]
    assert writes_of(server) == [{"competent": "20", "activityEndDate": "2023-06-30"}]
    assert faultless(server)


def test_dates_alone_of_an_undecided_unit_are_updated(server: AxcelerateServer) -> None:
    """They decide nothing, and nothing is decided that they could contradict."""
    with target_for(server) as target:
        assert states(carry(target, [row(**{START: "2023-03-01"})])) == ["updated"]
    assert writes_of(server) == [{"activityStartDate": "2023-03-01"}]


DECIDED: list[tuple[str, OnExisting, dict[str, str], str]] = [
    ("20", "reject", {OUTCOME: "30"}, "rejected"),
    ("20", "reject", {OUTCOME: "20", END: "2023-07-01"}, "rejected"),
    ("20", "reject", {OUTCOME: "20", START: "2023-02-06"}, "unchanged"),
    ("20", "update", {OUTCOME: "30"}, "updated"),
    ("20", "update", {OUTCOME: "70"}, "updated"),
    ("40", "best", {OUTCOME: "20"}, "updated"),
    ("40", "best", {OUTCOME: "30"}, "updated"),
    ("20", "best", {OUTCOME: "30", END: "2023-12-01"}, "unchanged"),
    ("20", "best", {OUTCOME: "51"}, "unchanged"),
    ("20", "best", {OUTCOME: "51", END: "2023-07-01"}, "updated"),
    ("20", "best", {OUTCOME: "20", END: "2023-06-29"}, "unchanged"),
    ("20", "best", {OUTCOME: "25", END: "2023-12-01"}, "unchanged"),
    ("25", "best", {OUTCOME: "25", END: "2023-12-01"}, "updated"),
    ("20", "best", {OUTCOME: "70"}, "unchanged"),
    ("20", "best", {START: "2023-03-01"}, "unchanged"),
]


@pytest.mark.parametrize(("held", "on_existing", "said", "state"), DECIDED)
def test_a_decided_unit_is_a_matter_of_on_existing(
    server: AxcelerateServer, held: str, on_existing: OnExisting, said: dict[str, str], state: str
) -> None:
    """`best`: further along, or as far and later."""
    there = unit(server)
    there.outcome, there.ends = held, midnight(date(2023, 6, 30))
    with target_for(server) as target:
        (verdict,) = carry(target, [row(**said)], on_existing)
    assert verdict.state == state
    assert len(server.writes) == (state == "updated")
    assert there.outcome == (said.get(OUTCOME, held) if state == "updated" else held)
    assert faultless(server)


def test_a_rejected_row_says_what_differs(server: AxcelerateServer) -> None:
    """In aXcelerate's fields, there and here."""
    unit(server).outcome = "30"
    with target_for(server) as target:
        (verdict,) = carry(target, [row(**COMPETENT)])
    assert verdict == RowVerdict(
        "rejected",
        "enrollment.exists",
        "This enrollment already exists with different values: outcome_code is 30 there, 20 here; "
        "ended_on is blank there, 2023-06-30 here.",
        field="outcome_code",
    )


def test_other_activities_are_written_by_their_instance(server: AxcelerateServer) -> None:
    """A class, a workshop outside of any class, one inside of a unit, and an e-learning."""
    rows = [
        row(1, activity_type="p", unit_id=None, **{OUTCOME: "20"}),
        row(2, activity_type="w", unit_id="602", class_id=None, **{OUTCOME: "20"}),
        row(3, activity_type="w", unit_id="601", **{OUTCOME: "40"}),
        row(4, activity_type="el", unit_id="701", class_id=None, **{END: "2023-03-01"}),
        row(5, activity_type="w", unit_id="603", **{OUTCOME: "40"}),
    ]
    with target_for(server) as target:
        verdicts = carry(target, rows)
        keys = [target.key(one) for one in rows]
        assert states(carry(target, rows[:4])) == ["unchanged"] * 4
    assert states(verdicts) == ["loaded", "loaded", "loaded", "updated", "failed"]
    assert keys == ["p:1001:501", "w:1001:602", "w:1001:601", "el:1001:701", None]
    assert verdicts[4].code == "axcelerate.not_enrolled"
    assert sorted(write.key for write in server.writes) == [
        ("el", 1001, 701),
        ("p", 1001, 501),
        ("w", 1001, 601),
        ("w", 1001, 602),
    ]
    assert faultless(server)


NOT_THERE: dict[str, tuple[dict[str, Any], str, str]] = {
    "contact": ({"contact_id": "7777"}, "axcelerate.not_enrolled", "Contact 7777 is not enrolled in unit 9001 of"),
    "class": (
        {"class_id": "999"},
        "axcelerate.not_enrolled",
        "Contact 1001 is not enrolled in unit 9001 of class 999.",
    ),
    "unit": ({"unit_id": "9004"}, "axcelerate.not_enrolled", "is not enrolled in unit 9004 of class 501."),
    "code": ({"unit_id": "BSBWHS211"}, "axcelerate.unit_code", "aXcelerate does not say which unit of class 501 has"),
    "no number": ({"contact_id": "Ann"}, "axcelerate.refused", "aXcelerate says: The contactID field must be a whole"),
    "module": ({"module_enrolment_id": "1", "unit_id": None}, "axcelerate.not_enrolled", "in module enrolment 1 of"),
}


@pytest.mark.parametrize("unknown", [412, 404])
@pytest.mark.parametrize("case", NOT_THERE)
def test_what_is_not_there_fails(server: AxcelerateServer, case: str, unknown: Any) -> None:
    """Nothing is written, and the row has no key."""
    server.style = Style(unknown=unknown)
    said, code, message = NOT_THERE[case]
    with target_for(server) as target:
        (verdict,) = carry(target, [row(**COMPETENT, **said)])
        assert target.key(row(**COMPETENT, **said)) is None
    assert (verdict.state, verdict.code) == ("failed", code)
    assert message in (verdict.message or "")
    assert not server.writes


def test_a_code_names_its_unit_where_it_is_shown(server: AxcelerateServer) -> None:
    """Without case, and the same key as by the ID; the instance of a unit, which has another's ID, does not."""
    for key in ("CODE", "UnitCode", "subject_code"):
        server.style = Style(code_key=key)
        with target_for(server) as target:
            (found,) = plan(target, [row(unit_id="bsbwhs211", **COMPETENT)])
            assert isinstance(found, Write)
            assert found.key == "s:1001:501:9001"
    with target_for(server) as target:
        assert carry(target, [row(unit_id="BSBXXX999", **COMPETENT)])[0].code == "axcelerate.not_enrolled"


def test_several_that_fit_are_told(server: AxcelerateServer) -> None:
    """A contact that is twice in a class: nobody guesses which is meant, however short the pages are."""
    server.state.enrol(1001, 501)
    for style in (Style(), Style(limit_most=1)):
        server.style = style
        with target_for(server, page_size=1) as target:
            (verdict,) = carry(target, [row(**COMPETENT)])
        assert verdict == RowVerdict(
            "failed", "axcelerate.ambiguous", "Contact 1001 has 2 enrolments that may be unit 9001 of class 501."
        )


def test_a_list_that_moves_while_it_is_read_is_read_again(server: AxcelerateServer) -> None:
    """The record that was passed over is found, as long as the third reading is quiet."""
    server.state.enrol(1001, 501)
    for shifts in (1, 2, 5):
        moves: list[Misbehaviour] = ["paging_shifts"] * shifts
        server.misbehave(*moves)
        with target_for(server, page_size=1) as target:
            assert carry(target, [row(**COMPETENT)])[0].code == "axcelerate.ambiguous"


def test_a_refusal_is_told_in_their_words_without_the_tokens(server: AxcelerateServer) -> None:
    """A code that the settings allow and aXcelerate does not."""
    with target_for(server) as target:
        (verdict,) = carry(target, [row(**{OUTCOME: "25"})])
        assert verdict == RowVerdict(
            "failed", "axcelerate.refused", "aXcelerate says: The competent field is not a known outcome code"
        )
        server.misbehave("412_in_200", "upper_case", method="PUT")
        both = carry(target, [row(1, **COMPETENT), row(2, contact_id="1003", **COMPETENT)])
        assert {verdict.message for verdict in both} == {"aXcelerate says: The request could not be processed"}
        told = target._reading.refused(f"bad {server.ws_token} {server.api_token}").message
        assert told == "aXcelerate says: bad *** ***"
    assert not server.writes


@pytest.mark.parametrize("style", [Style(bad_token=401), Style(bad_token=403), Style(error_status="200")])
def test_wrong_tokens_stop_and_are_in_no_message(style: Style) -> None:
    with axcelerate_server(style=style) as server:
        given = settings(server)
        server.api_token = "another token altogether"
        from destinations.axcelerate.target import axcelerate_target

        with (
            axcelerate_target(given, "SECRET-API-TOKEN-1", server.ws_token) as target,
            pytest.raises(Stopped, match="ROLLBOOK_AXCELERATE_API_TOKEN") as caught,
        ):
            plan(target, [row(**COMPETENT)])
        assert "SECRET" not in str(caught.value) + repr(target) + repr(caught.value)
        assert not isinstance(caught.value, Unavailable)


def test_an_unsafe_or_missing_address_cannot_begin(server: AxcelerateServer) -> None:
    from destinations.axcelerate.target import axcelerate_target

    for url in (None, "http://tenant.app.axcelerate.com/api", "nonsense"):
        given = settings(server).model_copy(update={"url": url})
        with pytest.raises(CannotBegin, match="aXcelerate"):
            axcelerate_target(given, "a", "b")


# In doubt

PROCESSED = ["500_after", "html_after", "empty_204", "drop_after", "truncated", "cut", "garbage", "oversized"]
UNPROCESSED = ["500_before", "html", "drop_before", "late_before", "429", "429_bare"]


@pytest.mark.parametrize("kind", [*PROCESSED, *UNPROCESSED, "late_after", "processed_late"])
def test_a_write_in_doubt_is_read_before_it_is_sent_again(server: AxcelerateServer, kind: Any) -> None:
    """What was processed is not sent twice, what was not is."""
    server.late, slow = 0.25, kind.startswith(("late", "processed"))
    server.misbehave(kind, method="PUT")
    with target_for(server, timeout=0.2 if slow else 5.0, pause=0.2 if slow else 0.001) as target:
        assert carry(target, [row(**COMPETENT)]) == [RowVerdict("loaded", target_id="9001")]
    assert unit(server).outcome == "20"
    assert len(server.writes) == 1
    assert faultless(server)


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncated"])
def test_one_that_stays_in_doubt_stops_and_is_finished_by_the_next_run(server: AxcelerateServer, kind: Any) -> None:
    """The next run knows by what was recorded that it is ours."""
    server.misbehave(*[kind] * 4, method="PUT")
    unread: list[Misbehaviour] = ["drop_before"] * 8 if kind == "drop_after" else []
    server.misbehave(*unread, path=ENROLMENTS)
    wanted = row(**COMPETENT)
    with target_for(server) as target:
        (begun,) = plan(target, [wanted]) if kind != "drop_after" else [_begun()]
        assert isinstance(begun, Write)
        if kind == "truncated":
            assert states(carry(target, [wanted])) == ["loaded"]
        else:
            with pytest.raises(Unavailable, match="aXcelerate gave no answer"):
                carry(target, [wanted])
    server._to_come.clear()
    with target_for(server) as target:
        assert states(carry(target, [wanted], begun={begun.key: begun})) == ["loaded"]
    assert unit(server).outcome == "20"
    assert faultless(server)


def _begun() -> Write:
    return Write("s:1001:501:9001", "9001", creates=True, former={OUTCOME: None, END: None}, content=COMPETENT)


def test_what_was_begun_is_recognised(server: AxcelerateServer) -> None:
    """Ours in place is loaded; half of it goes on; what somebody else made of it is theirs."""
    begun = {"s:1001:501:9001": _begun()}
    there = unit(server)
    with target_for(server) as target:
        there.outcome, there.ends = "20", midnight(date(2023, 6, 30))
        assert plan(target, [row(**COMPETENT)], begun=begun) == [RowVerdict("loaded", target_id="9001")]
        assert plan(target, [row(**COMPETENT)]) == [RowVerdict("unchanged", target_id="9001")]
        there.ends = None
        assert plan(target, [row(**COMPETENT)], begun=begun) == [_begun()]
        assert states(carry(target, [row(**COMPETENT)], begun=begun)) == ["loaded"]
        there.outcome = "40"
        assert states(carry(target, [row(**COMPETENT)], begun=begun)) == ["rejected"]
        there.outcome, there.ends = "20", midnight(date(2023, 6, 30))
        (other,) = plan(target, [row(**{OUTCOME: "30"})], begun=begun)  # another sheet's word on what is half ours
        assert other == Write(
            "s:1001:501:9001", "9001", True, {OUTCOME: None, END: None}, {OUTCOME: "30", END: "2023-06-30"}
        )
    assert writes_of(server) == [{"activityEndDate": "2023-06-30"}]


def test_what_somebody_wrote_while_we_were_in_doubt_is_theirs(server: AxcelerateServer) -> None:
    with target_for(server) as target:
        (made,) = plan(target, [row(**COMPETENT)])
        assert isinstance(made, Write)
        server.misbehave("drop_before", method="PUT")
        unit(server).outcome = "40"
        verdict = write(target, row(**COMPETENT), made)
    assert (verdict.state, verdict.code) == ("rejected", "enrollment.exists")
    assert "outcome_code is 40 there, 20 here" in (verdict.message or "")
    assert not server.writes


# Taking back


@pytest.mark.parametrize(("blank_field", "left"), [("clears", []), ("refused", [END]), ("ignored", [END])])
def test_what_was_written_is_put_back_as_far_as_it_goes(
    server: AxcelerateServer, blank_field: Any, left: list[str]
) -> None:
    """Whether a date can be emptied is found out; what stays is said. Doing it again changes nothing more."""
    server.style = Style(blank_field=blank_field)
    unit(server).outcome = "70"
    said = {**COMPETENT, START: "2023-03-01"}
    with target_for(server) as target:
        (made,) = plan(target, [row(**said)])
        assert isinstance(made, Write)
        target.write(row(**said), made)
        for _ in range(2):
            reason = target.take_back(made)
            assert [name for name in (OUTCOME, START, END) if name in (reason or "")] == left
    there = unit(server)
    assert (there.outcome, there.starts) == ("70", midnight(date(2023, 2, 6)))
    assert there.ends == (midnight(date(2023, 6, 30)) if left else None)
    assert not server.unknown_fields


def test_an_outcome_that_cannot_be_emptied_is_told(server: AxcelerateServer) -> None:
    unit(server).outcome = ""
    with target_for(server) as target:
        (made,) = plan(target, [row(**{OUTCOME: "20"})])
        assert isinstance(made, Write)
        target.write(row(), made)
        reason = "outcome_code stays (contact 1001, class 501, unit 9001): aXcelerate says: A field is empty competent."
        assert target.take_back(made) == reason


def test_what_was_changed_since_is_left(server: AxcelerateServer) -> None:
    with target_for(server) as target:
        (made,) = plan(target, [row(**COMPETENT)])
        assert isinstance(made, Write)
        target.write(row(**COMPETENT), made)
        unit(server).outcome = "40"
        assert target.take_back(made) == (
            "It was changed since (contact 1001, class 501, unit 9001: outcome_code is 40, ended_on is 2023-06-30)."
        )
        server.state.enrolments[1001].clear()
        assert "can no longer be found" in (target.take_back(made) or "")
    assert unit_writes(server) == 1


def unit_writes(server: AxcelerateServer) -> int:
    return len(server.written("s", 1001, 501, 9001))


@pytest.mark.parametrize("kind", [*PROCESSED, "500_before", "drop_before"])
def test_taking_back_bears_doubt(server: AxcelerateServer, kind: Any) -> None:
    server.style = Style(blank_field="clears")
    with target_for(server) as target:
        (made,) = plan(target, [row(**COMPETENT)])
        assert isinstance(made, Write)
        target.write(row(**COMPETENT), made)
        server.misbehave(kind, method="PUT")
        assert target.take_back(made) is None
    assert (unit(server).outcome, unit(server).ends) == (made.former[OUTCOME] or "", None)
    assert faultless(server)


# Modules

MODULE_STYLES = {
    "as recorded": Style(),
    "names": Style(report_keys="name", ids="string"),
    "upper": Style(report_keys="upper", view_fields="json", blank=None),
    "days first": Style(report_dates="%d/%m/%Y", module_answer="204"),
    "refused inside": Style(report_errors="inside", in_most=1, module_answer="array"),
    "one a time": Style(rows_most=1, module_answer="status"),
    "empty": Style(empty="204", names="any_case", error_keys="upper", error_status="200"),
    "odd displays": Style(report_fields=called(**ODD_DISPLAYS)),
    "no help": Style(helpers="forbidden"),
    "no help, names": Style(helpers="absent", report_keys="upper"),
    "json, else 500": Style(view_fields="json", other_views="500"),
    "json, else empty": Style(view_fields="json", other_views="empty"),
    "json, else no columns": Style(view_fields="json", other_views="no columns", report_fields=called(**ODD_DISPLAYS)),
    "fewer fields": Style(report_fields=tuple(one for one in REPORT_FIELDS if one.attribute not in ("plan", "none"))),
}


@pytest.mark.parametrize("style", MODULE_STYLES)
@pytest.mark.parametrize("enrol_told", [True, False])
def test_modules_take_overrides_and_dates(server: AxcelerateServer, style: str, *, enrol_told: bool) -> None:
    """Whether or not the sheet has the enrolment's ID; a second run only reads."""
    server.style = MODULE_STYLES[style]
    said = {OVERRIDE: UNLOCKED, END: "2023-12-05"}
    left_out = {} if enrol_told else {"enrol_id": None}
    rows = [module_row(n, **{**first_module(server, 1000 + n), **left_out}, **said) for n in (1, 2, 3)]
    rows += [module_row(4, **{**first_module(server, 1004), **left_out}, **{START: "2023-01-31"})]
    known = Known()
    with target_for(server, report_chunk=2) as target:
        assert states(carry(target, rows, known=known)) == ["loaded"] * 4
        assert states(carry(target, rows, known=known)) == ["unchanged"] * 4
    modules = [server.state.modules[int(first_module(server, 1000 + n)["module_enrolment_id"])] for n in (1, 2, 3, 4)]
    assert [module.override for module in modules] == [True, True, True, None]
    assert [module.ends for module in modules[:3]] == [midnight(date(2023, 12, 5))] * 3
    assert modules[3].starts == midnight(date(2023, 1, 31))
    assert len(server.writes) == 4
    assert faultless(server)


def test_the_documented_request_goes_first_and_as_it_stands(server: AxcelerateServer) -> None:
    """The comma list of its fields; where it shows what is needed, rows by name, nothing else is asked."""
    server.style = Style(report_keys="name", helpers="forbidden")
    with target_for(server) as target:
        plan(target, [module_row(1, **{**first_module(server), "enrol_id": None}, **{OVERRIDE: UNLOCKED})])
    assert [request.path for request in server.requests] == [REPORT_RUN]
    assert server.requests[0].fields == {
        "reportReference": "learningModuleEnrolments",
        "selectedViewFields": "contacts.contactid,contacts.fullname,learningmoduleenrolments.moduleenrolmentid,"
        "learningmoduleenrolments.modulename,learningmoduleenrolments.status,learningmoduleenrolments.startdate,"
        "learningmoduleenrolments.enddate,learningmoduleenrolments.commencementdate,"
        "learningmoduleenrolments.completiondate,classes.classid,classes.classdescriptor,enrolments.enrolid,"
        "enrolments.dateenrolled,enrolments.learningplanname",
        "selectedFilterFields": '[{"name": "contacts.contactid", "value": "1001", "operator": "IN"}]',
    }


@pytest.mark.parametrize("other", ["empty", "no columns"])
def test_a_success_without_rows_or_columns_does_not_prove_that_nobody_is_enrolled(
    server: AxcelerateServer, other: Any
) -> None:
    """Nor does a display that two fields share, with a user who may not see what fields are called."""
    server.style = Style(view_fields="json", other_views=other, report_fields=called(**ODD_DISPLAYS), helpers="absent")
    wanted = module_row(1, **first_module(server), **{OVERRIDE: UNLOCKED})
    with target_for(server) as target:
        assert carry(target, [wanted])[0].code == "axcelerate.incomplete"
    server.style = Style(report_fields=called(id="Enrolment ID", enrol_id="Enrolment ID"))
    with target_for(server) as target:
        assert carry(target, [wanted])[0].code == "axcelerate.incomplete"
    assert not server.writes


def test_what_a_proven_report_does_not_show_is_not_there(server: AxcelerateServer) -> None:
    """A contact without modules beside one that has some; alone, that no row came proves nothing."""
    nobody = module_row(1, contact_id="1000", module_enrolment_id="77", **{OVERRIDE: UNLOCKED})
    other = module_row(2, **first_module(server), **{OVERRIDE: UNLOCKED})
    for chunk in (1, 2):
        with target_for(server, report_chunk=chunk) as target:
            first, _ = carry(target, [nobody, other], "update")
        assert first.code == "axcelerate.not_enrolled"
    with target_for(server) as target:
        assert carry(target, [nobody])[0].code == "axcelerate.incomplete"


def test_a_report_that_no_request_gets_stops_and_is_finished_by_the_next_run(server: AxcelerateServer) -> None:
    """Only a server that fails for every way of asking stops a run, and not for what merely helps."""
    wanted = module_row(1, **first_module(server), **{OVERRIDE: UNLOCKED})
    server.style = Style(view_fields="json", other_views="500")
    away: list[Misbehaviour] = ["500_before"] * 4
    server.misbehave(*away, *away, path=REPORT_RUN)
    server.misbehave(*away, path="/report/fields")
    with target_for(server) as target, pytest.raises(Unavailable, match="HTTP status 500"):
        carry(target, [wanted])
    server._to_come.clear()
    server.misbehave(*away, path="/report/fields")
    with target_for(server) as target:
        assert states(carry(target, [wanted])) == ["loaded"]


def test_a_report_without_a_date_that_the_row_gives_is_not_written_over(server: AxcelerateServer) -> None:
    """What nobody shows cannot be compared; an override can go without."""
    server.style = Style(report_fields=tuple(one for one in REPORT_FIELDS if one.attribute != "ends"))
    rows = [
        module_row(1, **first_module(server), **{OVERRIDE: UNLOCKED, END: "2023-12-05"}),
        module_row(2, **first_module(server, 1002), **{OVERRIDE: UNLOCKED}),
    ]
    with target_for(server) as target:
        first, second = carry(target, rows)
    assert (first.code, second.state) == ("axcelerate.incomplete", "loaded")
    assert "does not show ended_on of module enrolment" in (first.message or "")


def test_the_report_is_run_in_chunks_of_contacts(server: AxcelerateServer) -> None:
    """And its fields are asked for once."""
    rows = [module_row(n, **first_module(server, 1000 + n), **{OVERRIDE: UNLOCKED}) for n in range(1, 9)]
    with target_for(server, report_chunk=3) as target:
        for _ in range(2):
            plan(target, rows)
    paths = [request.path for request in server.requests]
    assert (paths.count(REPORT_RUN), paths.count("/report/fields"), paths.count("/report/field")) == (6, 1, 0)
    assert not server.writes


def test_what_a_module_holds_is_a_matter_of_on_existing(server: AxcelerateServer) -> None:
    """What is blank there is given without asking; an override that was sent is known though nobody shows it."""
    ids = first_module(server)
    known = Known()
    with target_for(server) as target:
        assert states(carry(target, [module_row(**ids, **{OVERRIDE: UNLOCKED})], known=known)) == ["loaded"]
        turned = module_row(**ids, **{OVERRIDE: LOCKED})
        assert states(carry(target, [turned], known=known)) == ["rejected"]
        assert states(carry(target, [turned], "update", known=known)) == ["updated"]
        assert states(carry(target, [turned], known=known)) == ["unchanged"]
    assert set(known.found.values()) == {"locked"}
    assert known.found.keys() == {("override", ids["module_enrolment_id"]), ("override", "1001/501/induction")}
    assert faultless(server)


def test_an_override_that_nobody_shows_is_told_as_not_known(server: AxcelerateServer) -> None:
    """Beside a date that differs, which `on_existing` is for."""
    ids = first_module(server)
    server.state.modules[int(ids["module_enrolment_id"])].ends = midnight(date(2023, 6, 30))
    with target_for(server) as target:
        (verdict,) = carry(target, [module_row(**ids, **{OVERRIDE: UNLOCKED, END: "2023-07-01"})])
    assert (verdict.message or "").endswith(
        "access_override is not known there, unlocked here; ended_on is 2023-06-30 there, 2023-07-01 here."
    )


def test_ids_of_a_module_that_contradict_the_report_fail(server: AxcelerateServer) -> None:
    """The sheet may leave the enrolment out; it may not name another one."""
    ids = first_module(server)
    with target_for(server) as target:
        assert states(carry(target, [module_row(**{**ids, "enrol_id": None}, **{OVERRIDE: UNLOCKED})])) == ["loaded"]
        for wrong in ({"enrol_id": "1"}, {"class_id": "502"}, {"contact_id": "1002"}):
            (verdict,) = carry(target, [module_row(**{**ids, **wrong}, **{OVERRIDE: UNLOCKED})])
            assert verdict.code == "axcelerate.not_enrolled"
    assert len(server.writes) == 1


def test_a_report_that_shows_too_little_is_told(server: AxcelerateServer) -> None:
    """No IDs, or never more than one row of several that nothing tells apart."""
    ids = first_module(server)
    without = tuple(one for one in REPORT_FIELDS if one.attribute != "id")
    server.style = Style(report_fields=without)
    with target_for(server) as target:
        assert carry(target, [module_row(**ids, **{OVERRIDE: UNLOCKED})])[0].code == "axcelerate.incomplete"
    for module in server.state.modules.values():
        module.status = 1
    server.style = Style(rows_most=1)
    second = [one for one in server.state.modules.values() if one.contact_id == 1001][1]
    with target_for(server) as target:
        told = carry(target, [module_row(**{**ids, "module_enrolment_id": str(second.id)}, **{OVERRIDE: UNLOCKED})])
    assert told[0].code == "axcelerate.incomplete"


def test_an_override_is_unlocked_locked_and_cleared(server: AxcelerateServer) -> None:
    """Each once: a second run of the same only reads, whether or not the module goes by its name."""
    ids, known = first_module(server), Known()
    module = server.state.modules[int(ids["module_enrolment_id"])]
    held = []
    with target_for(server) as target:
        for said in (UNLOCKED, LOCKED, CLEAR):
            for named in (ids, {**ids, "module_enrolment_id": " induction", "enrol_id": None}):
                (told,) = carry(target, [module_row(**named, **{OVERRIDE: said})], "update", known=known)
                held.append((told.state, module.override))
    assert held == [
        *(("loaded", True), ("unchanged", True)),
        *(("updated", False), ("unchanged", False)),
        *(("updated", None), ("unchanged", None)),
    ]
    assert [write.content for write in server.writes] == [(("accessOverride", text),) for text in ("true", "false", "")]
    assert faultless(server)


def test_an_override_that_was_cleared_decides_nothing(server: AxcelerateServer) -> None:
    """The next one is loaded without asking."""
    ids, known = first_module(server), Known()
    with target_for(server) as target:
        for said in (CLEAR, UNLOCKED):
            assert states(carry(target, [module_row(**ids, **{OVERRIDE: said})], known=known)) == ["loaded"]
        assert states(carry(target, [module_row(**ids, **{OVERRIDE: CLEAR})], known=known)) == ["rejected"]


def test_a_name_is_of_the_contacts_class_and_of_one_module_only(server: AxcelerateServer) -> None:
    """Spaces and case aside; another class, a name that two have and one that none has are told."""
    enrolled = server.state.enrol(1003, 502)
    other = server.state.add_module(enrolled, name="Induction")
    wanted = [
        module_row(1, contact_id="1003", module_enrolment_id="INDUCTION", **{OVERRIDE: LOCKED}),
        module_row(2, contact_id="1003", class_id="502", module_enrolment_id="Induction", **{OVERRIDE: UNLOCKED}),
        module_row(3, contact_id="1003", module_enrolment_id="Induktion", **{OVERRIDE: UNLOCKED}),
    ]
    with target_for(server) as target:
        assert states(carry(target, wanted)) == ["loaded", "loaded", "failed"]
    first = server.state.modules[int(first_module(server, 1003)["module_enrolment_id"])]
    assert (first.override, other.override) == (False, True)
    server.state.add_module(enrolled, name="induction ")
    with target_for(server) as target:
        (told,) = carry(target, wanted[1:2])
    assert (told.code, told.message) == (
        "axcelerate.ambiguous",
        "Contact 1003 has 2 module enrolments that may be module Induction of class 502.",
    )
    assert faultless(server)


def test_an_override_is_taken_back(server: AxcelerateServer) -> None:
    """What was known is put back, and the ledger's ID with it; where nobody knows what it was, it stays and is told."""
    ids = first_module(server)
    module = server.state.modules[int(ids["module_enrolment_id"])]
    known = Known()
    with target_for(server) as target:
        made = [*plan(target, [module_row(**ids, **{OVERRIDE: UNLOCKED})], known=known)]
        assert isinstance(made[0], Write)
        target.write(module_row(), made[0])
        turn = module_row(**ids, **{OVERRIDE: LOCKED})
        made += plan(target, [turn], "update", known=known)
        assert isinstance(made[1], Write)
        target.write(turn, made[1])
        assert target.take_back(made[1]) is None
        assert (module.override, known.found[("override", str(module.id))]) == (True, "unlocked")
        reason = target.take_back(made[0])
    assert reason == (
        f"access_override stays, for it is not known what it was before (contact 1001, module enrolment {module.id})."
    )


@pytest.mark.parametrize("kind", [*PROCESSED, "500_before", "drop_before"])
def test_a_module_in_doubt_is_read_by_its_dates(server: AxcelerateServer, kind: Any) -> None:
    """An override alone that nobody shows is sent until it is confirmed."""
    server.misbehave(kind, path=MODULES)
    row_with_date = module_row(1, **first_module(server), **{OVERRIDE: UNLOCKED, END: "2023-12-05"})
    with target_for(server) as target:
        assert states(carry(target, [row_with_date])) == ["loaded"]
        server.misbehave(kind, path=MODULES)
        assert states(carry(target, [module_row(2, **first_module(server, 1002), **{OVERRIDE: UNLOCKED})])) == [
            "loaded"
        ]
    assert [module.override for module in server.state.modules.values()][:3:2] == [True, True]
    assert faultless(server)


# Reading


@pytest.mark.parametrize("path", [ENROLMENTS, REPORT_RUN])
@pytest.mark.parametrize(
    "kind", ["500_before", "drop_after", "truncated", "cut", "garbage", "html", "429", "oversized"]
)
def test_reading_is_tried_again(server: AxcelerateServer, kind: Any, path: str) -> None:
    rows = [row(1, **COMPETENT), module_row(2, **first_module(server), **{OVERRIDE: UNLOCKED})]
    server.misbehave(kind, path=path)
    with target_for(server) as target:
        assert states(carry(target, rows)) == ["loaded", "loaded"]
    assert faultless(server)


def test_requests_at_once_are_bounded_and_one_list_serves_all_units_of_a_class() -> None:
    with axcelerate_server(pause=0.02) as server:
        rows = [
            row(number, contact_id=str(1001 + number % 8), unit_id=str(9001 + number // 8), **{END: "2023-06-30"})
            for number in range(24)
        ]
        with target_for(server, at_once=2) as target:
            plan(target, rows)
        assert server.in_flight_most == 2
        assert len(server.requests) == 8


def test_putting_a_unit_uses_one_request_a_unit(server: AxcelerateServer) -> None:
    rows = [row(n, unit_id=str(9000 + n), **COMPETENT) for n in (1, 2, 3)]
    with target_for(server) as target:
        assert states(carry(target, rows)) == ["loaded"] * 3
    assert [request.path for request in server.requests] == [ENROLMENTS, *[ENROLMENT] * 3]
    assert server.requests[1].fields == {
        "contactID": "1001",
        "instanceID": "9001",
        "programInstanceID": "501",
        "type": "s",
        "competent": "20",
        "activityEndDate": "2023-06-30",
    }
