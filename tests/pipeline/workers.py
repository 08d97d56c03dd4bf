"""The processes that judge beside a run: found, killed, waited for."""

import time
from collections.abc import Callable

import psutil


def workers_of(pid: int) -> list[psutil.Process]:
    """The processes that a run of this number started to judge files or parts."""
    try:
        return [child for child in psutil.Process(pid).children() if _judges(child)]
    except psutil.NoSuchProcess:
        return []


def family_of(pid: int) -> list[psutil.Process]:
    """All processes that it started, and theirs."""
    return psutil.Process(pid).children(recursive=True)


def _judges(process: psutil.Process) -> bool:
    try:
        return any("spawn_main" in word for word in process.cmdline())
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return False


def has_ended(process: psutil.Process) -> bool:
    """Whether a process is gone, or only waits to be asked how it ended."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def within(seconds: float, is_so: Callable[[], bool]) -> bool:
    """Whether it comes to be so in that time."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
