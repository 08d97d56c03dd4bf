"""Run whole processes: how long they take, and how much memory they and all their children hold together."""

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import psutil

ROLLBOOK = str(Path(sys.executable).with_name("rollbook"))
SAMPLE_SECONDS = 0.1
MIB = 1024 * 1024


@dataclass(frozen=True)
class Measured:
    """One process that ended: wall-clock seconds, standard output, and its peak in MiB (0 when it was not watched)."""

    seconds: float
    output: str
    peak_mib: float = 0.0


def timed(*command: str, exits: tuple[int, ...] = (0,)) -> Measured:
    """Run the command to its end; nothing watches it meanwhile. Raises RuntimeError on another exit code."""
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    _check(command, done.returncode, exits, done.stderr)
    return Measured(seconds, done.stdout)


def watched(*command: str, exits: tuple[int, ...] = (0,)) -> Measured:
    """The same, with its memory sampled ten times a second.

    Proportional set size: a page that several of its processes share, such as a mapped Arrow file, counts once. The
    database server is not one of its processes.
    """
    began = time.perf_counter()
    # Into files: nobody reads from a pipe meanwhile, and what a migration tells of its files fills one.
    with TemporaryFile("w+") as out, TemporaryFile("w+") as errors:
        with subprocess.Popen(command, stdout=out, stderr=errors) as process:
            peak = 0
            while process.poll() is None:
                peak = max(peak, _held_by(process.pid))
                time.sleep(SAMPLE_SECONDS)
            seconds = time.perf_counter() - began
        output, complaints = _whole(out), _whole(errors)
    _check(command, process.returncode, exits, complaints)
    return Measured(seconds, output, peak / MIB)


def _whole(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


def _held_by(pid: int) -> int:
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    return sum(_pss(process) for process in family)


def _pss(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0
    return int(getattr(full, "pss", full.rss))


def _check(command: tuple[str, ...], exit_code: int, exits: tuple[int, ...], complaints: str) -> None:
    if exit_code not in exits:
        raise RuntimeError(f"{' '.join(command)} ended with {exit_code}:\n{complaints[-3000:]}")
