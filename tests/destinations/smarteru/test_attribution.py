"""Verdicts: whose error it is, whatever the target does with the good blocks of a batch and however little it tells."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from destinations.smarteru.answers import AnswerProblem, BatchAnswer
from destinations.smarteru.attribution import BatchRefused, BlockVerdict, Proof, Sent, settle
from destinations.smarteru.blocks import Block

LOADED = BlockVerdict("loaded")
TEXTS = {
    "ESH:01": "The email is not valid.",
    "ESH:02": "The employee id is not valid.",
    "ESH:05": "The course is not valid.",
    "ESH:12": "enrolled date not valid",
    "ESH:13": "status not valid",
    "ESH:23": "The group is not valid.",
    "ESH:26": "The user is already enrolled.",
    "ESH:28": "Historical session enrollment failed.",
    "ESH:31": "Nobody knows this code.",
}
NUMBERED = {"ESH:12", "ESH:13"}


@dataclass(frozen=True)
class Style:
    """How a target behaves where its documentation leaves it open."""

    takes: Literal["good", "nothing"] = "good"
    info: Literal["taken", "all", "none", "counted"] = "none"
    numbers: bool = False
    names: bool = False
    report: bool = False
    once: bool = False
    result: bool = False


@dataclass
class Target:
    """Keeps enrollments as SmarterU might.

    bad: block number -> the codes that it answers. before: enrollments that somebody else made, and whether their
    content is that of the block. ours: what we enrolled.
    """

    style: Style = Style()
    bad: dict[int, tuple[str, ...]] = field(default_factory=dict)
    before: dict[int, bool] = field(default_factory=dict)
    ours: set[int] = field(default_factory=set)
    requests: list[list[int]] = field(default_factory=list)
    reports: int = 0
    verdicts: dict[int, BlockVerdict] = field(default_factory=dict)

    def send(self, blocks: Sequence[Block]) -> Sent:
        numbers = [block.number for block in blocks]
        assert numbers
        assert not self.verdicts.keys() & set(numbers), "sent again after its verdict"
        self.requests.append(numbers)
        codes = {number: self.codes(number) for number in numbers}
        problems = [self.problem(code, at, block) for at, block in enumerate(blocks, 1) for code in codes[block.number]]
        if self.style.once:
            problems = list(dict.fromkeys(problems))
        taken = [number for number in numbers if not codes[number]]
        taken = [] if problems and self.style.takes == "nothing" else taken
        self.ours.update(taken)
        return Sent(BatchAnswer(self.style.result or not problems, self.processed(numbers, taken), tuple(problems)))

    def codes(self, number: int) -> tuple[str, ...]:
        there = number in self.ours or number in self.before
        return self.bad.get(number, ("ESH:26",) if there else ())

    def problem(self, code: str, at: int, block: Block) -> AnswerProblem:
        text = TEXTS[code]
        if code in NUMBERED and self.style.numbers:
            return AnswerProblem(code, f"Enrollment [{at}] - {text}", at)
        if self.style.names and code != "ESH:28":
            text += f" '{block.group_name if code == 'ESH:23' else block.email or block.employee_id}'"
        return AnswerProblem(code, text, None)

    def processed(self, numbers: list[int], taken: list[int]) -> frozenset[int] | None:
        listed = {
            "taken": {at for at, number in enumerate(numbers, 1) if number in taken},
            "all": set(range(1, len(numbers) + 1)),
            "counted": set(range(1, len(taken) + 1)),
            "none": set[int](),
        }[self.style.info]
        return frozenset(listed) or None

    def held(self, blocks: Sequence[Block]) -> Mapping[int, bool] | None:
        self.reports += 1
        if not self.style.report:
            return None
        return {block.number: self.shows(block.number) for block in blocks}

    def shows(self, number: int) -> bool:
        return number in self.ours or self.before.get(number, False)

    def confirmed(self, verdicts: Mapping[int, BlockVerdict]) -> None:
        assert verdicts
        assert not self.verdicts.keys() & verdicts.keys(), "a second verdict"
        self.verdicts.update(verdicts)

    def settle(self, blocks: Sequence[Block], *, doubtful: bool = False) -> dict[int, BlockVerdict]:
        settle(blocks, self.send, self.held, self.confirmed, doubtful=doubtful)
        assert self.verdicts.keys() == {block.number for block in blocks}
        return {number: verdict for number, verdict in self.verdicts.items() if verdict != LOADED}

    def message(self, code: str, number: int, block: Block) -> str:
        return self.problem(code, number, block).message


def block(number: int, **changes: str | None) -> Block:
    whole = Block(number, f"u{number}@x.org", None, "Sales", None, "C1", "S1", "Attended", None, None)
    return whole._replace(**changes)  # type: ignore[arg-type]  # the changes are of the fields' types


def blocks(number: int) -> list[Block]:
    return [block(at) for at in range(1, number + 1)]


STYLES = st.builds(
    Style,
    takes=st.sampled_from(["good", "nothing"]),
    info=st.sampled_from(["taken", "all", "none"]),
    numbers=st.booleans(),
    names=st.booleans(),
    report=st.booleans(),
    result=st.booleans(),
)


@st.composite
def batches(draw: st.DrawFn) -> tuple[list[Block], Target, bool]:
    """A batch, a target in some style that has met some of it, and whether the batch is doubtful."""
    doubtful = draw(st.booleans())
    target = Target(draw(STYLES))
    fates = ["01", "05", "12", "13", "28", "12 05", "same", "other"] + ["ours"] * doubtful
    size = draw(st.integers(1, 40))
    special = draw(
        st.dictionaries(st.integers(1, size), st.sampled_from(fates), max_size=draw(st.sampled_from([1, 3, 40])))
    )
    wrong_groups = draw(st.sets(st.sampled_from(["A", "B", "C"]), max_size=1))
    groups = draw(st.lists(st.sampled_from(["A", "B", "C", "D", "D", "D", "D"]), min_size=size, max_size=size))
    several = draw(st.booleans())
    whole = []
    for number, group in enumerate(sorted(groups) if several else ["D"] * size, 1):
        fate = special.get(number, "good")
        by_id = fate != "01" and draw(st.integers(0, 9)) == 0
        who = {"email": None, "employee_id": f"E{number}"} if by_id else {}
        whole.append(block(number, group_name=group, **who))
        if group in wrong_groups and several:
            target.bad[number] = ("ESH:23",)
        elif fate in {"same", "other"}:
            target.before[number] = fate == "same"
        elif fate == "ours":
            target.ours.add(number)
        elif fate != "good":
            target.bad[number] = tuple(f"ESH:{code}" for code in fate.split())
    return whole, target, doubtful


@given(batches())
def test_every_block_gets_the_verdict_that_is_true(batch: tuple[list[Block], Target, bool]) -> None:
    whole, target, doubtful = batch
    odd = len(target.bad) + len(target.before) + len(target.ours)
    target.settle(whole, doubtful=doubtful)
    style = target.style
    blind = not (style.report or style.names) and style.info != "taken" and style.takes == "good"
    for one in whole:
        number, verdict = one.number, target.verdicts[one.number]
        if verdict == LOADED:
            unknowable = doubtful and not style.report and number in target.before
            assert number in target.ours or (style.report and target.shows(number)) or unknowable
        elif number in target.bad:
            assert verdict.code in target.bad[number]
            assert TEXTS[verdict.code or ""] in (verdict.message or "")
        else:
            assert verdict.code == "ESH:26"
            assert number in target.before or (blind and target.before and not doubtful)
    assert len(target.requests) <= 1 + odd * (math.ceil(math.log2(len(whole))) + 1)
    assert target.reports <= len(target.requests) + 1


@given(batches())
def test_requests_never_outgrow_two_for_each_block(batch: tuple[list[Block], Target, bool]) -> None:
    whole, target, doubtful = batch
    target.settle(whole, doubtful=doubtful)
    assert len(target.requests) <= 2 * len(whole)


@pytest.mark.parametrize("takes", ["good", "nothing"])
@pytest.mark.parametrize("info", ["none", "all", "counted"])
@pytest.mark.parametrize("at", [1, 2, 37, 50, 51, 64, 99, 100])
def test_one_bad_block_among_a_hundred_takes_at_most_eight_further_requests(
    takes: Literal["good", "nothing"], info: Literal["none", "all", "counted"], at: int
) -> None:
    target = Target(Style(takes, info), bad={at: ("ESH:28",)})
    assert target.settle(blocks(100)) == {at: BlockVerdict("failed", "ESH:28", TEXTS["ESH:28"])}
    # An `Info` that only counts has to be found out first.
    assert len(target.requests) <= (10 if info == "counted" else 9)


@pytest.mark.parametrize("takes", ["good", "nothing"])
def test_a_number_needs_no_search_and_the_rest_is_sent_once_more(takes: Literal["good", "nothing"]) -> None:
    target = Target(Style(takes, numbers=True), bad={3: ("ESH:12",), 7: ("ESH:13",)})
    failed = target.settle(blocks(9))
    assert failed == {
        3: BlockVerdict("failed", "ESH:12", "Enrollment [3] - enrolled date not valid"),
        7: BlockVerdict("failed", "ESH:13", "Enrollment [7] - status not valid"),
    }
    assert target.requests == [list(range(1, 10)), [1, 2, 4, 5, 6, 8, 9]]


def test_numbers_count_the_blocks_of_the_request_and_not_those_of_the_batch() -> None:
    target = Target(Style("nothing", numbers=True), bad={8: ("ESH:12",)})
    assert list(target.settle(blocks(9)[4:])) == [8]
    assert target.requests == [[5, 6, 7, 8, 9], [5, 6, 7, 9]]


def test_info_that_leaves_out_as_many_as_have_problems_settles_all_at_once() -> None:
    target = Target(Style(info="taken"), bad={2: ("ESH:28",), 4: ("ESH:28",)})
    assert list(target.settle(blocks(5))) == [2, 4]
    assert len(target.requests) == 1


def test_what_info_lists_is_not_sent_again_where_problems_differ() -> None:
    target = Target(Style(info="taken"), bad={2: ("ESH:28",), 4: ("ESH:05",), 6: ("ESH:28", "ESH:05")})
    failed = target.settle(blocks(9))
    assert {number: verdict.code for number, verdict in failed.items()} == {2: "ESH:28", 4: "ESH:05", 6: "ESH:28"}
    assert {number for request in target.requests[1:] for number in request} == {2, 4, 6}


def test_info_that_lists_all_proves_nothing() -> None:
    target = Target(Style("nothing", info="all"), bad={2: ("ESH:28",)})
    assert list(target.settle(blocks(5))) == [2]
    assert target.ours == {1, 3, 4, 5}


def test_info_that_lists_blocks_with_a_problem_proves_nothing() -> None:
    numbered, unnumbered = AnswerProblem("ESH:12", "Enrollment [1] - date", 1), AnswerProblem("ESH:28", "failed", None)
    answers = [
        BatchAnswer(False, frozenset({3, 4, 5}), (numbered, unnumbered, unnumbered, unnumbered)),
        BatchAnswer(False, None, (unnumbered,) * 4),
    ]
    assert {number: verdict.code for number, verdict in told(blocks(5), answers).items()} == {
        1: "ESH:12",
        **dict.fromkeys(range(2, 6), "ESH:28"),
    }


def test_info_that_leaves_out_what_was_placed_and_more_is_believed() -> None:
    target = Target(Style(info="taken"), bad={1: ("ESH:01",), 2: ("ESH:12", "ESH:05")}, before={3: True})
    whole = [block(1), *(block(at, email=None, employee_id=f"E{at}") for at in (2, 3, 4))]
    assert list(target.settle(whole)) == [1, 2, 3]
    assert 4 not in {number for request in target.requests[1:] for number in request}


def test_the_report_settles_what_the_answer_does_not_tell() -> None:
    target = Target(Style(report=True), bad={2: ("ESH:28",)})
    assert list(target.settle(blocks(5))) == [2]
    assert (len(target.requests), target.reports) == (1, 1)


@pytest.mark.parametrize("text", ["'U2@X.org' is not a user", "u2@x.org.", "the email address “u2@x.org” is wrong"])
def test_an_address_in_the_message_names_all_blocks_of_its_learner(text: str) -> None:
    whole = [block(1, email="uu2@x.org"), block(2), block(3, email="U2@x.org", session_id="S2"), block(4)]
    answers = [BatchAnswer(False, None, (AnswerProblem("ESH:21", text, None),)), BatchAnswer(True, None, ())]
    assert told(whole, answers) == {1: LOADED, 4: LOADED, 2: BlockVerdict("failed", "ESH:21", text)} | {
        3: BlockVerdict("failed", "ESH:21", text)
    }


def test_an_id_counts_only_in_quotation_marks_and_where_it_is_no_other_id() -> None:
    whole = [block(at, email=None, employee_id=str(at), session_id="1") for at in (1, 2, 3)]
    unknown = AnswerProblem("ESH:22", "the employee id '2' is not a user", None)
    answers = [BatchAnswer(False, None, (unknown,)), BatchAnswer(True, None, ())]
    assert told(whole, answers)[2] == BlockVerdict("failed", "ESH:22", unknown.message)
    enrolled = AnswerProblem("ESH:26", "already enrolled into session '1'", None)
    answers = [BatchAnswer(False, None, (enrolled,)), BatchAnswer(True, None, ()), BatchAnswer(True, None, ())]
    failed = BlockVerdict("failed", "ESH:26", enrolled.message)
    assert told(whole, answers) == {1: LOADED, 2: LOADED, 3: failed}


def test_a_problem_of_a_group_belongs_to_all_its_blocks() -> None:
    target = Target(Style("nothing", once=True))
    whole = [block(at, group_name="A" if at <= 6 else "B") for at in range(1, 21)]
    target.bad = dict.fromkeys(range(1, 7), ("ESH:23",))
    assert list(target.settle(whole)) == [1, 2, 3, 4, 5, 6]
    assert len(target.requests) <= 7


def test_a_permission_is_one_of_group_and_course() -> None:
    whole = [block(1, course_id="C1"), block(2, course_id="C2"), block(3, course_id="C2")]
    problem = AnswerProblem("ESH:25", "no permission under 'Sales'", None)
    answers = [BatchAnswer(False, None, (problem,)), BatchAnswer(True, None, ())]
    failed = BlockVerdict("failed", "ESH:25", problem.message)
    assert told(whole, answers) == {1: LOADED, 2: failed, 3: failed}


def test_whoever_was_there_before_the_first_send_is_failed_and_whoever_answers_again_is_ours() -> None:
    target = Target(Style(numbers=True), bad={1: ("ESH:28",)}, before={2: False})
    failed = target.settle(blocks(1))
    assert failed[1].code == "ESH:28"
    target = Target(Style(), bad={3: ("ESH:28",)})
    assert list(target.settle(blocks(8))) == [3]
    assert target.ours == {1, 2, 4, 5, 6, 7, 8}


def test_what_cannot_be_told_apart_is_failed_and_only_then() -> None:
    blind = Target(Style("good"), before={5: False})
    assert {verdict.code for verdict in blind.settle(blocks(8)).values()} == {"ESH:26"}
    assert len(blind.verdicts) == 8
    for style in (Style("nothing"), Style(info="taken"), Style(report=True), Style(names=True)):
        assert list(Target(style, before={5: False}).settle(blocks(8))) == [5]


def test_after_a_doubtful_send_what_is_there_counts_as_loaded_unless_the_report_denies_it() -> None:
    for takes in ("good", "nothing"):
        assert Target(Style(takes), ours={1, 2}, before={5: False}).settle(blocks(8), doubtful=True) == {}
        seeing = Target(Style(takes, report=True), ours={1, 2}, before={5: False})
        assert list(seeing.settle(blocks(8), doubtful=True)) == [5]


def test_a_try_that_may_have_arrived_makes_its_own_blocks_doubtful() -> None:
    there = tuple(AnswerProblem("ESH:26", "already enrolled", None) for _ in range(2))
    verdicts: dict[int, BlockVerdict] = {}
    sent = [Sent(BatchAnswer(False, None, there), doubtful=True)]
    settle(blocks(2), lambda _: sent.pop(), lambda _: None, verdicts.update)
    assert verdicts == {1: LOADED, 2: LOADED}


@pytest.mark.parametrize("code", ["SU:10", "SU:9999", "ESH:11", "XX:77"])
def test_a_refused_call_marks_nothing(code: str) -> None:
    problems = (AnswerProblem("ESH:12", "Enrollment [1] - date", 1), AnswerProblem(code, "no", None))
    with pytest.raises(BatchRefused, match=f"{code}: no") as refused:
        told(blocks(3), [BatchAnswer(False, None, problems)])
    assert refused.value.problem == problems[1]


@pytest.mark.parametrize("names", [False, True])
@pytest.mark.parametrize(("takes", "info"), [("good", "taken"), ("good", "all"), ("nothing", "all")])
def test_a_code_that_nobody_knows_beside_listed_blocks_is_one_blocks(
    takes: Literal["good", "nothing"], info: Literal["taken", "all"], names: bool
) -> None:
    """Also once only the bad block is left, whose answer lists nothing any more."""
    target = Target(Style(takes=takes, info=info, names=names), bad={3: ("ESH:31",)})
    verdicts = target.settle(blocks(7))
    assert [(number, verdict.code) for number, verdict in verdicts.items()] == [(3, "ESH:31")]


def test_a_code_that_nobody_knows_where_no_block_was_ever_taken_may_be_about_the_call() -> None:
    answer = BatchAnswer(False, None, (AnswerProblem("ESH:31", "Something new", None),))
    with pytest.raises(BatchRefused) as refused:
        told(blocks(3), [answer])
    assert refused.value.may_be_blocks
    assert told(blocks(1), [answer])[1].code == "ESH:31"
    proof = Proof()
    told(blocks(1), [BatchAnswer(True, None, ())], proof)
    assert told(blocks(2)[1:], [answer], proof)[2].code == "ESH:31"
    assert {verdict.code for verdict in told(blocks(2), [answer] * 3, proof).values()} == {"ESH:31"}


def test_a_failure_without_an_error_marks_nothing() -> None:
    with pytest.raises(BatchRefused, match="without an error"):
        told(blocks(3), [BatchAnswer(False, None, ())])


def test_a_success_that_leaves_a_block_out_twice_is_no_proof() -> None:
    listed = [BatchAnswer(True, frozenset({1}), ()), BatchAnswer(True, frozenset({1}), ()), BatchAnswer(True, None, ())]
    found = told(blocks(3), listed[:2])
    assert (found[1], found[2], found[3].state, found[3].code) == (LOADED, LOADED, "failed", None)
    assert told(blocks(2), [listed[0], listed[2]]) == {1: LOADED, 2: LOADED}


def test_verdicts_are_handed_out_before_the_next_request() -> None:
    target = Target(Style(numbers=True), bad={1: ("ESH:12",)})

    def send(sent: Sequence[Block]) -> Sent:
        if target.requests:
            raise ConnectionError
        return target.send(sent)

    with pytest.raises(ConnectionError):
        settle(blocks(3), send, target.held, target.confirmed)
    assert list(target.verdicts) == [1]
    again = Target(ours=set(target.ours))
    assert again.settle(blocks(3)[1:], doubtful=True) == {}
    assert again.ours == {2, 3}


def told(whole: Sequence[Block], answers: Sequence[BatchAnswer], proof: Proof | None = None) -> dict[int, BlockVerdict]:
    """The verdicts when the target gives these answers, one a request, and no report."""
    verdicts: dict[int, BlockVerdict] = {}
    left = iter(answers)
    settle(whole, lambda _: Sent(next(left)), lambda _: None, verdicts.update, proof=proof)
    return verdicts
