"""Whatever feeds send, one after the other: the database holds what their last words say under their policies."""

import itertools
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pipeline import app
from tests.pipeline.feeds.desk import Desk, Row, row
from tests.pipeline.feeds.model import FeedModel, Sent
from tests.servers.prepared import Prepared

WORDS = {"completed": "Completed", "no_show": "No show", "attended": "Attended", "cancelled": "Cancelled"}
SENDERS = ("hris", "lms", "")
# An example is several whole commands: few, and hundreds where more are asked for.
EXAMPLES = max(5, (settings.default or settings()).max_examples // 5)

LEARNERS = st.integers(0, 5)
LOOKS = st.dictionaries(LEARNERS, st.sampled_from((*sorted(WORDS), *sorted(WORDS), "perhaps")), min_size=1)


def _file(sender: str, looks: dict[int, str], unreadable: frozenset[int]) -> Sent:
    bad = frozenset(learner for learner, status in looks.items() if status == "perhaps")
    good = {learner: status for learner, status in looks.items() if learner not in bad}
    return Sent(sender, good, bad, unreadable)


FILES = st.builds(
    _file,
    sender=st.sampled_from(SENDERS),
    looks=LOOKS,
    unreadable=st.frozensets(st.integers(1, 2), max_size=1),
)
# A file, an earlier file again (by how many it lies back), or the last one taken back.
STEPS = st.lists(FILES | st.integers(1, 3) | st.just("undo"), min_size=2, max_size=7)
POLICIES = st.fixed_dictionaries(dict.fromkeys(("hris", "lms"), st.sampled_from(("cancel", "report"))))


@settings(max_examples=EXAMPLES)
@given(steps=STEPS, policies=POLICIES)
def test_the_last_words_of_feeds_stand(
    prepared: Prepared, steps: list[Sent | int | str], policies: dict[str, str]
) -> None:
    """Rows that are added, changed, vanished, back, and not to be read; files that are repeated, and taken back."""
    with tempfile.TemporaryDirectory() as folder, prepared.one("sqlite", Path(folder)) as url:
        desk = Desk(Path(folder), url)
        for name, policy in policies.items():
            desk.profile(name, name=name, complete=True, on_missing=policy)
        desk.profile("plain")
        model, sent, numbers = FeedModel(policies), list[Sent](), itertools.count()
        for step in steps:
            if isinstance(step, str):
                _undo(desk, model)
            elif isinstance(step, Sent) or len(sent) >= step:
                sent.append(step if isinstance(step, Sent) else sent[-step])
                _send(desk, model, sent[-1], next(numbers))
            assert desk.statuses() == {(f"l{each}@example.com", "S-1"): of for each, of in model.statuses.items()}


def _send(desk: Desk, model: FeedModel, sent: Sent, number: int) -> None:
    file = desk.file(_rows(sent), f"file-{number}.csv")
    told = app.run("import", file, "--profile", desk.folder / f"{sent.sender or 'plain'}.toml", *desk.place)
    expected = model.send(sent)
    if expected is not None and "feed" in told.told:
        found = {name: told.told["feed"][name] for name in ("missing", "back", "cancelled")}
        assert found == vars(expected)


def _rows(sent: Sent) -> list[Row]:
    good = [row(learner, WORDS[status]) for learner, status in sorted(sent.rows.items())]
    bad = [row(learner, "perhaps") for learner in sorted(sent.bad)]
    return [*good, *bad, *(("", "S-1", "Attended", str(each), "") for each in sorted(sent.unreadable))]


def _undo(desk: Desk, model: FeedModel) -> None:
    if model.before is None:
        return
    undone = app.run("undo", "last", *desk.place[:4])
    if undone.exit == 0:
        model.undo()
    model.before = None
