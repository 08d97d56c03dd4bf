"""`rollbook serve`: one process that is told by a Prefect server when to look into the drop folder and the outbox."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

import httpx
from prefect import get_client
from prefect import serve as serve_deployments
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy, State, StateType
from prefect.schedules import Cron, Schedule
from prefect.settings import PREFECT_API_URL
from prefect.states import Crashed
from prefect.types.entrypoint import EntrypointType

from flows.deployments import deliver, nightly_import
from flows.tasks import Prefect
from ledger.database import open_database
from ledger.lock import hold
from pipeline.intake.fetch import access_to
from pipeline.intake.night_sources import sources_of
from pipeline.options import console_of, settings_of
from rollbook.errors import CannotBegin
from sources.drop_folder import DropFolder

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.deployments.runner import RunnerDeployment

    from rollbook.options import Invocation
    from rollbook.settings import Settings

FLOWS = [nightly_import.name, deliver.name]
LEASES = "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE"
LASTING_LEASES = "prefect.server.concurrency.lease_storage.filesystem"
_IN_MEMORY = "prefect.server.concurrency.lease_storage.memory"
_LEFT = [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]


def serve(invocation: Invocation, *, folder: str | None, create: bool) -> int:
    """Serve the deployments until interrupted; raises CannotBegin, and RunIsLive where that is done already.

    folder: in the place of `[nightly] folder`. create: an empty or missing database is made ours.
    """
    settings = settings_of(invocation)
    place = _folder(folder, settings)
    console = console_of(invocation)
    _check(settings)
    console.say(_check_leases())
    if invocation.database:  # for the flows' own processes; as a parameter it would be shown
        os.environ["ROLLBOOK_DATABASE_URL"] = invocation.database
    engine = open_database(settings.database, create=create)
    with hold(engine, "serve"):
        crashed = mark_orphans(settings.prefect.deployment)
        if crashed:
            console.say(f"{crashed} of the runs that an earlier `rollbook serve` left are marked as crashed.")
        deployments = made(settings, place, invocation.settings)
        for one in deployments:
            console.say(f"Serving {one.flow_name}/{one.name}: {one.description}")
        serve_deployments(*deployments, limit=1, pause_on_shutdown=False, print_starting_message=False)
    return 0


def _folder(named: str | None, settings: Settings) -> str | None:
    """What the flows pass over, None for all of the settings.

    A folder is looked at once, so that a wrong one is known at the start. A source may be away just now.
    """
    if named is None and settings.source:
        return None
    sources = sources_of(named, settings)
    if sources[0].name is not None:
        return sources[0].name
    return DropFolder(sources[0].place, access_to(settings)).url


def _check(settings: Settings) -> None:
    if not PREFECT_API_URL.value():
        start = f"{LEASES}={LASTING_LEASES} prefect server start"
        raise CannotBegin(f"Which Prefect server? Set PREFECT_API_URL; to start one: {start}")
    Prefect().check()
    try:
        ZoneInfo(settings.nightly.timezone)
        for cron in (settings.nightly.cron, settings.deliver.cron):
            Cron(cron)
    except (ValueError, OSError, LookupError) as error:
        raise CannotBegin(
            f"The schedule cannot be read: {error}. See [nightly] and [deliver] of the settings."
        ) from None


def _check_leases() -> str:
    """What is to be told of the server's leases; raises CannotBegin where it forgets them when it ends.

    A slot whose worker and server were killed together would never be free again.
    """
    setting = f"{LEASES}={LASTING_LEASES}"
    try:
        with get_client(sync_client=True) as client:
            server = client.request("GET", "/admin/settings").json()["server"]
        storage = server["concurrency"]["lease_storage"]
    except (httpx.HTTPError, LookupError, TypeError, ValueError):
        return f"Make sure that the Prefect server was started with {setting}: this cannot be checked from here."
    if storage == _IN_MEMORY:
        raise CannotBegin(
            f"Start the Prefect server with {setting}. Otherwise it forgets its concurrency slots when it is stopped."
        )
    return "The Prefect server keeps its concurrency slots."


def mark_orphans(deployment: str) -> int:
    """Mark the runs of our deployments of that name as crashed that nobody works on any more; how many.

    Only for who holds the lock `serve`.
    """
    with get_client(sync_client=True) as client:
        left = client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=FLOWS)),
            deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[deployment])),
            flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=_LEFT))),
        )
        for run in left:
            crashed: State[Any] = Crashed(
                message="The process that ran it is gone. The next run takes up what it left."
            )
            client.set_flow_run_state(run.id, crashed, force=True)
    return len(left)


def made(settings: Settings, folder: str | None, settings_file: Path | None) -> list[RunnerDeployment]:
    """The two deployments with their schedules, one run of each at a time."""
    name, zone = settings.prefect.deployment, settings.nightly.timezone
    found = settings_file or Path("rollbook.toml")
    shared = {"settings": str(found.absolute()) if found.exists() else None}
    plans = (
        (nightly_import, settings.nightly.cron, {"folder": folder}),
        (deliver, settings.deliver.cron, {"emitted": settings.deliver.emitted}),
    )
    return [_deployment(one, name, Cron(cron, timezone=zone), shared | own) for one, cron, own in plans]


def _deployment(one: Flow[..., Any], name: str, schedule: Schedule, parameters: dict[str, Any]) -> RunnerDeployment:
    limit = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE)
    made_now = one.to_deployment(
        name,
        description=f"{_first_line(one)} When: {schedule.cron} ({schedule.timezone}).",
        schedule=schedule,
        parameters=parameters,
        concurrency_limit=limit,
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    return cast("RunnerDeployment", made_now)  # a coroutine only where an event loop runs


def _first_line(one: Flow[..., Any]) -> str:
    return (one.description or "").partition("\n")[0]
