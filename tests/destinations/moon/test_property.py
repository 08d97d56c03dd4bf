"""Whatever Moon ERP is like and however it misbehaves: rows end as what it holds, and nothing is written twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from destinations.http.json_client import NotAnswered
from destinations.moon.codes import CODES
from destinations.moon.records import pair_of, said
from destinations.row_target import RowVerdict
from ledger.remote.outbox import Delivery
from ledger.remote.writes import Write
from rollbook.errors import Stopped
from rollbook.options import OnExisting
from rollbook.rows.outcomes import TAKEN
from tests.destinations.moon.driving import Ledger, carry, content_of, row, target_of
from tests.servers.moon import Misbehaviour, MoonServer, Style, moon_server, sample

NUMBERS = ("EMP-0001", "EMP-0002", "00417", "417")
SESSIONS = (302, 303, 305)
# A refused token stops a run by design: that is another test.
KINDS = [kind for kind in get_args(Misbehaviour) if kind not in ("401", "403")]
# What somebody else enters meanwhile.
THEIRS = {"status": "no_show", "attendance_confirmed": False, "score": None, "feedback": "theirs"}
# What may make a row fail that is sound.
REFUSING = {"404", "422", "paging_loses"}

styles = st.builds(
    Style,
    duplicate_status=st.sampled_from([422, 409, 400]),
    duplicate_field=st.sampled_from(["employee_id", "training_session_id", None]),
    full_status=st.sampled_from([422, 409]),
    full_field=st.sampled_from(["training_session_id", "employee_id", None]),
    unknown_on_post=st.sampled_from([422, 404]),
    deleted_blocks=st.booleans(),
    closed=st.sampled_from([frozenset(), frozenset({"completed"})]),
    final=st.sampled_from([frozenset(), frozenset({"completed"}), frozenset({"cancelled"})]),
    put=st.sampled_from(["partial", "whole", "clearing"]),
    surplus=st.sampled_from(["refused", "ignored"]),
    by_id=st.sampled_from([405, 404]),
    messages=st.sampled_from(["telling", "vague"]),
    per_page_most=st.sampled_from([100, 2, None]),
    per_page_elsewhere=st.booleans(),
    order=st.sampled_from(["oldest", "newest"]),
    search=st.sampled_from(["anything", "number", "exact"]),
    session_enrollments=st.sampled_from(["enrollments", "training_enrollments", "participants", None]),
    moment_format=st.sampled_from(["%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%d %H:%M:%S"]),
)
statuses = st.sampled_from(["enrolled", "attended", "completed", "cancelled", "no_show"])
scores = st.sampled_from([None, 0.0, 55.5, 66.666, 100.0])
feedbacks = st.sampled_from([None, "good", "Kälte & “Wärme”"])
before = st.fixed_dictionaries(
    {
        "status": statuses,
        "attendance_confirmed": st.booleans(),
        "score": st.sampled_from([None, Decimal("55.50"), Decimal("66.67")]),
        "feedback": feedbacks,
        "deleted": st.sampled_from([False, False, True]),
    }
)
pairs = st.tuples(st.sampled_from(NUMBERS), st.sampled_from(SESSIONS))
wanted_rows = st.dictionaries(
    pairs,
    st.tuples(st.none() | before, statuses, scores, feedbacks, st.sampled_from([None, True, False])),
    min_size=1,
    max_size=4,
)
troubles = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.sampled_from([None, "GET", "POST", "PUT"]),
        st.sampled_from(["", "enrollments", "employees", "sessions"]),
    ),
    max_size=4,
)


@dataclass
class Scene:
    """A server with what it held at first, and the rows that go there."""

    server: MoonServer
    rows: Sequence[Delivery]
    policy: OnExisting
    kinds: set[str]
    at_first: Mapping[tuple[str, int], Any]
    ledger: Ledger = field(default_factory=Ledger)

    def until_done(self) -> dict[int, RowVerdict]:
        """Runs, each taking up what the one before left, until every row has its verdict."""
        verdicts: dict[int, RowVerdict] = {}
        for _ in range(12):
            try:
                with target_of(self.server, timeout=0.15, pause=0.14, tries=2) as target:
                    for at in range(len(self.rows)):
                        if at not in verdicts:
                            verdicts[at] = carry(target, [self.rows[at]], self.policy, self.ledger)[0]
            except Stopped:
                continue
            return verdicts
        raise NotAnswered("the server of the test", "nothing", doubtful=True)

    def now(self, one: Delivery) -> Any:
        return content_of(self.server.held(one.learner_employee_id, int(one.session_id)))

    def first(self, one: Delivery) -> Any:
        return self.before(one.learner_employee_id, int(one.session_id))

    def before(self, number: str, session: int) -> Any:
        """What was there before Rollbook wrote: at first, or what somebody entered while it read."""
        return self.at_first.get((number, session), THEIRS if (number, session) in self.server.entered else None)


def holds(content: Any, one: Delivery) -> bool:
    """Whether an enrollment says what a row says."""
    wanted = said(one)
    return content is not None and (
        content["status"] == wanted["status"]
        and wanted.get("attendance_confirmed") in (None, str(content["attendance_confirmed"]).lower())
        and (
            one.score is None or abs(float("-1" if content["score"] is None else content["score"]) - one.score) < 0.0051
        )
        and one.feedback in (None, content["feedback"])
    )


def is_bare(content: Any) -> bool:
    return content is not None and (content["status"], content["score"], content["feedback"]) == (
        "enrolled",
        None,
        None,
    )


def check(scene: Scene, one: Delivery, verdict: RowVerdict) -> None:
    """The verdict is what the server shows."""
    now, first = scene.now(one), scene.first(one)
    if verdict.state in ("loaded", "updated") or (verdict.state == "unchanged" and scene.policy != "best"):
        assert holds(now, one) or "paging_loses" in scene.kinds
    elif verdict.state == "unchanged":
        assert now == first
    elif verdict.state == "rejected":
        assert (verdict.code, now, scene.policy) == ("enrollment.exists", first, "reject")
        assert not holds(now, one)
    else:
        assert verdict.state == "failed"
        assert verdict.code in CODES
        assert now == first or (first is None and is_bare(now) and verdict.target_id is not None)
        assert may_fail(scene, one, verdict)


def may_fail(scene: Scene, one: Delivery, verdict: RowVerdict) -> bool:
    style, session = scene.server.style, scene.server.sessions[int(one.session_id)]
    is_full = session.max_participants is not None
    blocks = style.deleted_blocks and any(row.deleted for row in scene.server.enrollments.values())
    final = style.final and verdict.code == "moon.refused"
    return bool(REFUSING & scene.kinds or is_full or style.closed or blocks or final)


def writes_as_wanted(scene: Scene, verdicts: Mapping[int, RowVerdict]) -> None:
    """A second run of the rows that are there only reads."""
    written = len(scene.server.writes)
    there = [scene.rows[at] for at, verdict in verdicts.items() if verdict.state in ("loaded", "updated")]
    with target_of(scene.server) as target:
        if there and "paging_loses" not in scene.kinds:  # it deletes an employee, who is unknown then
            assert {one.state for one in carry(target, there, "reject", Ledger())} == {"unchanged"}
    assert len(scene.server.writes) == written


def put_back(scene: Scene) -> None:
    """Everything that was confirmed is undone, or it is told why not."""
    with target_of(scene.server) as target:
        for write in reversed(scene.ledger.done):
            reason = target.take_back(write)
            now, first = _contents(scene, write)
            if reason is None:
                assert now is None or now["status"] == "cancelled" if write.creates else now == first
            else:
                assert scene.server.style.final or scene.server.style.closed or "seat" in reason or "refuses" in reason


def _contents(scene: Scene, write: Write) -> tuple[Any, Any]:
    pair = pair_of(write.key)
    number = scene.server.employees[pair.employee].number
    return content_of(scene.server.held(number, pair.session)), scene.before(number, int(pair.session))


def scene_of(server: MoonServer, wanted: Mapping[Any, Any], policy: OnExisting, trouble: Sequence[Any]) -> Scene:
    rows, at_first = [], {}
    for (number, session), (held, status, score, feedback, confirmed) in wanted.items():
        if held is not None:
            enrolled = server.state.enroll(server.state.employee(number).id, session, **held)
            at_first[number, session] = content_of(enrolled)
        more = {"score": score, "feedback": feedback, "attendance_confirmed": confirmed}
        rows.append(row(number, session, status, **more))
    for kind, method, path in trouble:
        is_shared = kind == "paging_loses" or (kind == "paging_gains" and path != "enrollments")
        server.misbehave(kind, method=method, path="employees" if is_shared else path)
    kinds = {kind for kind, _, _ in trouble}
    return Scene(server, rows, policy, kinds, {pair: one for pair, one in at_first.items() if one is not None})


@given(styles, wanted_rows, st.sampled_from(["reject", "update", "best"]), troubles)
def test_rows_end_as_what_is_held_and_nothing_is_written_twice(
    style: Style, wanted: Mapping[Any, Any], policy: OnExisting, trouble: Sequence[Any]
) -> None:
    with moon_server(state=sample(4), style=style, late=0.2, oversize=2**20 + 1) as server:
        scene = scene_of(server, wanted, policy, trouble)
        verdicts = scene.until_done()
        for at, verdict in verdicts.items():
            check(scene, scene.rows[at], verdict)
        assert server.double_writes == []
        server._to_come.clear()
        writes_as_wanted(scene, verdicts)
        put_back(scene)
        assert server.double_writes == []
        alive = [(one.employee_id, one.session_id) for one in server.enrollments.values() if not one.deleted]
        assert len(alive) == len(set(alive))
        assert all(verdict.state not in TAKEN or verdict.code is None for verdict in verdicts.values())
