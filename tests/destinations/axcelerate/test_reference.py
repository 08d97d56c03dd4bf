"""What contacts hold in classes becomes lines of the ledger, named as rows name them."""

from collections.abc import Iterator

import pandas as pd
import pytest

from destinations.axcelerate import reference
from destinations.axcelerate.reference import HELD_COLUMNS, class_of, enrolments
from destinations.axcelerate.target import axcelerate_api
from destinations.reference_page import Page
from rollbook.errors import Stopped
from tests.destinations.axcelerate.rows import settings
from tests.servers.axcelerate import AxcelerateServer, Style, axcelerate_server
from tests.servers.axcelerate_state import midnight
from tests.validators.tables import canonical
from validators.activities import name_activities


@pytest.fixture
def server() -> Iterator[AxcelerateServer]:
    with axcelerate_server() as running:
        yield running


def pages(server: AxcelerateServer, *pairs: tuple[str, str]) -> list[Page]:
    with axcelerate_api(settings(server), server.api_token, server.ws_token) as api:
        return list(enrolments(api, pairs, 100))


def lines(page: Page) -> list[tuple[object, ...]]:
    frame = page.frame.astype(object)
    return list(frame.where(frame.notna(), None).itertuples(index=False, name=None))


def test_what_is_decided_is_held_and_the_rest_is_not(server: AxcelerateServer) -> None:
    """Contact 1002 is competent in 9002 of class 501, undecided in 9001, and withdrawn from 9004 of class 502."""
    (page,) = pages(server, ("1002", "501"), ("1002", "502"), ("1001", "501"), ("1001", "999"), ("7777", "501"))
    assert list(page.frame) == ["row", *HELD_COLUMNS]
    begun = pd.Timestamp("2023-02-06")
    assert lines(page) == [
        (1, None, "1002", "501/9002", None, "20", begun, None),
        (2, None, "1002", "502/9004", None, "40", None, None),
    ]
    dtypes = {name: "datetime64[s]" if name.endswith("_on") else "str" for name in HELD_COLUMNS}
    assert {name: str(page.frame[name].dtype) for name in HELD_COLUMNS} == dtypes


def test_lines_are_named_as_rows_are(server: AxcelerateServer) -> None:
    """By ID and by code, where it is shown; what is inside of a class by its instance, the class itself by p."""
    server.style = Style(code_key="CODE")
    top = server.state.enrolments[1002][0]
    for one in top.all():
        one.outcome, one.ends = "20", midnight(pd.Timestamp("2023-06-30").date())
    (page,) = pages(server, ("1002", "501"))
    unit = {"contact_id": "1002", "class_id": "501"}
    named = name_activities(
        canonical(
            {**unit, "activity_type": "p"},
            *({**unit, "unit_id": name} for name in ("9001", "bsbwhs211")),
            {**unit, "activity_type": "w", "unit_id": "601"},
            {**unit, "activity_type": "el", "unit_id": "701"},
            *({**unit, "unit_id": name} for name in ("9002", "bsbcmm211", "9003", "BSBTEC201")),
        )
    )
    assert list(page.frame["session_id"]) == list(named["session_id"])
    assert set(page.frame["completed_on"]) == {pd.Timestamp("2023-06-30")}


def test_pages_go_on_counting(server: AxcelerateServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "PAIRS_A_PAGE", 1)
    found = pages(server, ("1002", "501"), ("1001", "501"), ("1004", "501"))
    assert [(page.number, list(page.frame["row"])) for page in found] == [(1, [1]), (2, []), (3, [2])]
    assert pages(server) == []


def test_a_refusal_stops(server: AxcelerateServer) -> None:
    server.misbehave("412_in_200")
    with pytest.raises(Stopped, match="aXcelerate does not show contact 1002 in class 501"):
        pages(server, ("1002", "501"))


def test_the_class_is_told_by_the_session() -> None:
    """Of what stands in a class; a workshop, an e-learning and a module may stand in none."""
    sessions = ("501/9001", "501/p", "501/HLT/1", "w/601", "el/701", "module/3", "", "501", "501/")
    assert [class_of(session) for session in sessions] == [*["501"] * 3, *[None] * 6]


@pytest.mark.parametrize(
    ("style", "requests"),
    # The class in two pages, of which the second is empty; who is in none; the class of one pair.
    [(Style(contact_key="CONTACTID"), 4), (Style(), 2 + 9 + 1), (Style(needs_contact=True), 1 + 9 + 1)],
    ids=["whole", "no contact is shown", "refused"],
)
def test_a_class_that_can_be_listed_whole_is_listed_once(server: AxcelerateServer, style: Style, requests: int) -> None:
    """What is held is the same whether it is or not; a class of one pair is asked for as it is."""
    server.style = style
    pairs = [*((str(contact), "501") for contact in range(1000, 1009)), ("1002", "502")]
    plain = [lines(page) for page in pages(server, *pairs)]
    server.requests.clear()
    with axcelerate_api(settings(server), server.api_token, server.ws_token) as api:
        whole = [lines(page) for page in enrolments(api, pairs, 100, whole_classes=True)]
    assert whole == plain
    assert len(server.requests) == requests
