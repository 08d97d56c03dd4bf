"""A machine of a test's own: this one, with folders of its own in place of those that a set-up writes to.

It is a mount namespace, which only root may make. What is done in it is seen nowhere else, and gone when it ends.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_NEEDED = ("cron", "msmtp", "mail", "setpriv", "unshare", "nsenter", "useradd")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Copied, and empty.
_COPIED = ("/etc", "/usr/local/bin")
_EMPTY = ("/opt", "/srv", "/run", "/var/spool/cron/crontabs")


def why_no_machine() -> str | None:
    """Why there can be none: it is not root who asks, or programs are missing."""
    missing = [name for name in _NEEDED if shutil.which(name, path=_PATH) is None]
    if missing:
        return f"a set-up by docs/operating-install.md cannot be tried: no {', '.join(missing)} (Debian: see .ci/run)"
    probe = ["unshare", "--mount", "--propagation", "private", "mount", "-t", "tmpfs", "tmpfs", "/srv"]
    if subprocess.run(probe, check=False, capture_output=True).returncode:
        return "a set-up by docs/operating-install.md cannot be tried: only root may make a mount namespace"
    return None


class Machine:
    """Runs commands in the namespace of a process that waits; the program is in /opt/rollbook/.venv."""

    def __init__(self, pid: int) -> None:
        self._enter = ["nsenter", "--mount", "--wd=/", f"--target={pid}"]
        self._environment = {"PATH": _PATH, "LANG": "C.UTF-8"}

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command, as root."""
        command = [*self._enter, *words]
        return subprocess.Popen(
            command, env=self._environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def sh(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run lines of a shell, as root; what they print is one text."""
        return subprocess.run(
            [*self._enter, "sh", "-c", script],
            env=self._environment,
            text=True,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def do(self, script: str) -> str:
        """The same, where it must end well."""
        ended = self.sh(script)
        assert ended.returncode == 0, (script, ended.stdout)
        return ended.stdout

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file of root's."""
        subprocess.run(
            [*self._enter, "sh", "-c", f"cat > '{path}' && chmod {mode:o} '{path}'"], input=text, text=True, check=True
        )


@contextmanager
def machine(folder: Path) -> Iterator[Machine]:
    """A machine; folder: where it keeps its own folders meanwhile."""
    command = ["unshare", "--mount", "--propagation", "private", "sleep", "infinity"]
    with subprocess.Popen(command) as waiting:
        try:
            _wait_until_apart(waiting.pid)
            made = Machine(waiting.pid)
            _set_up(made, folder)
            yield made
        finally:
            waiting.kill()


def _wait_until_apart(pid: int) -> None:
    """Until the process has its own mounts: before, what is mounted would be so for everybody."""
    ours, until = Path("/proc/self/ns/mnt").readlink(), time.monotonic() + 30
    while Path(f"/proc/{pid}/ns/mnt").readlink() == ours:
        assert time.monotonic() < until
        time.sleep(0.01)


def _set_up(machine: Machine, folder: Path) -> None:
    kept = [Path(sys.base_prefix), Path(sys.prefix), ROOT]
    for number, path in enumerate(kept):
        machine.do(f"mkdir -p '{folder}/kept/{number}' && mount --bind '{path}' '{folder}/kept/{number}'")
    for place in _COPIED:
        copy = f"{folder}{place}"
        machine.do(f"mkdir -p '{copy}' && cp -a '{place}/.' '{copy}' && mount --bind '{copy}' '{place}'")
    for place in _EMPTY:
        machine.do(f"mkdir -p '{place}' && mount -t tmpfs -o mode=755 tmpfs '{place}'")
    machine.do(f"mkdir -p /opt/rollbook/.venv && mount --bind '{folder}/kept/1' /opt/rollbook/.venv")
    _open(machine, folder, kept)
    machine.do("rm -f /etc/cron.d/* && : > /etc/crontab")


def _open(machine: Machine, folder: Path, kept: Sequence[Path]) -> None:
    """Put what is in folders that only root may look into where every user finds it by the same name."""
    closed = {top for path in kept for top in _closed(path)}
    for top in closed:
        machine.do(f"mount -t tmpfs -o mode=755 tmpfs '{top}'")
    for number, path in enumerate(kept):
        if closed & set(path.parents):
            machine.do(f"mkdir -p '{path}' && mount --bind '{folder}/kept/{number}' '{path}'")


def _closed(path: Path) -> list[Path]:
    """The topmost folder above a path that others may not pass."""
    return [parent for parent in reversed(path.parents) if not parent.stat().st_mode & 0o001][:1]
