"""What a Prefect server knows, asked over its API as its pages ask."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

Found = dict[str, Any]
PREFECT = str(Path(sys.executable).with_name("prefect"))
_SECONDS_TO_START = 120


@dataclass(frozen=True)
class PrefectSide:
    """A server. url: as PREFECT_API_URL names it. environment: what its clients run in."""

    url: str
    environment: dict[str, str]

    def asked(self, kind: str, **filters: Any) -> list[Found]:
        """All of a kind (`flow_runs`, `task_runs`, `artifacts`, …) that the filters let through."""
        found: list[Found] = []
        while True:
            answer = httpx.post(f"{self.url}/{kind}/filter", json={**filters, "offset": len(found)}, timeout=30)
            some: list[Found] = answer.raise_for_status().json()
            found += some
            if not some:
                return found

    def flow_runs(self, name: str) -> list[Found]:
        """The flow runs of that name, the earliest first."""
        named = {"flow_runs": {"name": {"any_": [name]}}}
        return sorted(self.asked("flow_runs", **named), key=lambda run: str(run["expected_start_time"]))

    def tasks(self, flow_run: Found) -> list[Found]:
        """The task runs of a flow run as they stand now, the earliest first."""
        found = self.asked("task_runs", flow_runs={"id": {"any_": [flow_run["id"]]}})
        return sorted(found, key=lambda run: str(run["start_time"]))

    def ended_tasks(self, flow_run: Found) -> list[Found]:
        """The same of a flow run that has ended: Prefect writes what its tasks report a little later."""
        before: list[Found] = []

        def settled() -> list[Found]:
            nonlocal before
            last, before = before, self.tasks(flow_run)
            ended = all(task["state_type"] in ("COMPLETED", "FAILED") for task in before)
            return before if ended and before == last else []

        found: list[Found] = until(settled, "the end of the tasks", 30)
        return found

    def artifacts(self, flow_run: Found) -> dict[str, Any]:
        """{key: what it shows} of a flow run."""
        found = self.asked("artifacts", artifacts={"flow_run_id": {"any_": [flow_run["id"]]}})
        return {artifact["key"]: artifact["data"] for artifact in found}

    def everything(self) -> dict[str, list[Found]]:
        """All that it knows of what ran, with every state that a run went through."""
        kinds = ("flows", "flow_runs", "task_runs", "logs", "artifacts", "variables", "deployments", "events")
        known = {kind: self.asked(kind) for kind in kinds if kind != "events"}
        for kind in ("flow_run", "task_run"):
            ids = [run["id"] for run in known[f"{kind}s"]]
            with httpx.Client(timeout=30) as client:
                told = [client.get(f"{self.url}/{kind}_states/", params={f"{kind}_id": each}).json() for each in ids]
            known[f"{kind} states"] = [state for states in told for state in states]
        return known

    def add_process_pool(self, name: str) -> None:
        """A work pool as `prefect work-pool create NAME --type process` makes it."""
        from prefect.workers.process import ProcessWorker

        template = ProcessWorker.get_default_base_job_template()
        self._post("work_pools/", name=name, type="process", base_job_template=template)

    def start_run(self, deployment: Found) -> None:
        """Let a deployment run now, as `prefect deployment run` does."""
        self._post(f"deployments/{deployment['id']}/create_flow_run", state={"type": "SCHEDULED"})

    def _post(self, place: str, **told: Any) -> None:
        httpx.post(f"{self.url}/{place}", json=told, timeout=30).raise_for_status()

    def prefect(self, *words: str, folder: Path, **options: Any) -> "subprocess.CompletedProcess[str]":
        """Prefect's own command line."""
        environment = {**self.environment, "PWD": str(folder)}
        command = [PREFECT, "--no-prompt", *words]
        return subprocess.run(
            command, env=environment, cwd=folder, capture_output=True, text=True, check=True, timeout=120, **options
        )


def state_of(run: Found) -> tuple[str, str | None]:
    """The kind of a run's state, and what it says."""
    return run["state"]["type"], run["state"]["message"]


def until(found: Callable[[], Any], what: str, seconds: float = 120) -> Any:
    """Wait until something is there."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        there = found()
        if there:
            return there
        time.sleep(0.3)
    raise AssertionError(f"{what} did not come within {seconds:g} seconds")


@contextmanager
def prefect_server_process(home: Path) -> Iterator[PrefectSide]:
    """`prefect server start`, a process of its own on a free port, as one starts it for `rollbook serve`."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    ours = {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PREFECT_SERVER_UI_ENABLED": "false",
    }
    lasting = {"PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem"}
    command = [PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    url = f"http://127.0.0.1:{port}/api"
    with (
        (home / "server.log").open("wb") as log,
        subprocess.Popen(
            command, env={**plain, **ours, **lasting}, stdout=log, stderr=log, start_new_session=True
        ) as server,
    ):
        try:
            until(lambda: _is_up(url, server), "the Prefect server", _SECONDS_TO_START)
            yield PrefectSide(url, {**plain, **ours, "PREFECT_API_URL": url, "PREFECT_RUNNER_POLL_FREQUENCY": "2"})
        finally:
            end(server)


def _is_up(url: str, server: "subprocess.Popen[bytes]") -> bool:
    assert server.poll() is None
    with suppress(httpx.HTTPError):
        return httpx.get(f"{url}/health", timeout=5).is_success
    return False


def end(process: "subprocess.Popen[Any]") -> None:
    """End a process that leads a session of its own, and all that it started."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(5)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(20)
