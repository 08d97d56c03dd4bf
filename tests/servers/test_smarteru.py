"""The SmarterU of the tests is itself held to what SmarterU's documentation says: a lenient one would prove nothing."""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import httpx
import pytest
from lxml import etree

from tests.servers.smarteru import Misbehaviour, SmarterUServer, Style, sample, smarteru_server

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "User": "<Email>u1@example.com</Email>",
    "Group": "<GroupName>Sales &amp; Service</GroupName>",
    "LearningModuleID": "C1",
    "LearningModuleSessionID": "S1",
    "EnrollmentStatus": "Attended",
    "Grade": None,
    "EnrolledDate": "2023-05-04",
}
COMPLETED = {"EnrollmentStatus": "Completed", "Grade": "90", "LearningModuleSessionID": "S4"}


@pytest.fixture
def server() -> Iterator[SmarterUServer]:
    """One that behaves."""
    with smarteru_server(late=0.2) as running:
        yield running


def block(**other: str | None) -> str:
    """An enrollment that is good but for what is said; None leaves a tag out."""
    tags = {**GOOD, **other}
    written = "".join(f"<{tag}>{text}</{tag}>" for tag, text in tags.items() if text is not None)
    return f"<Enrollment>{written}</Enrollment>"


def history(*blocks: str) -> str:
    return f"<LearningModuleEnrollment>{''.join(blocks or [block()])}</LearningModuleEnrollment>"


def package(
    server: SmarterUServer, parameters: str, method: str = "enrollSessionHistory", account: str | None = None
) -> str:
    keys = (
        f"<AccountAPI>{escape(account or server.account_api)}</AccountAPI><UserAPI>{escape(server.user_api)}</UserAPI>"
    )
    return f"<SmarterU>{keys}<Method>{method}</Method><Parameters>{parameters}</Parameters></SmarterU>"


def post(server: SmarterUServer, xml: str) -> httpx.Response:
    return httpx.post(server.url, data={"Package": xml}, timeout=5.0)


def ask(server: SmarterUServer, xml: str) -> etree._Element:
    answer = post(server, xml)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html;charset=UTF-8"
    assert answer.content.startswith(b'<?xml version="1.0"')
    return etree.fromstring(answer.content)


def codes(answer: etree._Element) -> list[str | None]:
    return [found.text for found in answer.iterfind("Errors/Error/ErrorID")]


def message(answer: etree._Element) -> str:
    (found,) = answer.iterfind("Errors/Error/ErrorMessage")
    return found.text or ""


def enroll(server: SmarterUServer, *blocks: str) -> etree._Element:
    return ask(server, package(server, history(*blocks)))


def test_a_good_block_is_taken_and_told(server: SmarterUServer) -> None:
    answer = enroll(
        server, block(), block(User="<EmployeeID>E2</EmployeeID>", Group="<GroupID>G1</GroupID>", **COMPLETED)
    )
    assert (answer.findtext("Result"), codes(answer)) == ("Success", [])
    told = answer.findall("Info/Enrollments/Enrollment")
    assert [(one.get("block"), one.findtext("LearningModuleID")) for one in told] == [("1", "C1"), ("2", "C1")]
    assert [one.findtext("User/Email") or one.findtext("User/EmployeeID") for one in told] == ["u1@example.com", "E2"]
    first, second = server.held("u1@example.com", "S1"), server.held("E2", "S4")
    assert first
    assert second
    assert (first.status, first.grade, f"{first.enrolled_on:%Y-%m-%d}") == ("Attended", None, "2023-05-04")
    assert (second.status, second.grade) == ("Completed", "90")
    assert [(one.method, one.blocks) for one in server.requests] == [("enrollSessionHistory", 2)]


# What is done to a good package -> the code that refuses it.
SPOILED: dict[str, tuple[str, Callable[[str], str]]] = {
    "not well-formed": ("SU:03", lambda xml: xml.replace("</SmarterU>", "")),
    "a DOCTYPE": ("SU:03", lambda xml: f"<!DOCTYPE SmarterU [<!ENTITY e 'x'>]>{xml}"),
    "another root": ("SU:04", lambda xml: xml.replace("SmarterU>", "Other>")),
    "no account key": ("SU:05", lambda xml: re.sub("<AccountAPI>.*</AccountAPI>", "", xml)),
    "an empty account key": ("SU:05", lambda xml: re.sub("<AccountAPI>.*</AccountAPI>", "<AccountAPI/>", xml)),
    "no user key": ("SU:06", lambda xml: re.sub("<UserAPI>.*</UserAPI>", "", xml)),
    "no method": ("SU:07", lambda xml: re.sub("<Method>.*</Method>", "", xml)),
    "no parameters": ("SU:08", lambda xml: re.sub("<Parameters>.*</Parameters>", "", xml)),
    "empty parameters": ("SU:09", lambda xml: re.sub("<Parameters>.*</Parameters>", "<Parameters/>", xml)),
    "another account key": ("SU:10", lambda xml: xml.replace("ACCOUNT0", "ACCOUNT1")),
    "another user key": ("SU:10", lambda xml: xml.replace("*user", "*nobody")),
    "an unknown method": ("SU:11", lambda xml: xml.replace("enrollSessionHistory", "enrollEverybody")),
    "keys in another order": ("SU:12", lambda xml: re.sub("(<AccountAPI>.*)(<UserAPI>.*</UserAPI>)", r"\2\1", xml)),
    "tags in another order": (
        "SU:12",
        lambda xml: re.sub("(<EnrollmentStatus>.*</EnrollmentStatus>)(<EnrolledDate>.*</EnrolledDate>)", r"\2\1", xml),
    ),
    "the group before the user": ("SU:12", lambda xml: re.sub("(<User>.*</User>)(<Group>.*</Group>)", r"\2\1", xml)),
    "no user": ("SU:12", lambda xml: re.sub("<User>.*</User>", "", xml)),
    "an empty user": ("SU:12", lambda xml: re.sub("<User>.*</User>", "<User/>", xml)),
    "no group": ("SU:12", lambda xml: re.sub("<Group>.*</Group>", "", xml)),
    "no course": ("SU:12", lambda xml: xml.replace("<LearningModuleID>C1</LearningModuleID>", "")),
    "no status": ("SU:12", lambda xml: xml.replace("<EnrollmentStatus>Attended</EnrollmentStatus>", "")),
    "text between tags": ("SU:12", lambda xml: xml.replace("<Enrollment>", "<Enrollment>text")),
    "no enrollment": ("SU:12", lambda xml: re.sub("<Enrollment>.*</Enrollment>", "", xml)),
    "both keys of a user": ("SU:13", lambda xml: xml.replace("</Email>", "</Email><EmployeeID>E1</EmployeeID>")),
    "both keys of a group": ("SU:13", lambda xml: xml.replace("</GroupName>", "</GroupName><GroupID>G1</GroupID>")),
    "a tag twice": (
        "SU:13",
        lambda xml: xml.replace("<EnrolledDate>", "<EnrolledDate>2023-01-01</EnrolledDate><EnrolledDate>"),
    ),
    "an unknown tag": ("SU:13", lambda xml: xml.replace("<EnrolledDate>", "<Note>x</Note><EnrolledDate>")),
    "a tag inside of text": ("SU:13", lambda xml: xml.replace("Attended<", "Attended<b/><")),
    "an attribute": ("SU:13", lambda xml: xml.replace("<Enrollment>", '<Enrollment block="1">')),
}


@pytest.mark.parametrize("spoiled", SPOILED)
def test_a_package_that_is_not_as_documented_is_refused(spoiled: str, server: SmarterUServer) -> None:
    code, spoil = SPOILED[spoiled]
    xml = package(server, history())
    broken = spoil(xml)
    assert broken != xml
    answer = ask(server, broken)
    assert (answer.findtext("Result"), codes(answer)) == ("Failed", [code])
    assert server.enrollments == {}


def test_what_is_no_form_is_refused(server: SmarterUServer) -> None:
    for sent, code in (
        (httpx.get(server.url), "SU:01"),
        (httpx.post(server.url), "SU:01"),
        (httpx.post(server.url, data={"Other": "x"}), "SU:02"),
        (httpx.post(server.url, data={"Package": ""}), "SU:02"),
        (httpx.post(server.url, content=b"<SmarterU/>", headers={"Content-Type": "text/xml"}), "SU:02"),
    ):
        assert codes(etree.fromstring(sent.content)) == [code]
    assert [one.method for one in server.requests] == [""] * 5


# What is wrong with a block -> the code, and what its message names.
WRONG = [
    ("ESH:01", {"User": "<Email>nobody</Email>"}, ""),
    ("ESH:01", {"User": "<Email></Email>"}, ""),
    ("ESH:02", {"User": "<EmployeeID> </EmployeeID>"}, ""),
    ("ESH:03", {"Group": "<GroupName></GroupName>"}, ""),
    ("ESH:04", {"Group": "<GroupID></GroupID>"}, ""),
    ("ESH:05", {"LearningModuleID": ""}, ""),
    ("ESH:06", {"LearningModuleSessionID": ""}, ""),
    ("ESH:07", {"EnrollmentStatus": ""}, ""),
    ("ESH:09", {"EnrollmentStatus": "Completed", "Grade": "90"}, ""),
    ("ESH:09", {**COMPLETED, "Grade": ""}, ""),
    ("ESH:09", {**COMPLETED, "EnrollmentStatus": "Attended"}, ""),
    ("ESH:10", {"EnrolledDate": ""}, ""),
    ("ESH:12", {"EnrolledDate": "04/05/2023"}, "Enrollment [2] - "),
    ("ESH:13", {"EnrollmentStatus": "attended"}, "Enrollment [2] - "),
    ("ESH:14", {"LearningModuleID": "C9"}, "Enrollment [2] - "),
    ("ESH:15", {"LearningModuleSessionID": "S9"}, "Enrollment [2] - "),
    ("ESH:15", {"LearningModuleSessionID": "S6"}, "Enrollment [2] - "),
    ("ESH:16", {"LearningModuleSessionID": None}, "Enrollment [2] - "),
    ("ESH:17", {**COMPLETED, "LearningModuleSessionID": "S2", "Grade": "Excellent"}, "Enrollment [2] - "),
    ("ESH:18", {**COMPLETED, "LearningModuleSessionID": "S3", "Grade": "pass"}, "Enrollment [2] - "),
    ("ESH:19", {**COMPLETED, "Grade": "100.5"}, "Enrollment [2] - "),
    ("ESH:19", {**COMPLETED, "Grade": "90%"}, "Enrollment [2] - "),
    ("ESH:20", {**COMPLETED, "EnrollmentStatus": "NotAttended"}, "Enrollment [2] - "),
    ("ESH:21", {"User": "<Email>x@example.com</Email>"}, "Enrollment [2] - The email address 'x@example.com'"),
    ("ESH:22", {"User": "<EmployeeID>08</EmployeeID>"}, "Enrollment [2] - The employee id '08'"),
    ("ESH:23", {"Group": "<GroupName>sales</GroupName>"}, "The group name 'sales'"),
    ("ESH:24", {"Group": "<GroupID>G9</GroupID>"}, "The group identifier 'G9'"),
    ("ESH:26", {"User": "<Email>u2@example.com</Email>"}, ""),
    ("ESH:27", {"Group": "<GroupID>G2</GroupID>"}, ""),
    ("ESH:28", {"User": "<EmployeeID>E2</EmployeeID>", "Group": "<GroupID>G2</GroupID>", "LearningModuleID": "C2",
                "LearningModuleSessionID": "S6"}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("code", "other", "named"), WRONG)
def test_a_block_that_is_wrong_is_refused_with_its_code(
    code: str, other: dict[str, str | None], named: str, server: SmarterUServer
) -> None:
    """The good one before it is taken."""
    answer = enroll(server, block(User="<Email>u2@example.com</Email>"), block(**other))
    assert (answer.findtext("Result"), codes(answer)) == ("Failed", [code])
    assert message(answer).startswith(named)
    assert bool(named) == any(sign in message(answer) for sign in ("[2]", "'")) or code == "ESH:27"
    assert [one.get("block") for one in answer.iterfind("Info/Enrollments/Enrollment")] == ["1"]
    assert [session for _, session in server.enrollments] == ["S1"]


def test_every_code_of_a_block_was_met() -> None:
    met = {code for code, *_ in WRONG} | {"ESH:11", "ESH:25"}
    assert met == {f"ESH:{number:02}" for number in range(1, 29)} - {"ESH:08"}


def test_what_the_api_user_may_not_do(server: SmarterUServer) -> None:
    server.groups["G1"].assignable = False
    assert codes(enroll(server)) == ["ESH:25"]
    server.permitted = False
    assert codes(enroll(server)) == ["ESH:11"]
    assert server.enrollments == {}


def test_history_may_be_overbooked(server: SmarterUServer) -> None:
    answer = enroll(
        server, *(block(User=f"<EmployeeID>E{n}</EmployeeID>", LearningModuleSessionID="S5") for n in (1, 2))
    )
    assert codes(answer) == []
    assert len(server.enrollments) == 2


def test_a_code_that_no_page_lists(server: SmarterUServer) -> None:
    server.state.odd_codes["u1@example.com"] = "ESH:29"
    answer = enroll(server, block(), block(User="<EmployeeID>E2</EmployeeID>"))
    assert (codes(answer), len(server.enrollments)) == (["ESH:29"], 1)


@pytest.mark.parametrize(
    ("style", "taken", "listed", "start"),
    [
        (Style(), 2, ["1", "3"], "Enrollment [2] - "),
        (Style(takes="nothing"), 0, [], "Enrollment [2] - "),
        (Style(takes="nothing", info="all"), 0, ["1", "2", "3"], "Enrollment [2] - "),
        (Style(info="all", numbers="plain"), 2, ["1", "2", "3"], "Enrollment 2 - "),
        (Style(info="none", numbers="none"), 2, [], "The email address 'x@example.com'"),
        (Style(info="shuffled", numbers="none", names=False), 2, ["3", "1"], "The email address is"),
    ],
)
def test_a_batch_with_errors_is_answered_in_a_style(
    style: Style, taken: int, listed: list[str], start: str, server: SmarterUServer
) -> None:
    server.style = style
    users = ("u1@example.com", "x@example.com", "u3@example.com")
    answer = enroll(server, *(block(User=f"<Email>{user}</Email>") for user in users))
    assert len(server.enrollments) == taken
    assert [one.get("block") for one in answer.iterfind("Info/Enrollments/Enrollment")] == listed
    assert message(answer).startswith(start)


def test_result_may_say_success_beside_errors(server: SmarterUServer) -> None:
    server.style = Style(result_on_errors="Success")
    answer = enroll(server, block(LearningModuleID="C9"))
    assert (answer.findtext("Result"), codes(answer)) == ("Success", ["ESH:14"])


@pytest.mark.parametrize(("empty", "shown"), [("closed", b"<Errors/>"), ("blank", b"<Errors>\n"), ("missing", b"")])
def test_an_empty_tag_is_written_in_three_ways(empty: str, shown: bytes, server: SmarterUServer) -> None:
    server.style = Style(empty=empty)  # type: ignore[arg-type]
    body = post(server, package(server, history())).content
    assert shown in body
    assert (b"Errors" in body) == bool(shown)


def test_reading_methods_are_held_to_their_structure(server: SmarterUServer) -> None:
    for method, parameters, code in (
        ("listUsers", "<User><Page>1</Page><Page>2</Page></User>", "SU:13"),
        ("listUsers", "<User><PageSize>9</PageSize><Page>1</Page></User>", "SU:12"),
        ("getUserGroups", "<User><Email>u1@example.com</Email><ID>1</ID></User>", "SU:13"),
        ("getUserGroups", "<User/>", "SU:12"),
        ("listGroups", "<User/>", "SU:13"),
        (
            "listSessions",
            "<LearningModule><LearningModuleSessionID>S1</LearningModuleSessionID></LearningModule>",
            "SU:13",
        ),
        ("getLearnerReport", "<Report><Page>1</Page><Filters/></Report>", "SU:12"),
    ):
        assert codes(ask(server, package(server, parameters, method))) == [code], parameters
    for method, parameters in (
        ("listUsers", "<User><PageSize>1001</PageSize></User>"),
        ("listUsers", "<User><Page>0</Page></User>"),
        ("getUserGroups", "<User><EmployeeID>none</EmployeeID></User>"),
        ("getGroupLearningModules", "<Group><Name>none</Name></Group>"),
        ("listSessions", "<LearningModule><LearningModuleID>none</LearningModuleID></LearningModule>"),
        ("getLearnerReport", "<Report><Filters/><Columns><ColumnName>STATUS</ColumnName></Columns></Report>"),
    ):
        assert ask(server, package(server, parameters, method)).findtext("Result") == "Failed", parameters


GROUPS, USERS = "<Groups><GroupStatus>All</GroupStatus></Groups>", "<Users><UserStatus>All</UserStatus></Users>"
OTHERS_WORD = "<EnrollmentStatuses><EnrollmentStatus>NotAttended</EnrollmentStatus></EnrollmentStatuses>"


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (GROUPS + USERS, []),
        (USERS, ["SU:12"]),
        (GROUPS, ["SU:12"]),
        (f"{GROUPS}<LearningModules>{OTHERS_WORD}</LearningModules>{USERS}", ["RD:01"]),
    ],
    ids=["all", "no groups", "no users", "a status of enrollSessionHistory"],
)
def test_the_report_wants_groups_and_users_and_its_own_statuses(
    server: SmarterUServer, filters: str, expected: list[str]
) -> None:
    asked = f"<Report><Filters>{filters}</Filters><Columns><ColumnName>GRADE</ColumnName></Columns></Report>"
    assert codes(ask(server, package(server, asked, "getLearnerReport"))) == expected


def test_the_report_tells_the_status_only_by_its_filter(server: SmarterUServer) -> None:
    """As in the public samples; a style tells it in a tag."""
    enroll(server, block(), block(User="<Email>u2@example.com</Email>", EnrollmentStatus="NotAttended"))
    columns = "<Columns><ColumnName>USER_EMAIL</ColumnName></Columns>"
    inside = "<EnrollmentStatuses><EnrollmentStatus>{}</EnrollmentStatus></EnrollmentStatuses>"
    statuses = f"<LearningModules>{inside}</LearningModules>"
    for status, found in (("Attended", ["u1@example.com"]), ("Did Not Attend", ["u2@example.com"]), ("Completed", [])):
        filters = f"{GROUPS}{statuses.format(status)}{USERS}"
        asked = f"<Report><Filters>{filters}</Filters>{columns}</Report>"
        answer = ask(server, package(server, asked, "getLearnerReport"))
        learners = answer.findall("Info/LearnerReport/Learner")
        assert [learner.findtext("LearnerEmail") for learner in learners] == found
        assert status.encode() not in etree.tostring(answer)
    server.style = Style(status_tag="Status")
    answer = ask(
        server, package(server, f"<Report><Filters>{GROUPS}{USERS}</Filters>{columns}</Report>", "getLearnerReport")
    )
    assert [found.text for found in answer.iter("Status")] == ["Attended", "Did Not Attend"]


# Misbehaviour -> how the client sees it, and whether the enrollment is on record.
SEEN: dict[Misbehaviour, tuple[object, bool]] = {
    "drop_before": (httpx.RemoteProtocolError, False),
    "drop_after": (httpx.RemoteProtocolError, True),
    "late_before": (httpx.ReadTimeout, False),
    "late_after": (httpx.ReadTimeout, True),
    "processed_late": (httpx.ReadTimeout, True),
    "429": (429, False),
    "500_before": (500, False),
    "500_after": (500, True),
    "html": (b"<!DOCTYPE html>", False),
    "html_after": (b"<!DOCTYPE html>", True),
    "truncated": (b"<?xml", True),
    "cut": (httpx.RemoteProtocolError, True),
    "oversized": (b"<?xml", True),
    "garbage": (b"\0\1\2", True),
}


@pytest.mark.parametrize("kind", SEEN)
def test_it_misbehaves_once_as_told(kind: Misbehaviour, capfd: pytest.CaptureFixture[str]) -> None:
    seen, is_taken = SEEN[kind]
    with smarteru_server(late=0.2, oversize=100_000) as server:
        server.misbehave(kind)
        xml = package(server, history())
        if isinstance(seen, type):
            with pytest.raises(seen):
                httpx.post(server.url, data={"Package": xml}, timeout=0.1 if seen is httpx.ReadTimeout else 5.0)
        else:
            answer = httpx.post(server.url, data={"Package": xml}, timeout=5.0)
            assert answer.status_code == seen if isinstance(seen, int) else answer.content.startswith(seen)  # type: ignore[arg-type]
            assert len(answer.content) > 100_000 or kind != "oversized"
            assert answer.headers.get("Retry-After") == ("0" if kind == "429" else None)
        _wait_for(server, is_taken)
        assert codes(enroll(server)) == (["ESH:26"] if is_taken else [])
        assert server.double_sends == []
    assert capfd.readouterr() == ("", "")


def _wait_for(server: SmarterUServer, is_taken: bool) -> None:
    """A late request is over when it is out of flight."""
    deadline = time.monotonic() + 5
    while (server._in_flight or bool(server.enrollments) != is_taken) and time.monotonic() < deadline:
        time.sleep(0.01)


def test_what_was_confirmed_and_comes_again_is_noted(server: SmarterUServer) -> None:
    server.misbehave("drop_after")
    with pytest.raises(httpx.RemoteProtocolError):
        post(server, package(server, history()))
    enroll(server)
    assert server.double_sends == []
    enroll(server, block(LearningModuleSessionID="S3"))
    enroll(server, block(LearningModuleSessionID="S3"))
    assert [session for _, session in server.double_sends] == ["S3"]


def test_errors_that_hide(server: SmarterUServer) -> None:
    server.misbehave("success_with_errors", "esh26_without_block")
    two = [block(User=f"<Email>u{number}@example.com</Email>") for number in (1, 2)]
    hidden = enroll(server, *two)
    assert (hidden.findtext("Result"), codes(hidden), len(server.enrollments)) == ("Success", ["ESH:28"], 1)
    other = enroll(server, block(User="<Email>u3@example.com</Email>"))
    assert (codes(other), message(other)) == (["ESH:26"], "The user is already enrolled into the session")
    with pytest.raises(ValueError, match="misbehaviour"):
        server.misbehave("badly")  # type: ignore[arg-type]


def test_requests_at_once_are_counted(server: SmarterUServer) -> None:
    xml = package(server, "<Group/>", "listGroups")
    for _ in range(2):
        post(server, xml)
    assert server.in_flight_most == 1
    server.pause = 0.3
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: post(server, xml), range(2)))
    assert (server.in_flight_most, len(server.requests)) == (2, 4)


def test_a_client_that_hangs_up_is_nobodys_fault(server: SmarterUServer, capfd: pytest.CaptureFixture[str]) -> None:
    """Before its request is whole, and before its answer: nothing is printed, and others are served."""
    address = (urlsplit(server.url).hostname, urlsplit(server.url).port)
    server.pause = 0.05
    for sent in (b"", b"POST /apiv2/ HT", b"POST /apiv2/ HTTP/1.1\r\nContent-Length: 10\r\n\r\n", _whole(server)):
        with socket.create_connection(address) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # hang up with a reset
            client.sendall(sent)
    assert codes(enroll(server, block(User="<Email>u2@example.com</Email>"))) == []
    assert capfd.readouterr() == ("", "")


def _whole(server: SmarterUServer) -> bytes:
    request = httpx.Request("POST", server.url, data={"Package": package(server, history())})
    head = f"POST /apiv2/ HTTP/1.1\r\nHost: x\r\nContent-Type: {request.headers['Content-Type']}\r\n"
    return f"{head}Content-Length: {len(request.read())}\r\n\r\n".encode() + request.read()


def test_the_sample_is_odd_where_real_companies_are() -> None:
    state = sample(3)
    assert len(state.users) == 6
    assert {user.employee_id for user in state.users.values() if user.email is None} == {"007"}
    assert any(user.employee_id is None for user in state.users.values())


def test_it_runs_as_a_process_for_a_trial() -> None:
    """It says what to export, answers with these keys, and refuses others."""
    command = [sys.executable, "-m", "tests.servers.smarteru", "--port", "0", "--users", "3", "--misbehave", "html"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout
        exported = [process.stdout.readline().strip().removeprefix("export ").partition("=") for _ in range(3)]
        process_said = {name: value for name, _, value in exported}
        assert list(process_said) == [f"ROLLBOOK_SMARTERU_{name}" for name in ("URL", "ACCOUNT_API", "USER_API")]
        url, account, user = process_said.values()
        try:
            there = SmarterUServer(url=url, account_api=account, user_api=user)
            assert b"<html>" in post(there, package(there, history())).content
            assert codes(enroll(there)) == []
            assert codes(ask(there, package(there, history(), account="another"))) == ["SU:10"]
        finally:
            process.terminate()
    assert url.startswith("http://127.0.0.1:")
