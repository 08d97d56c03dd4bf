"""The aXcelerate of the tests is itself held to what is known of aXcelerate: a lenient one would prove nothing."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import httpx
import pytest

from tests.servers.axcelerate import (
    ENROLMENT,
    ENROLMENTS,
    MODULES,
    REPORT_FIELDS,
    REPORT_RUN,
    AxcelerateServer,
    Misbehaviour,
    Style,
    axcelerate_server,
    sample,
)

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "contactID": "1001",
    "instanceID": "9003",
    "programInstanceID": "501",
    "type": "s",
    "competent": "20",
    "activityStartDate": "2023-02-06",
    "activityEndDate": "2023-05-04",
}
KEY = ("s", 1001, 501, 9003)
STATUS = "learningmoduleenrolments.statusid"
# A connection for each request, as a misbehaving server spoils it; made once, as that takes longer than a request.
CLIENT = httpx.Client(limits=httpx.Limits(max_keepalive_connections=0), trust_env=False)
VIEW = [one.name for one in REPORT_FIELDS]


@pytest.fixture
def server() -> Iterator[AxcelerateServer]:
    """One that behaves."""
    with axcelerate_server(late=0.2) as running:
        yield running


def call(server: AxcelerateServer, method: str, path: str, **more: Any) -> httpx.Response:
    """A request with good keys; more: what httpx takes."""
    headers = {"apitoken": server.api_token, "wstoken": server.ws_token, **more.pop("headers", {})}
    return CLIENT.request(method, server.url + path, headers=headers, **{"timeout": 5.0, **more})


def get(server: AxcelerateServer, **asked: object) -> Any:
    answer = call(server, "GET", ENROLMENTS, params=asked)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json;charset=UTF-8")
    return answer.json()


def put(server: AxcelerateServer, **other: str | None) -> httpx.Response:
    """A PUT of a unit that is good but for what is said; None leaves a field out."""
    return call(server, "PUT", ENROLMENT, data={k: v for k, v in {**GOOD, **other}.items() if v is not None})


def put_module(server: AxcelerateServer, **other: str | None) -> httpx.Response:
    """A PUT of contact 1002's second module, which is in Completed and has an override."""
    module = module_of(server)
    named = {
        "contactId": "1002",
        "enrolId": f"{module.enrol_id}",
        "classId": "501",
        "moduleEnrolmentId": f"{module.id}",
    }
    return call(server, "PUT", MODULES, data={k: v for k, v in {**named, **other}.items() if v is not None})


def module_of(server: AxcelerateServer) -> Any:
    return [module for module in server.state.modules.values() if module.contact_id == 1002][1]


def report(server: AxcelerateServer, *filters: tuple[str, str, str], view: str | None = None) -> httpx.Response:
    wanted = [{"name": name, "operator": operator, "value": value} for name, operator, value in filters]
    asked = {"reportReference": "learningModuleEnrolments", "selectedViewFields": view or ",".join(VIEW)}
    return call(server, "POST", REPORT_RUN, data={**asked, "selectedFilterFields": json.dumps(wanted)})


def unit(server: AxcelerateServer) -> Any:
    found = server.state.unit(1001, 501, 9003)
    assert found
    return found


def test_a_contacts_classes_are_listed_with_units_and_workshops_inside(server: AxcelerateServer) -> None:
    (held,) = get(server, contactID=1002, instanceID=501)
    assert (held["TYPE"], held["INSTANCEID"], held["STATUS"]) == ("p", 501, "Enrolled")
    first, second, third = held["ACTIVITIES"]
    assert [one["TYPE"] for one in held["ACTIVITIES"]] == ["s", "s", "s"]
    assert [(one["ID"], one["INSTANCEID"]) for one in (first, second, third)] == [
        (9001, 9002), (9002, 9003), (9003, 9001)]  # fmt: skip
    assert [one["OUTCOMECODE"] for one in (first, second, third)] == ["70", "20", ""]
    assert (first["STARTDATE"], first["FINISHDATE"], first["DELIVERY"]) == ("2023-02-06 00:00", "", "Classroom")
    assert [(one["TYPE"], one["INSTANCEID"]) for one in first["ACTIVITIES"]] == [("w", 601), ("el", 701)]
    assert "CONTACTID" not in held
    assert "CODE" not in first


def test_lists_are_narrowed_by_contact_instance_and_type(server: AxcelerateServer) -> None:
    assert [one["INSTANCEID"] for one in get(server, contactID=1002)] == [501, 502]
    assert len(get(server, instanceID=502, type="p")) == 4
    assert [one["INSTANCEID"] for one in get(server, contactID=1001, type="w")] == [601, 602]
    assert get(server, contactID=1000) == []
    assert get(server, contactID=55) == []


def test_pages_count_records(server: AxcelerateServer) -> None:
    """100 of them where nothing is said."""
    server.state = sample(90)
    every = get(server, limit=1000)
    assert (len(every), len(get(server))) == (135, 100)
    assert get(server) + get(server, offset=100) == every
    assert get(server, offset=10, limit=3) == every[10:13]
    assert get(server, offset=135) == []
    server.style = Style(limit_most=50)
    assert len(get(server, limit=1000)) == 50


def test_a_list_is_shown_in_a_style(server: AxcelerateServer) -> None:
    server.style = Style(ids="string", blank=None, contact_key="CONTACTID", code_key="CODE")
    (held,) = get(server, contactID=1001)
    third = held["ACTIVITIES"][2]
    assert (held["CONTACTID"], held["INSTANCEID"]) == ("1001", "501")
    assert (third["ID"], third["CODE"], third["OUTCOMECODE"], third["FINISHDATE"]) == (
        "9003", "BSBTEC201", None, None)  # fmt: skip
    server.style = Style(empty="204", needs_contact=True)
    nothing = call(server, "GET", ENROLMENTS, params={"contactID": 1000})
    assert (nothing.status_code, nothing.content) == (204, b"")
    assert call(server, "GET", ENROLMENTS).status_code == 412
    server.style = Style(unknown=404)
    assert call(server, "GET", ENROLMENTS, params={"contactID": 55}).status_code == 404


def test_a_good_unit_is_written_and_told(server: AxcelerateServer) -> None:
    answer = put(server)
    assert (answer.status_code, answer.json()["STATUS"], answer.json()["MSG"] != "") == (200, "success", True)
    held = get(server, contactID=1001)[0]["ACTIVITIES"][2]
    assert [held[key] for key in ("OUTCOMECODE", "STARTDATE", "FINISHDATE")] == [
        "20", "2023-02-06 00:00", "2023-05-04 00:00"]  # fmt: skip
    assert server.written(*KEY) == [tuple((name, GOOD[name]) for name in list(GOOD)[-3:])]
    assert [(one.method, one.path) for one in server.requests] == [("PUT", ENROLMENT), ("GET", ENROLMENTS)]
    assert server.requests[0].fields == GOOD
    assert server.unknown_fields == []


def test_a_field_that_is_left_out_stays_as_it_was(server: AxcelerateServer) -> None:
    put(server, competent=None, activityEndDate=None, activityStartDate="2023-03-01")
    assert (unit(server).outcome, str(unit(server).starts), unit(server).ends) == ("", "2023-03-01 00:00:00", None)
    put(server, competent="30", activityStartDate=None, activityEndDate=None)
    assert (unit(server).outcome, str(unit(server).starts)) == ("30", "2023-03-01 00:00:00")


def test_a_unit_is_also_named_by_its_code(server: AxcelerateServer) -> None:
    assert put(server, instanceID=None, subjectCode="BSBTEC201").status_code == 200
    assert [write.key for write in server.writes] == [KEY]
    assert put(server, subjectCode="BSBWHS211").status_code == 412


def test_a_unit_of_two_classes_is_written_in_the_one_that_is_named(server: AxcelerateServer) -> None:
    assert put(server, contactID="1002", instanceID="9001", programInstanceID="502").status_code == 200
    held = [server.state.unit(1002, class_id, 9001) for class_id in (501, 502)]
    assert [one.outcome for one in held if one] == ["70", "20"]


@pytest.mark.parametrize(("kind", "instance"), [("p", "501"), ("w", "601"), ("w", "602"), ("el", "701")])
def test_other_types_are_named_by_their_instance(kind: str, instance: str, server: AxcelerateServer) -> None:
    answer = put(server, type=kind, instanceID=instance, programInstanceID=None, competent=None)
    assert answer.json()["STATUS"] == "success"
    (held,) = get(server, contactID=1001, type=kind, instanceID=instance)
    assert held["FINISHDATE"] == "2023-05-04 00:00"
    assert server.writes[0].key == (kind, 1001, int(instance))


# What is wrong with a PUT of a unit -> what its error names.
WRONG: list[tuple[dict[str, str | None], str]] = [
    ({"contactID": None}, "contactID"),
    ({"contactID": "abc"}, "contactID"),
    ({"contactID": "55"}, "contact"),
    ({"contactID": "1000"}, "unit enrolment"),
    ({"programInstanceID": None}, "programInstanceID"),
    ({"programInstanceID": "503"}, "class"),
    ({"programInstanceID": "502"}, "unit enrolment"),
    ({"instanceID": None}, "instanceID"),
    ({"instanceID": "9001,9002"}, "instanceID"),
    ({"instanceID": "9004"}, "unit enrolment"),
    ({"instanceID": None, "subjectCode": "BSBPEF402"}, "unit enrolment"),
    ({"type": None}, "type"),
    ({"type": "S"}, "type"),
    ({"type": "w"}, "enrolment"),
    ({"competent": "99"}, "competent"),
    ({"competent": "competent"}, "competent"),
    ({"competent": ""}, "empty"),
    ({"activityStartDate": ""}, "empty"),
    ({"activityStartDate": "06/02/2023"}, "activityStartDate"),
    ({"activityStartDate": "20230206"}, "activityStartDate"),
    ({"activityEndDate": "2023-05-04 00:00"}, "activityEndDate"),
    ({"activityEndDate": "2023-02-30"}, "activityEndDate"),
]


@pytest.mark.parametrize(("other", "named"), WRONG)
def test_a_unit_that_is_wrong_is_refused_whole(
    other: dict[str, str | None], named: str, server: AxcelerateServer
) -> None:
    answer = put(server, **other)
    said = answer.json()
    assert (answer.status_code, said["error"], said["code"]) == (412, True, "412")
    assert named in said["messages"]
    assert sorted(said) == ["code", "details", "error", "messages"]
    assert server.writes == []
    assert (unit(server).outcome, unit(server).ends) == ("", None)


def test_errors_come_in_styles(server: AxcelerateServer) -> None:
    server.style = Style(error_keys="upper", error_status="200", unknown=404)
    answer = put(server, contactID="55")
    assert (answer.status_code, answer.json()["ERROR"], answer.json()["CODE"]) == (200, True, "404")
    assert "error" not in answer.json()


def test_codes_of_a_state_are_taken_where_it_has_them(server: AxcelerateServer) -> None:
    assert put(server, competent="25").status_code == 412
    server.state.outcomes |= {"25"}
    assert put(server, competent="25").status_code == 200


def test_an_empty_field_clears_or_does_nothing_in_a_style(server: AxcelerateServer) -> None:
    put(server)
    server.style = Style(blank_field="ignored")
    assert put(server, competent="", activityEndDate="").status_code == 200
    assert unit(server).outcome == "20"
    server.style = Style(blank_field="clears")
    assert put(server, competent="", activityEndDate="").status_code == 200
    assert (unit(server).outcome, unit(server).ends) == ("", None)


def test_only_forms_count_in_a_put_and_a_post(server: AxcelerateServer) -> None:
    """A JSON body and a query are ignored in silence, and nothing is written."""
    ways: list[dict[str, Any]] = [{"json": GOOD}, {"params": GOOD}, {"content": json.dumps(GOOD)}]
    for sent in ways:
        answer = call(server, "PUT", ENROLMENT, **sent)
        assert (answer.status_code, answer.json()["messages"]) == (412, "The type field must be one of s, w, p, el")
    assert call(server, "POST", REPORT_RUN, json={"reportReference": "x"}).status_code == 412
    assert [one.fields for one in server.requests] == [{}] * 4
    server.style = Style(ignored_body="success")
    assert call(server, "PUT", ENROLMENT, json=GOOD).json()["STATUS"] == "success"
    assert server.writes == []


def test_only_the_query_counts_in_a_get(server: AxcelerateServer) -> None:
    server.state = sample(2)
    assert len(call(server, "GET", ENROLMENTS, data={"contactID": "1001"}).json()) == 3


def test_fields_without_a_meaning_are_ignored_and_noted(server: AxcelerateServer) -> None:
    """The case of a name counts, but for a style."""
    assert put(server, activityenddate="2024-01-01", note="x").status_code == 200
    assert server.unknown_fields == [(ENROLMENT, "activityenddate"), (ENROLMENT, "note")]
    assert get(server, contactid=1001) == get(server)
    server.style = Style(names="any_case")
    assert len(get(server, contactid=1001)) == 1


@pytest.mark.parametrize(
    ("method", "path", "data"),
    [
        ("GET", f"{ENROLMENTS}?contactID=x", None),
        ("GET", f"{ENROLMENTS}?instanceID=1.5", None),
        ("GET", f"{ENROLMENTS}?type=x", None),
        ("GET", f"{ENROLMENTS}?offset=-1", None),
        ("GET", f"{ENROLMENTS}?limit=0", None),
        ("GET", "/report/fields", None),
        ("GET", "/report/fields?reportReference=contacts", None),
        ("GET", "/report/field", None),
        ("GET", "/report/field?fieldReference=none", None),
    ],
)
def test_a_question_that_is_wrong_is_refused(method: str, path: str, data: Any, server: AxcelerateServer) -> None:
    answer = call(server, method, path, data=data)
    assert (answer.status_code, answer.json()["error"]) == (412, True)


def test_keys_are_asked_for_with_every_request(server: AxcelerateServer) -> None:
    for headers in ({"apitoken": "x"}, {"wstoken": "x"}, {"apitoken": server.ws_token}):
        answer = call(server, "PUT", ENROLMENT, data=GOOD, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "401")
    assert CLIENT.get(server.url + ENROLMENTS).status_code == 401
    server.style = Style(bad_token=403)
    assert CLIENT.get(server.url + ENROLMENTS).status_code == 403
    server.permitted = False
    assert put(server).status_code == 403
    assert server.writes == []


def test_what_is_not_there_is_404(server: AxcelerateServer) -> None:
    for method, path in (("GET", "/course/none"), ("POST", ENROLMENT), ("DELETE", ENROLMENT), ("PUT", ENROLMENTS)):
        answer = call(server, method, path)
        assert (answer.status_code, answer.json()["code"]) == (404, "404")
    assert CLIENT.get(server.url.removesuffix("/api") + ENROLMENTS, headers=keys(server)).status_code == 404


def keys(server: AxcelerateServer) -> dict[str, str]:
    return {"apitoken": server.api_token, "wstoken": server.ws_token}


def test_the_report_gives_what_is_selected(server: AxcelerateServer) -> None:
    """Rows are keyed by display names, which `fields` explains."""
    contacts = ("contacts.contactid", "IN", "1001,1002")
    answer = report(server, contacts, (STATUS, "text IN", "1,2"), ("classes.classid", "IN", "501")).json()
    assert [answer[key] for key in ("SUCCESS", "COUNT", "ERRORMSG")] == [True, 3, ""]
    fields = call(server, "GET", "/report/fields", params={"reportReference": "learningModuleEnrolments"}).json()
    names = {one["DISPLAY"]: one["NAME"] for one in fields["VIEWFIELDS"]}
    rows = [{names[key]: value for key, value in row.items()} for row in answer["DATA"]]
    told = [(row["contacts.contactid"], row["learningmoduleenrolments.status"]) for row in rows]
    assert told == [(1001, "Enrolled"), (1001, "In Progress"), (1002, "Enrolled")]
    assert list(rows[0]) == VIEW
    assert [rows[1][name] for name in VIEW if name.endswith(("name", "descriptor"))] == [
        *("Pat O'Brien 1", "Safety & Health", "Certificate II in Workplace Skills", "Plan A"),
    ]
    assert rows[0]["learningmoduleenrolments.startdate"] == ""


def test_the_words_of_statuses_are_asked_for(server: AxcelerateServer) -> None:
    options = call(server, "GET", "/report/field", params={"fieldReference": STATUS}).json()["VALUEOPTIONS"]
    assert options[:2] == [{"DISPLAY": "Enrolled", "VALUE": 1}, {"DISPLAY": "In Progress", "VALUE": 2}]
    assert len(options) > 2
    contact = call(server, "GET", "/report/field", params={"fieldReference": "contacts.contactid"})
    assert contact.json() == {"VALUEOPTIONS": []}


def test_a_report_is_given_in_a_style(server: AxcelerateServer) -> None:
    put_module(server, startDate="2023-02-06")
    server.style = Style(report_dates="%d/%m/%Y", report_keys="name", rows_most=1)
    done, wanted = (STATUS, "text IN", "3"), ("enrolments.enrolid", "learningmoduleenrolments.startdate")
    answer = report(server, done, view=", ".join(wanted)).json()
    assert answer["DATA"] == [{wanted[0]: module_of(server).enrol_id, wanted[1]: "06/02/2023"}]
    assert answer["COUNT"] == 4
    server.style = Style(report_keys="upper", view_fields="json", ids="string")
    upper = report(server, done, view=f'["{wanted[0]}"]').json()["DATA"][0]
    assert upper == {wanted[0].upper(): str(module_of(server).enrol_id)}
    server.style = Style(empty="204")
    assert report(server, ("contacts.contactid", "IN", "55")).status_code == 204
    server.style = Style(report_errors="inside", in_most=2)
    refused = report(server, ("contacts.contactid", "IN", "1,2,3"))
    assert (refused.status_code, refused.json()["SUCCESS"], refused.json()["DATA"]) == (200, False, [])
    assert "at most 2" in refused.json()["ERRORMSG"]


def test_another_list_of_fields_is_answered_in_a_style(server: AxcelerateServer) -> None:
    """Only the comma list is on record: what becomes of others may even look like a success."""
    answers = []
    for other in ("refused", "500", "empty", "no columns"):
        server.style = Style(other_views=other)
        answers.append(report(server, ("contacts.contactid", "IN", "1001"), view=json.dumps(VIEW)))
    assert [answer.status_code for answer in answers] == [412, 500, 200, 200]
    assert [(told["COUNT"], told["DATA"]) for told in (answer.json() for answer in answers[2:])] == [
        *((0, []), (2, [{}, {}])),
    ]


@pytest.mark.parametrize(("helpers", "status"), [("forbidden", 403), ("absent", 404)])
def test_what_tells_of_fields_may_be_hidden(server: AxcelerateServer, helpers: Any, status: int) -> None:
    """The report itself is given all the same."""
    server.style = Style(helpers=helpers)
    fields = call(server, "GET", "/report/fields", params={"reportReference": "learningModuleEnrolments"})
    field = call(server, "GET", "/report/field", params={"fieldReference": STATUS})
    assert (fields.status_code, field.status_code) == (status, status)
    assert report(server).json()["COUNT"] == 16


@pytest.mark.parametrize(
    "other",
    [
        {"reportReference": "contacts"},
        {"reportReference": ""},
        {"selectedViewFields": ""},
        {"selectedViewFields": "learningmoduleenrolments.name"},
        {"selectedViewFields": "[1]"},
        {"selectedFilterFields": "contacts.contactid"},
        {"selectedFilterFields": '{"name": "contacts.contactid"}'},
        {"selectedFilterFields": '["contacts.contactid"]'},
        {"selectedFilterFields": '[{"name": "contacts.contactid", "value": "1"}]'},
        {"selectedFilterFields": '[{"name": "contacts.contactid", "value": 1, "operator": "IN"}]'},
        {"selectedFilterFields": '[{"name": "contacts.contactid", "value": "x", "operator": "IN"}]'},
        {"selectedFilterFields": '[{"name": "contacts.contactid", "value": "1", "operator": "text IN"}]'},
        {"selectedFilterFields": '[{"name": "contacts.name", "value": "1", "operator": "IN"}]'},
        {"selectedFilterFields": f'[{{"name": "{STATUS}", "value": "1", "operator": "IN"}}]'},
    ],
)
def test_a_report_that_is_asked_for_wrongly_is_refused(other: dict[str, str], server: AxcelerateServer) -> None:
    good = {"reportReference": "learningModuleEnrolments", "selectedViewFields": VIEW[0], "selectedFilterFields": "[]"}
    assert call(server, "POST", REPORT_RUN, data=good).json()["COUNT"] == 16
    answer = call(server, "POST", REPORT_RUN, data={**good, **other})
    assert (answer.status_code, answer.json()["code"]) == (412, "412")
    server.style = Style(view_fields="json")
    assert call(server, "POST", REPORT_RUN, data=good).status_code == 412


def test_a_module_is_written(server: AxcelerateServer) -> None:
    """An override that is empty is cleared; what is left out stays."""
    module = module_of(server)
    assert put_module(server, startDate="2023-02-06", useCache="false").json()["accessOverride"] is True
    assert (str(module.starts), module.ends, module.override) == ("2023-02-06 00:00:00", None, True)
    assert put_module(server, accessOverride="false", endDate="2023-03-01").json()["accessOverride"] is False
    put_module(server, accessOverride="")
    assert (module.override, f"{module.starts:%d} {module.ends:%d}") == (None, "06 01")
    assert server.written("module", module.id)[1:] == [
        (("endDate", "2023-03-01"), ("accessOverride", "false")), (("accessOverride", ""),)]  # fmt: skip


@pytest.mark.parametrize(
    "other",
    [
        {"contactId": None},
        {"contactId": "1001"},
        {"enrolId": None},
        {"enrolId": "1"},
        {"classId": None},
        {"classId": "502"},
        {"moduleEnrolmentId": None},
        {"moduleEnrolmentId": "1"},
        {"accessOverride": "True", "startDate": "2023-02-06"},
        {"accessOverride": "false", "startDate": "6 Feb 2023"},
        {"accessOverride": "false", "endDate": ""},
        {"accessOverride": "false", "useCache": "no"},
    ],
)
def test_a_module_that_is_wrong_is_refused_whole(other: dict[str, str | None], server: AxcelerateServer) -> None:
    answer = put_module(server, **other)
    assert (answer.status_code, answer.json()["code"]) == (412, "412")
    assert (module_of(server).override, module_of(server).starts, server.writes) == (True, None, [])


@pytest.mark.parametrize(
    ("style", "status", "start"),
    [("record", 200, b'{"moduleEnrolmentId"'), ("array", 200, b"[{"), ("status", 200, b'{"STATUS"'), ("204", 204, b"")],
)
def test_a_module_is_confirmed_in_a_style(style: Any, status: int, start: bytes, server: AxcelerateServer) -> None:
    server.style = Style(module_answer=style)
    answer = put_module(server, accessOverride="")
    assert (answer.status_code, answer.content[: len(start)]) == (status, start)
    assert server.writes[0].confirmed


# Misbehaviour -> how the client sees it, and whether the unit is written.
SEEN: dict[Misbehaviour, tuple[object, bool]] = {
    "401": (401, False),
    "403": (403, False),
    "404": (404, False),
    "412_in_200": (b'{"error": true, "code": "412"', False),
    "upper_case": (412, False),
    "429": (429, False),
    "429_bare": (429, False),
    "500_before": (500, False),
    "500_after": (500, True),
    "html": (b"<!DOCTYPE html>", False),
    "html_after": (b"<!DOCTYPE html>", True),
    "empty_204": (204, True),
    "drop_before": (httpx.RemoteProtocolError, False),
    "drop_after": (httpx.RemoteProtocolError, True),
    "late_before": (httpx.ReadTimeout, False),
    "late_after": (httpx.ReadTimeout, True),
    "processed_late": (httpx.ReadTimeout, True),
    "truncated": (b'{"STATUS"', True),
    "cut": (httpx.RemoteProtocolError, True),
    "garbage": (b"\0\1\2", True),
    "oversized": (b"   ", True),
}


@pytest.mark.parametrize("kind", SEEN)
def test_it_misbehaves_once_as_told(kind: Misbehaviour, capfd: pytest.CaptureFixture[str]) -> None:
    seen, is_written = SEEN[kind]
    with axcelerate_server(late=0.2, oversize=100_000, retry_after="2") as server:
        server.misbehave(kind, method="PUT")
        get(server, contactID=1001)  # the next PUT is meant
        if isinstance(seen, type):
            with pytest.raises(seen):
                call(server, "PUT", ENROLMENT, data=GOOD, timeout=0.1 if seen is httpx.ReadTimeout else 5.0)
        else:
            answer = put(server)
            assert answer.status_code == seen if isinstance(seen, int) else answer.content.startswith(seen)  # type: ignore[arg-type]
            assert len(answer.content) > 100_000 or kind != "oversized"
            assert answer.headers.get("Retry-After") == ("2" if kind == "429" else None)
            assert kind != "upper_case" or answer.json()["ERROR"] is True
        _wait_for(server, is_written)
        assert [write.confirmed for write in server.writes] == [False] * is_written
        assert put(server).json()["STATUS"] == "success"
        assert server.double_sends == []
    assert capfd.readouterr() == ("", "")


def test_every_misbehaviour_was_met() -> None:
    assert {*SEEN, "paging_shifts"} == set(get_args(Misbehaviour))


def _wait_for(server: AxcelerateServer, is_written: bool) -> None:
    """A late request is over when it is out of flight."""
    deadline = time.monotonic() + 5
    while (server._in_flight or bool(server.writes) != is_written) and time.monotonic() < deadline:
        time.sleep(0.01)


def test_a_body_that_is_spoiled_cannot_be_read(server: AxcelerateServer) -> None:
    server.misbehave("truncated", "garbage")
    for _ in range(2):
        with pytest.raises((json.JSONDecodeError, UnicodeDecodeError)):
            call(server, "GET", ENROLMENTS).json()


def test_misbehaviour_is_kept_for_its_method_and_path(server: AxcelerateServer) -> None:
    server.misbehave("500_before", "html", path=MODULES)
    server.misbehave("404", method="GET")
    assert put(server).status_code == 200
    assert put_module(server).status_code == 500
    assert call(server, "GET", ENROLMENTS).status_code == 404
    assert b"<html>" in put_module(server).content
    assert put_module(server).status_code == 200
    with pytest.raises(ValueError, match="misbehaviour"):
        server.misbehave("badly")  # type: ignore[arg-type]


def test_a_list_may_shift_between_two_pages(server: AxcelerateServer) -> None:
    """The record at the seam is missed, and the first comes twice; nothing is gone."""
    before = [one["ID"] for one in get(server)]
    first = [one["ID"] for one in get(server, limit=4)]
    server.misbehave("paging_shifts")
    put(server)  # not meant
    rest = [one["ID"] for one in get(server, offset=4)]
    assert first == before[:4]
    assert rest == [*before[5:], before[0]]
    assert [one["ID"] for one in get(server)] == [*before[1:], before[0]]


def test_what_was_confirmed_and_comes_again_is_noted(server: AxcelerateServer) -> None:
    server.misbehave("drop_after", method="PUT")
    with pytest.raises(httpx.RemoteProtocolError):
        put(server)
    put(server)
    assert server.double_sends == []
    put(server, competent="30")
    put(server)  # back again: other than what is there
    assert server.double_sends == []
    put(server)
    for _ in range(2):
        put_module(server, accessOverride="")
    assert server.double_sends == [KEY, ("module", module_of(server).id)]


def test_a_late_answer_that_is_waited_for_confirms(server: AxcelerateServer) -> None:
    server.misbehave("late_after", "processed_late")
    put(server)
    put(server)
    assert [write.confirmed for write in server.writes] == [True, True]
    assert server.double_sends == [KEY]


def test_requests_at_once_are_counted_and_may_be_too_many(server: AxcelerateServer) -> None:
    for _ in range(2):
        get(server, contactID=1001)
    assert server.in_flight_most == 1
    server.pause, server.most_at_once = 0.3, 1
    with ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(lambda _: call(server, "GET", ENROLMENTS).status_code, range(2)))
    assert (server.in_flight_most, len(server.requests), sorted(statuses)) == (2, 4, [200, 429])


def test_a_client_that_hangs_up_is_nobodys_fault(server: AxcelerateServer, capfd: pytest.CaptureFixture[str]) -> None:
    """Before its request is whole, and before its answer: nothing is printed, nothing confirmed, others are served."""
    address = (urlsplit(server.url).hostname, urlsplit(server.url).port)
    server.pause = 0.05
    for sent in (
        b"",
        b"PUT /api/cou",
        b"PUT /api/course/enrolment HTTP/1.1\r\nContent-Length: 10\r\n\r\n",
        _whole(server),
    ):
        with socket.create_connection(address) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # hang up with a reset
            client.sendall(sent)
    assert put(server, contactID="1002").status_code == 200
    assert not any(write.confirmed for write in server.writes if write.key == KEY)
    assert capfd.readouterr() == ("", "")


def _whole(server: AxcelerateServer) -> bytes:
    request = httpx.Request("PUT", server.url + ENROLMENT, data=GOOD, headers=keys(server))
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    return f"PUT /api{ENROLMENT} HTTP/1.1\r\n{head}\r\n".encode() + request.read()


def test_the_sample_is_odd_where_real_organisations_are() -> None:
    state = sample(4)
    undecided = [state.unit(contact_id, 501, 9001) for contact_id in range(1001, 1005)]
    assert {one.outcome for one in undecided if one} == {"", "0", "70", "85"}
    assert {module.status for module in state.modules.values()} == {1, 2, 3}
    assert {module.override for module in state.modules.values()} == {None, True, False}
    units = [one for one in state.all() if one.type == "s"]
    assert {one.id for one in units} & {one.instance_id for one in units}
    assert sample(0).enrolments == {}


def test_it_runs_as_a_process_for_a_trial() -> None:
    """It says what to export, answers with these keys, and refuses others."""
    command = [
        sys.executable,
        "-m",
        "tests.servers.axcelerate",
        "--port",
        "0",
        "--contacts",
        "3",
        "--misbehave",
        "html",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout
        exported = [process.stdout.readline().strip().removeprefix("export ").partition("=") for _ in range(3)]
        said = {name: value for name, _, value in exported}
        assert list(said) == [f"ROLLBOOK_AXCELERATE_{name}" for name in ("URL", "API_TOKEN", "WS_TOKEN")]
        url, api_token, ws_token = said.values()
        try:
            there = AxcelerateServer(url=url, api_token=api_token, ws_token=ws_token)
            assert b"<html>" in put(there).content
            assert put(there).json()["STATUS"] == "success"
            assert len(get(there)) == 4
            assert call(there, "GET", ENROLMENTS, headers={"wstoken": "another"}).status_code == 401
        finally:
            process.terminate()
    assert url.startswith("http://127.0.0.1:")
