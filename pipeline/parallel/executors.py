"""What does tasks beside the run's own process: processes here, or the workers of a Dask cluster.

A task is a plain function and what it is given; who does it, and when, changes nothing of what it gives back. Nothing
that lasts is kept here: that is the ledger's business.
"""

from __future__ import annotations

import os
import pickle
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from urllib.parse import urlsplit

from rollbook import __version__
from rollbook.errors import CannotBegin, Stopped
from rollbook.imports import swift_imports

if TYPE_CHECKING:
    from distributed import Client
    from pebble import ProcessPool

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
_REACH_SECONDS = 5.0
_WORKER_SECONDS = 30.0
_LOOK_SECONDS = 5.0
_DASK_PORT = 8786


class Lost(Exception):
    """The process that did a task died: of it, or of another one beside it."""


class Begun(Protocol[T_co]):
    """A task that was begun."""

    def wait(self) -> None:
        """Wait until it has ended, well or badly."""

    def result(self) -> T_co:
        """Wait for what it gives back; raises Lost, or what it raised."""


class Engine(Protocol):
    """Does tasks.

    tries: how often a task that is lost should be tried. has_our_disk: what a task leaves in the run's work folder is
    there for the next, and for us.
    """

    tries: int
    has_our_disk: bool

    @property
    def workers(self) -> int:
        """How many tasks are done at once."""

    def share(self, name: str, told: bytes) -> None:
        """Tell every worker once what all tasks need, those that come later too: `shared(name)` gives it there."""

    def submit(self, do: Callable[..., T], *arguments: Any) -> Begun[T]:
        """Begin a task."""

    def close(self) -> None:
        """End all tasks, and what does them."""


# What a Dask worker was told, by name. A process here finds it in the file of that name.
_SHARED: dict[str, bytes] = {}


@lru_cache(maxsize=2)
def shared(name: str) -> Any:
    """What `Engine.share` told of that name."""
    told = _SHARED[name] if name in _SHARED else Path(name).read_bytes()
    return pickle.loads(told)  # noqa: S301 - the run's own words


def is_alive() -> None:
    """A task that does nothing: whoever waits for it knows that tasks are done at all."""


class Processes:
    """Processes here, which end with this one. Results travel as files of `folder`: no pipe is ever full of them.

    warm: the module that each imports at once, so that the first task need not wait for it.
    """

    tries = 3
    has_our_disk = True

    def __init__(self, workers: int, folder: Path, *, warm: str) -> None:
        self.workers = workers
        self._folder = folder
        self._warm = warm
        self._numbers = count(1)
        self._pool: ProcessPool | None = None

    def share(self, name: str, told: bytes) -> None:
        """Write the file that is named."""
        Path(name).write_bytes(told)

    def submit(self, do: Callable[..., T], *arguments: Any) -> Begun[T]:
        """Begin a task; where the pool broke with its last process, in a new one."""
        into = self._folder / f"{next(self._numbers)}.result"
        if self._pool is not None and not self._pool.active:
            self.close()
        with uninterrupted():
            pool = self._started()
            return _Here(pool, pool.schedule(_do_into, (into, do, *arguments)), into)

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.stop()
            self._pool.join()
            self._pool = None

    def _started(self) -> ProcessPool:
        if self._pool is None:
            from multiprocessing import get_context

            from pebble import ProcessPool

            self._pool = ProcessPool(self.workers, 0, _begin_process, (self._warm,), context=get_context("spawn"))
        return self._pool


class _Here(Generic[T]):
    """A task of a process here."""

    def __init__(self, pool: ProcessPool, future: Future[None], into: Path) -> None:
        self._pool = pool
        self._future = future
        self._into = into

    def wait(self) -> None:
        """Wait for its end; of a pool that breaks meanwhile not all tasks hear."""
        while not wait([self._future], timeout=_LOOK_SECONDS).done and self._pool.active:
            pass

    def result(self) -> T:
        """What stands in its file, which goes."""
        from pebble import ProcessExpired

        self.wait()
        try:
            self._future.result(timeout=0)
        except (ProcessExpired, BrokenProcessPool, CancelledError, TimeoutError):
            raise Lost from None
        given: T = pickle.loads(self._into.read_bytes())  # noqa: S301 - our child's own words
        self._into.unlink()
        return given


@contextmanager
def uninterrupted() -> Iterator[None]:
    """A process or thread started meanwhile does not hear Ctrl-C: we end it, and say why."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin_process(warm: str) -> None:
    """Make a process ready: it ends with its parent, and has imported what it needs before the first task comes."""
    from multiprocessing import parent_process
    from threading import Thread

    parent = parent_process()
    assert parent is not None

    def wait() -> None:
        parent.join()
        os._exit(1)

    Thread(target=wait, daemon=True).start()
    with swift_imports():
        import_module(warm)


def _do_into(into: Path, do: Callable[..., object], *arguments: Any) -> None:
    given = do(*arguments)
    with into.open("wb") as file:
        pickle.dump(given, file, protocol=5)


class Cluster:
    """The workers of a Dask cluster, which see the same files at the same paths and have the same Rollbook."""

    # Dask tries a task four times before it gives it up.
    tries = 2
    has_our_disk = False

    def __init__(self, address: str, paths: Sequence[str] = (), *, warm: str) -> None:
        """Connect; raises CannotBegin where it cannot be, or where a worker does not see one of the paths.

        warm: the module that each worker imports at once: whatever it lacks is told now.
        """
        reach(address)
        self._address = address
        self._client = _connected(address)
        self._told: list[str] = []
        try:
            self._look_at_workers(paths, warm)
        except BaseException:
            self.close()
            raise

    @property
    def workers(self) -> int:
        """The threads of all workers that are there now."""
        return max(int(sum(self._client.nthreads().values())), 1)

    def share(self, name: str, told: bytes) -> None:
        """Tell every worker, and those that are started later."""
        self._client.register_plugin(_sharing(name, told), name=name)
        self._told.append(name)

    def submit(self, do: Callable[..., T], *arguments: Any) -> Begun[T]:
        """Begin a task."""
        return _There(self, self._client.submit(_do_there, do, *arguments, pure=False))

    def close(self) -> None:
        """Let go of the cluster; what it has begun for us it forgets, and what it was told."""
        with suppress(OSError, TimeoutError, ValueError):  # a cluster that is gone has forgotten it
            for name in self._told:
                self._client.unregister_worker_plugin(name)
        self._client.close()

    def look(self) -> None:
        """Raise Stopped where nobody is left to do a task."""
        try:
            if not self._client.nthreads():
                self._client.wait_for_workers(1, timeout=_WORKER_SECONDS)
        except (OSError, TimeoutError):
            raise self.gone("no worker is left") from None

    def gone(self, why: str) -> Stopped:
        """What to tell when the cluster does not go on."""
        return Stopped(f"The Dask cluster at {self._address} stopped working: {why}. To continue: rollbook resume")

    def _look_at_workers(self, paths: Sequence[str], warm: str) -> None:
        try:
            self._client.wait_for_workers(1, timeout=_WORKER_SECONDS)
            found = self._client.run(_look_around, list(paths[:1]), warm)
            self._client.submit(_look_around, [], warm, pure=False).result(timeout=_WORKER_SECONDS)
        except (ImportError, AttributeError) as error:
            raise CannotBegin(
                f"The Dask cluster at {self._address} cannot import Rollbook ({error}). "
                "Install it on the machines of its scheduler and its workers."
            ) from None
        except TimeoutError:
            raise CannotBegin(
                f"The Dask cluster at {self._address} has no worker. Start some: dask worker {self._address}"
            ) from None
        for worker, (version, missing) in found.items():
            if version != __version__:
                raise CannotBegin(
                    f"The Dask worker {worker} has Rollbook {version}, not {__version__}. Install {__version__} there."
                )
            if missing:
                raise CannotBegin(
                    f"The Dask worker {worker} does not see {missing[0]}. "
                    "Workers must see the files at the same paths as this machine."
                )


class _There(Generic[T]):
    """A task of a Dask cluster."""

    def __init__(self, cluster: Cluster, future: Any) -> None:
        self._cluster = cluster
        self._future = future

    def wait(self) -> None:
        """Wait for its end; raises Stopped where nobody is left to bring it about."""
        while not self._future.done():
            try:
                self._future.exception(timeout=_LOOK_SECONDS)
            except TimeoutError:
                self._cluster.look()
            except CancelledError:
                return

    def result(self) -> T:
        """What its worker sent."""
        from distributed import KilledWorker

        self.wait()
        try:
            given: T = pickle.loads(self._future.result())  # noqa: S301 - our worker's own words
        except KilledWorker:
            raise Lost from None
        except CancelledError:
            raise self._cluster.gone("its scheduler is gone or lost the run") from None
        return given


def reach(address: str) -> None:
    """Raise CannotBegin where nobody answers at the address of a scheduler; Dask itself would try for half a minute."""
    try:
        import distributed  # noqa: F401 - an extra, which need not be installed
    except ImportError:
        raise CannotBegin("--dask needs the package distributed: pip install 'rollbook[dask]'") from None
    try:
        parts = urlsplit(address if "://" in address else f"tcp://{address}")
        with socket.create_connection((parts.hostname or "", parts.port or _DASK_PORT), timeout=_REACH_SECONDS):
            return
    except (OSError, ValueError) as error:
        told = getattr(error, "strerror", None) or error
        raise CannotBegin(
            f"No Dask scheduler answers at {address} ({told}). Start one with `dask scheduler`, or use --workers."
        ) from None


def _connected(address: str) -> Client:
    from distributed import Client

    try:
        return Client(address, timeout=_REACH_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise CannotBegin(f"What answers at {address} is not a Dask scheduler ({type(error).__name__}).") from None


def _sharing(name: str, told: bytes) -> Any:
    from distributed import WorkerPlugin

    class Telling(WorkerPlugin):
        """Keeps what was told in the worker's process."""

        def setup(self, worker: Any) -> None:  # noqa: ARG002 - Dask hands it over
            keep_shared(name, told)

        def teardown(self, worker: Any) -> None:  # noqa: ARG002 - likewise
            keep_shared(name, None)

    return Telling()


def keep_shared(name: str, told: bytes | None) -> None:
    """Keep what all tasks of a run need; None: forget it."""
    _SHARED.pop(name, None)
    shared.cache_clear()
    if told is not None:
        _SHARED[name] = told


def _look_around(paths: Sequence[str], warm: str) -> tuple[str, list[str]]:
    """The version of a worker's Rollbook, and which of the paths it does not see."""
    import_module(warm)
    return __version__, [path for path in paths if not Path(path).exists()]


def _do_there(do: Callable[..., object], *arguments: Any) -> bytes:
    return pickle.dumps(do(*arguments), protocol=5)
