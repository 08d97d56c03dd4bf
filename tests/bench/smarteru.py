"""The bars of SmarterU: what emitting, sending and telling errors apart cost."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from destinations.smarteru.answers import parse_answer
from destinations.smarteru.attribution import BlockVerdict, Sent, settle
from destinations.smarteru.blocks import Block
from destinations.smarteru.client import SmarterU, Wire
from destinations.smarteru.package import batch_bytes
from tests.bench.measuring import ROLLBOOK, timed, watched
from tests.bench.report import Bar, Figure
from tests.servers.smarteru import Style, smarteru_server

SENT = 2_000
BATCH = 100
# What a request takes at least that goes to a server elsewhere.
PAUSE_SECONDS = 0.05
_FORM = "%Y-%m-%d"


def measure(folder: Path, rows: int, rounds: int) -> tuple[list[Bar], list[Figure]]:
    """The bars and figures; `rows` blocks are emitted."""
    writing, step, memory = _emission(folder / "emission", rows, rounds)
    outside, at_once = (_sending(folder / "sending", pause) for pause in (PAUSE_SECONDS, 0.0))
    bars = [
        Bar(f"emitting {rows:,} blocks as XML, against bare lxml", writing, 1.5, "x"),
        Bar("memory of emitting them, above an idle process", memory, 300, "MiB"),
        Bar(f"sending {SENT:,} blocks: time outside of requests that take 50 ms", 100 * outside, 15, "%"),
        Bar(f"further requests to find 1 bad block of {BATCH}, at most", further_requests(), 8, "requests"),
    ]
    figures = [
        Figure(f"emitting {rows:,} blocks, with reading the ledger and .blocks.csv, against bare lxml", step, "x"),
        Figure(
            f"sending {SENT:,} blocks: time outside of requests that take no time but their work", 100 * at_once, "%"
        ),
    ]
    return bars, figures


def _emission(folder: Path, rows: int, rounds: int) -> tuple[float, float, float]:
    """The XML alone and the whole step, as ratios to bare lxml (medians), and MiB above an idle process."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    database = f"sqlite:///{folder / 'ledger.db'}"

    def run(what: str, watching: bool = False) -> tuple[list[float], float]:
        out = folder / "out"
        command = (sys.executable, "-m", "tests.bench.emission", what, database, str(out), str(rows))
        done = (watched if watching else timed)(*command)
        shutil.rmtree(out, ignore_errors=True)
        return [float(word) for word in done.output.split()], done.peak_mib

    run("fill")
    ratios = []
    for _ in range(rounds):
        (bare,), (writing, step) = run("lxml")[0], run("emit")[0]
        ratios.append((writing / bare, step / bare))
    memory = run("emit", watching=True)[1] - run("idle", watching=True)[1]
    shutil.rmtree(folder)
    writing, step = (sorted(column)[len(column) // 2] for column in zip(*ratios, strict=True))
    return writing, step, memory


def _sending(folder: Path, pause: float) -> float:
    """The share of the time that sending takes outside of its requests."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sheet, database = folder / "history.csv", f"sqlite:///{folder / 'ledger.db'}"
    lines = (f"u{number}@example.com,G1,C1,S1,Attended,2023-05-04\n" for number in range(1, SENT + 1))
    sheet.write_text("E-mail,Group ID,Course ID,Session ID,Status,Session date\n" + "".join(lines))
    emitted = timed(
        ROLLBOOK, "import", str(sheet), "--to", "smarteru-xml", "--database", database, "--out", str(folder), "--json"
    )
    told = json.loads(emitted.output)
    with _server_process(SENT, pause) as environment:
        command = (sys.executable, "-m", "tests.bench.sending", database, told["run"])
        done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=True)
    seconds, within = map(float, done.stdout.split())
    shutil.rmtree(folder)
    return (seconds - within) / seconds


@contextmanager
def _server_process(users: int, pause: float) -> Iterator[dict[str, str]]:
    """A SmarterU as a process of its own; yields what its clients have in their environment."""
    command = (
        sys.executable,
        "-m",
        "tests.servers.smarteru",
        "--port",
        "0",
        "--users",
        str(users),
        "--pause",
        str(pause),
    )
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            told = [server.stdout.readline() for _ in range(3)]
            yield dict(re.findall(r"export (\w+)=(.*)", "".join(told)))
        finally:
            server.terminate()


def further_requests() -> int:
    """Over all places of one bad block that no message and no report tells: the most requests after the first."""
    return max(_requests(bad) - 1 for bad in range(1, BATCH + 1))


def _requests(bad: int) -> int:
    style = Style(takes="nothing", info="none", numbers="none", names=False, report=False)
    with smarteru_server(style=style) as server:
        for number in range(10, 10 + BATCH):
            server.state.add_user(f"v{number}@example.com", None, "G1")
        blocks = [_block(number, "S404" if number == bad else "S1") for number in range(1, BATCH + 1)]
        wire = Wire(
            server.url, server.account_api, server.user_api, timeout=10, tries=1, pause=0.01, most_bytes=1 << 20
        )
        verdicts: dict[int, BlockVerdict] = {}
        with SmarterU(wire) as target:

            def send(some: Sequence[Block]) -> Sent:
                return Sent(parse_answer(target.call(batch_bytes(some, date_format=_FORM)).body))

            settle(blocks, send, lambda _: None, verdicts.update)
        if [number for number, verdict in verdicts.items() if verdict.state == "failed"] != [bad]:
            raise RuntimeError(f"Block {bad} was not found: {verdicts}")
        return len(server.requests)


def _block(number: int, session: str) -> Block:
    return Block(
        number, f"v{number + 9}@example.com", None, None, "G1", "C1", session, "Attended", None, date(2023, 5, 4)
    )
