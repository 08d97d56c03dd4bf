"""What SmarterU knows, read from answers as they are recorded: frames, pages, normalised words, refusals."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime

import pandas as pd
import pytest
from lxml import etree

from destinations.http.json_client import NotAnswered
from destinations.reference_page import Page
from destinations.smarteru.client import SmarterU, Wire
from destinations.smarteru.reference import (
    HELD_COLUMNS,
    HISTORY_STATUSES,
    MOST_ROWS,
    REPORT_STATUSES,
    Call,
    CallRefused,
    ReportFilter,
    enrollments_by_status,
    group_courses,
    groups,
    learner_report,
    sessions,
    user_groups,
    users,
)
from rollbook.errors import Stopped
from tests.servers.smarteru import SmarterUServer, Style, smarteru_server
from validators.context import REFERENCE_COLUMNS, empty_reference


def answer(info: str, result: str = "Success", errors: str = "") -> bytes:
    text = f"<SmarterU><Result>{result}</Result><Info>{info}</Info><Errors>{errors}</Errors></SmarterU>"
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + text.encode()


def refusal(code: str, result: str = "Failed") -> bytes:
    return answer("", result, f"<Error><ErrorID>{code}</ErrorID><ErrorMessage>said\n k3y</ErrorMessage></Error>")


class Recorded:
    """Gives the recorded answers in their order, the last one for ever, and keeps the requests."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.requests: list[etree._Element] = []

    def __call__(self, request: bytes) -> bytes:
        self.requests.append(etree.fromstring(request))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def sent(self, number: int = 0) -> str:
        parameters = self.requests[number].find("Parameters")
        assert parameters is not None
        return "".join(etree.tostring(child, encoding="unicode") for child in parameters)


def lines(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    return [tuple(None if pd.isna(cell) else cell for cell in line) for line in frame.itertuples(index=False)]


def user(number: int, inner: str | None = None) -> str:
    return f"<User><ID>{number}</ID>{inner or f'<Email>u{number}@x.org</Email>'}</User>"


def listed(users: Iterable[str], total: int | None = None) -> bytes:
    counted = "" if total is None else f"<TotalRecords>{total}</TotalRecords>"
    return answer(f"<Users>{''.join(users)}</Users>{counted}")


def test_users_are_learners_however_little_is_known_of_them() -> None:
    call = Recorded(
        listed(
            [
                user(
                    1,
                    "<Email> <![CDATA[ Ana.O'Neil@X.org ]]></Email><EmployeeID>007</EmployeeID>"
                    "<GivenName><![CDATA[Ana & Co]]></GivenName><Surname>O&apos;Neil</Surname><Status>Active</Status>",
                ),
                user(2, "<Email/><EmployeeID>E2</EmployeeID><Surname>Two</Surname>"),
                user(3, "<Email>three@x.org</Email><EmployeeID>  </EmployeeID>"),
                user(4, "<GivenName>Nobody</GivenName>"),
            ],
            total=4,
        )
    )
    (page,) = users(call, page_size=10)
    assert (page.number, page.of, len(call.requests)) == (1, 1, 1)
    assert list(page.frame.columns) == ["row", *REFERENCE_COLUMNS["learners"]]
    assert lines(page.frame) == [
        (1, "ana.o'neil@x.org", "007", "Ana & Co O'Neil"),
        (2, None, "E2", "Two"),
        (3, "three@x.org", None, None),
        (4, None, None, "Nobody"),
    ]
    assert call.sent() == (
        "<User><Page>1</Page><PageSize>10</PageSize><Filters><UserStatus>All</UserStatus></Filters></User>"
    )


def test_a_request_has_the_envelope_with_its_keys_empty() -> None:
    call = Recorded(listed([]))
    list(users(call))
    envelope = [(child.tag, child.text) for child in call.requests[0]]
    assert envelope == [("AccountAPI", None), ("UserAPI", None), ("Method", "listUsers"), ("Parameters", None)]


def test_pages_are_given_one_by_one_until_the_total_is_reached() -> None:
    call = Recorded(listed([user(1), user(2)], 3), listed([user(3)], 3))
    pages = users(call, page_size=2)
    first = next(pages)
    assert len(call.requests) == 1
    assert (first.number, first.of, list(first.frame["row"])) == (1, 2, [1, 2])
    (second,) = pages
    assert (second.number, second.of, list(second.frame["row"])) == (2, 2, [3])
    assert "<Page>2</Page>" in call.sent(1)
    assert len(call.requests) == 2


def test_reading_goes_on_at_the_page_where_it_stopped() -> None:
    call = Recorded(listed([user(3)], 3))
    (page,) = users(call, first_page=2, page_size=2)
    assert (page.number, list(page.frame["row"])) == (2, [3])
    assert "<Page>2</Page><PageSize>2</PageSize>" in call.sent()


@pytest.mark.parametrize("total", [None, 9])
def test_reading_ends_at_an_empty_page_whatever_the_total_says(total: int | None) -> None:
    call = Recorded(listed([user(1), user(2)], total), listed([user(2)], total), listed([], total))
    pages = list(users(call, page_size=2))
    assert [list(page.frame["email"]) for page in pages] == [["u1@x.org", "u2@x.org"], ["u2@x.org"]]
    assert len(call.requests) == 3


def test_pages_smaller_than_asked_for_are_read_to_the_end() -> None:
    call = Recorded(listed([user(1)], 2), listed([user(2)], 2))
    assert [page.number for page in users(call, page_size=1000)] == [1, 2]


def test_a_server_that_knows_no_pages_is_read_once() -> None:
    call = Recorded(listed([user(1), user(2)]))
    assert len(list(users(call, page_size=2))) == 1


def test_no_more_is_asked_for_than_a_page_may_hold() -> None:
    call = Recorded(listed([]))
    assert list(users(call, page_size=5000)) == []
    assert f"<PageSize>{MOST_ROWS}</PageSize>" in call.sent()


def test_the_groups_of_a_user_are_memberships() -> None:
    call = Recorded(
        answer(
            "<UserGroups><Group><Name><![CDATA[R&D]]></Name><Identifier>G1</Identifier><IsHomeGroup>1</IsHomeGroup>"
            "</Group><Group><Name>Sales</Name><Identifier/></Group></UserGroups>"
        )
    )
    frame = user_groups(call, "a@x.org", "E1")
    assert lines(frame) == [(1, "G1", "R&D", "a@x.org", "E1"), (2, None, "Sales", "a@x.org", "E1")]
    assert call.sent() == "<User><Email>a@x.org</Email></User>"
    user_groups(call, None, "E&1")
    assert call.sent(1) == "<User><EmployeeID>E&amp;1</EmployeeID></User>"


def test_groups_are_active_and_inactive_ones() -> None:
    call = Recorded(
        answer("<Groups><Group><Name>Sales</Name><GroupID>G1</GroupID></Group></Groups>"),
        answer("<Groups><Group><Name>Old</Name><GroupID> </GroupID></Group></Groups>"),
    )
    assert lines(groups(call)) == [(1, "G1", "Sales"), (2, None, "Old")]
    wanted = [
        f"<Group><Filters><GroupStatus>{status}</GroupStatus></Filters></Group>" for status in ("ACTIVE", "INACTIVE")
    ]
    assert [call.sent(0), call.sent(1)] == wanted


def test_the_courses_of_a_group_are_assignments_and_courses() -> None:
    call = Recorded(
        answer(
            "<LearningModules><LearningModule><LearningModuleID>77</LearningModuleID><Name>Fire &amp; Smoke</Name>"
            "<Type>Instructor-Led</Type><Status>Active</Status></LearningModule></LearningModules>"
        )
    )
    found = group_courses(call, None, "Sales")
    assert lines(found.assignments) == [(1, None, "Sales", "77")]
    assert lines(found.courses) == [(1, "77", "Fire & Smoke")]
    assert call.sent() == "<Group><Name>Sales</Name></Group>"
    group_courses(call, "G1", "Sales")
    assert call.sent(1) == "<Group><GroupID>G1</GroupID></Group>"


def session(number: str, grade_type: str, *days: str, more: str = "") -> str:
    dates = "".join(f"<Date>{day}</Date>" for day in days)
    return (
        f"<Session><CourseSessionID>{number}</CourseSessionID><Status>Open</Status><Type>ILT</Type>"
        f"<GradeType>{grade_type}</GradeType><Dates>{dates}</Dates>{more}</Session>"
    )


def test_sessions_have_their_first_date_their_fewest_seats_and_a_grade_type() -> None:
    call = Recorded(
        answer(
            "<Sessions>"
            + session(
                "S1",
                "Letter Grade",
                "<StartDate>2024-01-13 14:00</StartDate><Capacity>12</Capacity>",
                "<StartDate>2024-01-12 09:30:00</StartDate><Capacity>8</Capacity>",
            )
            + session("S2", "Pass/Fail", "<StartDate>2024-02-01 00:00:00</StartDate><Capacity>0</Capacity>")
            + session("S3", "percentage", "<StartDate>soon</StartDate>", more="<Capacity>20</Capacity>")
            + session("S4", "Stars")
            + "</Sessions>"
        )
    )
    frame = sessions(call, "77", "Fire")
    assert list(frame.columns) == ["row", *REFERENCE_COLUMNS["sessions"]]
    assert lines(frame) == [
        (1, "S1", "77", "Fire", pd.Timestamp("2024-01-12"), "09:30", "LetterGrade", 8, "Open"),
        (2, "S2", "77", "Fire", pd.Timestamp("2024-02-01"), None, "PassFail", None, "Open"),
        (3, "S3", "77", "Fire", None, None, "Percentage", 20, "Open"),
        (4, "S4", "77", "Fire", None, None, None, None, "Open"),
    ]
    assert call.sent() == "<LearningModule><LearningModuleID>77</LearningModuleID></LearningModule>"


@pytest.mark.parametrize(
    ("kind", "read"),
    [
        ("learners", lambda call: next(iter(users(call))).frame),
        ("memberships", lambda call: user_groups(call, "a@x.org", None)),
        ("groups", groups),
        ("courses", lambda call: group_courses(call, "G", None).courses),
        ("group-courses", lambda call: group_courses(call, "G", None).assignments),
        ("sessions", lambda call: sessions(call, "C", None)),
    ],
)
@pytest.mark.parametrize("info", ["", "  \n ", f"<Users>{user(1)}</Users>"])
def test_frames_have_the_dtypes_of_their_kind_when_empty_too(
    kind: str, read: Callable[[Recorded], pd.DataFrame], info: str
) -> None:
    if kind == "learners" and "User" not in info:
        assert list(users(Recorded(answer(info)))) == []
        return
    frame = read(Recorded(answer(info)))
    assert frame["row"].dtype == "int64"
    assert frame.drop(columns="row").dtypes.to_dict() == empty_reference(kind).dtypes.to_dict()


def learner(number: int, **texts: str) -> str:
    inner = "".join(f"<{tag}><![CDATA[{text}]]></{tag}>" for tag, text in texts.items())
    return f"<Learner><ID>{number}</ID><CourseName>Fire</CourseName><UserID>9</UserID>{inner}</Learner>"


def reported(*learners: str) -> bytes:
    return answer(f'<LearnerReport rows="0">{"".join(learners)}</LearnerReport>')


def report(call: Recorded, shown: ReportFilter | None = None, **terms: str) -> list[Page]:
    return list(learner_report(call, shown, page_size=2, **terms))  # type: ignore[arg-type]


def test_the_report_shows_enrollments_in_rollbooks_words() -> None:
    call = Recorded(
        reported(
            learner(
                1,
                LearnerEmail=" Ana@X.org ",
                EmployeeID="007",
                CourseSessionID="S1",
                EnrollmentStatus="Did Not Attend",
                EnrolledDate="2024-01-31",
                CompletedDate="27-Sep-22",
            ),
            learner(
                2,
                UserEmail="b@x.org",
                CourseSessionID="S1",
                Status="Completed",
                Grade="92.5",
                EnrolledDate="03/04/2024",
            ),
            learner(3, LearnerEmail="no@session.org", Status="Completed"),
        ),
        reported(),
    )
    (page,) = report(call)
    assert list(page.frame.columns) == ["row", *HELD_COLUMNS]
    day = pd.Timestamp("2024-01-31")
    assert lines(page.frame) == [
        (1, "ana@x.org", "007", "S1", "no_show", None, day, pd.Timestamp("2022-09-27")),
        (2, "b@x.org", None, "S1", "completed", "92.5", None, None),
    ]
    assert page.of is None
    assert page.frame["enrolled_on"].dtype == "datetime64[s]"
    assert page.frame["learner_employee_id"].dtype == "str"


@pytest.mark.parametrize(
    ("date_format", "text", "read"),
    [
        ("%Y-%m-%d", "2024-04-03", date(2024, 4, 3)),
        ("%Y-%m-%d", "2024-04-03T10:30:00", date(2024, 4, 3)),
        ("%Y-%m-%d", "2024-04-03 10:30:00.0", date(2024, 4, 3)),
        ("%Y-%m-%d", "13/04/2024", date(2024, 4, 13)),
        ("%Y-%m-%d", "03/04/2024", None),
        ("%d/%m/%Y", "03/04/2024", date(2024, 4, 3)),
        ("%d/%m/%Y", "03/04/2024 09:00", date(2024, 4, 3)),
        ("%d/%m/%Y", "2024-04-03", date(2024, 4, 3)),
        ("%m/%d/%Y", "03/04/2024", date(2024, 3, 4)),
        ("%m/%d/%Y", "3/4/2024 09:00", date(2024, 3, 4)),
        ("%d-%b-%y", "03-Apr-24", date(2024, 4, 3)),
        ("%Y-%m-%d", "03-Apr-24", date(2024, 4, 3)),
        ("%Y-%m-%d", "yesterday", None),
        ("%Y-%m-%d", "2024-02-30", None),
        ("%Y-%m-%d", "9999-99-99", None),
    ],
)
def test_dates_are_read_as_iso_by_the_setting_or_not_at_all(date_format: str, text: str, read: date | None) -> None:
    call = Recorded(reported(learner(1, CourseSessionID="S1", EnrolledDate=text)), reported())
    (page,) = report(call, date_format=date_format)
    assert lines(page.frame[["enrolled_on"]]) == [(None if read is None else pd.Timestamp(read),)]


def test_the_report_is_asked_for_with_columns_and_only_the_filters_that_apply() -> None:
    columns = "".join(
        f"<ColumnName>{name}</ColumnName>"
        for name in ("COURSE_SESSION_ID", "EMPLOYEE_ID", "USER_EMAIL", "ENROLLED_DATE", "GRADE", "COMPLETED_DATE")
    )
    call = Recorded(reported())
    assert report(call) == []
    assert call.sent() == (
        "<Report><Page>1</Page><PageSize>2</PageSize><Filters><Groups><GroupStatus>All</GroupStatus></Groups>"
        f"<Users><UserStatus>All</UserStatus></Users></Filters><Columns>{columns}</Columns></Report>"
    )
    report(call, ReportFilter(["R&D"], ["Attended", "Completed"], ["a@x.org"], ["7"]))
    assert (
        "<Filters><Groups><GroupNames><GroupName>R&amp;D</GroupName></GroupNames></Groups>"
        "<LearningModules><EnrollmentStatuses><EnrollmentStatus>Attended</EnrollmentStatus>"
        "<EnrollmentStatus>Completed</EnrollmentStatus></EnrollmentStatuses></LearningModules>"
        "<Users><UserIdentifier><EmailAddress>a@x.org</EmailAddress><EmployeeID>7</EmployeeID></UserIdentifier></Users>"
        "</Filters>"
    ) in call.sent(1)


@pytest.mark.parametrize("code", ["SU:12", "SU:13"])
def test_columns_stand_behind_the_report_where_they_may_not_stand_inside(code: str) -> None:
    row = learner(1, CourseSessionID="S1", Status="Attended")
    call = Recorded(refusal(code), reported(row), reported())
    (page,) = report(call)
    assert lines(page.frame[["session_id", "status"]]) == [("S1", "attended")]
    assert "</Columns></Report>" in call.sent(0)
    assert "</Report><Columns>" in call.sent(1)
    assert "<Page>2</Page>" in call.sent(2)
    assert "</Report><Columns>" in call.sent(2)
    with pytest.raises(CallRefused):
        report(Recorded(refusal(code)))
    with pytest.raises(CallRefused):
        report(Recorded(reported(row), refusal(code)))
    other = Recorded(refusal("SU:10"))
    with pytest.raises(CallRefused):
        report(other)
    assert len(other.requests) == 1


def test_a_status_that_is_not_told_is_the_one_that_was_asked_for() -> None:
    untold = reported(learner(1, CourseSessionID="S1"))
    for asked, read in ((["Did Not Attend"], "no_show"), (["Attended", "Completed"], None), ([], None)):
        (page,) = report(Recorded(untold, reported()), ReportFilter(statuses=asked))
        assert lines(page.frame[["status"]]) == [(read,)]


def test_each_status_is_asked_for_by_itself_and_the_first_from_the_page_given() -> None:
    untold = reported(learner(1, CourseSessionID="S1"))
    call = Recorded(untold, reported(), untold, reported(), untold, reported())
    pages = list(enrollments_by_status(call, ReportFilter(emails=["a@x.org"]), 3, 2))
    assert [page.frame["status"].item() for page in pages] == ["attended", "completed", "no_show"]
    assert [page.number for page in pages] == [3, 1, 1]
    asked = [
        [found.text for found in request.iter("EnrollmentStatus", "EmailAddress", "Page")] for request in call.requests
    ]
    assert asked[::2] == [
        [page, status, "a@x.org"] for page, status in zip(("3", "1", "1"), HISTORY_STATUSES, strict=True)
    ]


def test_only_the_statuses_named_are_asked_for() -> None:
    call = Recorded(reported(learner(1, CourseSessionID="S1", Status="Did Not Attend")), reported())
    (page,) = enrollments_by_status(call, ReportFilter(statuses=["Completed"]))
    assert page.frame["status"].item() == "no_show"
    assert len(call.requests) == 2


def test_all_statuses_of_the_report_but_those_without_certain_meaning_are_rollbooks() -> None:
    read = {}
    for status in REPORT_STATUSES:
        (page,) = report(Recorded(reported(learner(1, CourseSessionID="S", Status=status)), reported()))
        read[status] = lines(page.frame[["status"]])[0][0]
    assert read == {
        **dict.fromkeys(REPORT_STATUSES, "enrolled"),
        "Attended": "attended",
        "Completed": "completed",
        "Did Not Attend": "no_show",
        "Cancelled": "cancelled",
        "Not Attending": None,
    }


def test_a_refusal_stops_with_the_code_and_what_it_means() -> None:
    with pytest.raises(CallRefused, match=r"SU:10: The API keys are not valid\.") as caught:
        groups(Recorded(refusal("SU:10")))
    assert caught.value.code == "SU:10"
    assert "said k3y" not in str(caught.value)
    assert isinstance(caught.value, Stopped)
    assert caught.value.exit_code == 3
    with pytest.raises(CallRefused, match="ESH:11"):
        list(users(Recorded(refusal("ESH:11", "Success"))))
    with pytest.raises(CallRefused, match="does not say why"):
        groups(Recorded(answer("", "Failed")))


def test_of_a_code_that_nobody_knows_the_message_is_told() -> None:
    with pytest.raises(CallRefused) as caught:
        groups(Recorded(refusal("XY:1")))
    assert str(caught.value) == "SmarterU refuses the call: XY:01: said k3y"


@pytest.mark.parametrize("body", [b"<html><body>down</body></html>", b"", b"<SmarterU><Result>Succ"])
def test_what_is_no_answer_stops(body: bytes) -> None:
    with pytest.raises(Stopped, match="cannot be read"):
        groups(Recorded(body))


@pytest.fixture
def server() -> Iterator[SmarterUServer]:
    with smarteru_server() as running:
        yield running


@pytest.fixture
def call(server: SmarterUServer) -> Iterator[Call]:
    wire = Wire(
        server.url, server.account_api, server.user_api, timeout=5.0, tries=2, pause=0.001, most_bytes=1_000_000
    )
    with SmarterU(wire) as smarteru:
        yield lambda request: smarteru.call(request).body


def test_all_that_a_server_knows_is_read_over_the_wire(server: SmarterUServer, call: Call) -> None:
    pages = list(users(call, page_size=4))
    assert [(page.number, page.of, len(page.frame)) for page in pages] == [(1, 3, 4), (2, 3, 4), (3, 3, 3)]
    found = pd.concat([page.frame for page in pages])
    assert list(found["row"]) == list(range(1, 12))
    assert set(found["email"].dropna()) == {user.email.lower() for user in server.users.values() if user.email}
    assert set(found["employee_number"].dropna()) >= {"007", "7", "E1"}
    assert lines(user_groups(call, "u1@example.com", "E1")) == [
        (1, "G1", "Sales & Service", "u1@example.com", "E1"),
        (2, "G2", "Labs <North>", "u1@example.com", "E1"),
    ]
    assert lines(user_groups(call, None, "007")) == [(1, "G1", "Sales & Service", None, "007")]
    server.groups["G2"].status = "INACTIVE"
    assert lines(groups(call)) == [(1, "G1", "Sales & Service"), (2, "G2", "Labs <North>")]
    assert lines(group_courses(call, None, "Labs <North>").courses) == [(1, "C2", "Course C2")]
    assert lines(group_courses(call, "G1", None).assignments) == [(1, "G1", None, "C1")]
    server.sessions["S5"].starts = datetime(2024, 2, 3)  # noqa: DTZ001  SmarterU writes no zone
    read = sessions(call, "C1", "Fire").set_index("session_id")
    assert list(read["grade_type"].dropna()) == ["LetterGrade", "PassFail", "Percentage"]
    assert list(read["max_participants"].dropna()) == [1]
    assert (read.loc["S1", "session_date"], read.loc["S1", "session_start"]) == (pd.Timestamp("2023-05-04"), "09:00")
    assert read.loc["S5", "session_date"] == pd.Timestamp("2024-02-03")
    assert read["session_start"].isna()["S5"]
    assert server.in_flight_most == 1


@pytest.mark.parametrize("style", [Style(), Style(report_rows="total"), Style(status_tag="Status", empty="missing")])
def test_the_report_is_read_status_by_status_and_page_by_page(style: Style) -> None:
    with smarteru_server(style=style) as server:
        people = [person for person in server.users.values() if person.email][:5]
        for person, status in zip(
            people, ("Attended", "Completed", "Completed", "Completed", "NotAttended"), strict=True
        ):
            server.state.enroll(person, "S4", "G1", status, "90" if status == "Completed" else None)
        wire = Wire(server.url, server.account_api, server.user_api, 5.0, tries=1, pause=0.001, most_bytes=1_000_000)
        with SmarterU(wire) as smarteru:
            pages = list(enrollments_by_status(lambda request: smarteru.call(request).body, page_size=2))
    assert [(page.number, len(page.frame)) for page in pages] == [(1, 1), (1, 2), (2, 1), (1, 1)]
    held = pd.concat([page.frame for page in pages])
    assert list(held["learner_email"]) == [person.email for person in people]
    assert list(held["status"]) == ["attended", "completed", "completed", "completed", "no_show"]
    assert set(held["session_id"]) == {"S4"}
    assert list(held["completed_on"].notna()) == [False, True, True, True, False]
    assert list(held["grade"].dropna()) == ["90", "90", "90"]


def test_a_report_that_the_account_may_not_read_and_wrong_keys_are_refusals(server: SmarterUServer, call: Call) -> None:
    server.style = Style(report=False)
    with pytest.raises(CallRefused, match="does not have permission"):
        list(learner_report(call))
    server.account_api = "another key altogether"
    with pytest.raises(CallRefused) as caught:
        groups(call)
    assert caught.value.code == "SU:10"


def test_reading_bears_what_passes(server: SmarterUServer, call: Call) -> None:
    for kind in ("429", "500_before", "500_after", "drop_before", "drop_after", "cut", "truncated", "html", "garbage"):
        server.misbehave(kind, method="listGroups")
        assert len(groups(call)) == 2
    server.misbehave("oversized", method="listGroups")
    with pytest.raises(NotAnswered, match="longer than"):
        groups(call)
