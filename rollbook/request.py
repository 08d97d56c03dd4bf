"""What a run was asked to do. It is recorded with the run, so that `resume` can finish it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rollbook.addresses import copy_of, is_address, on_disk
from rollbook.notify_settings import Language
from rollbook.options import OnConflict, OnExisting
from rollbook.profile import Limits
from rollbook.settings import Settings

# The command of a run that imports cases as they were corrected in the dashboard.
REPAIR = "repair"


@dataclass(frozen=True)
class Reply:
    """The mail by which corrected workbooks came back.

    sender: who is answered, and in which language. message_id: of the mail, without brackets, where it has one.
    """

    sender: str
    language: Language
    message_id: str | None = None


@dataclass(frozen=True)
class Request:
    """The options of one run; the database's address is kept apart, for it may hold a password.

    profiles: (name, TOML text) of every profile given, so that a run can be finished under the profile it began with.
    validate: every batch that is emitted is held to its schema.
    on_conflict, on_existing, limits: what the command line said; it stands above the profile.
    workers, dask: of a migration, how many processes here judge its files (0: as many as there are cores), or the
        address of the Dask scheduler whose workers do.
    folder: the one in which the command was given, against which its files are named.
    notify: whether those whom the settings name hear how it ended. drop_folder: the one that its file was dropped into.
    takes_files: whether people can put files there, corrected workbooks too; not where it is one file or a query.
    source: where files come from night after night, as people know it.
    beside: how many other files of the same feed the pass found there.
    reply: the mail that its files came in; its sender hears what became of them.
    query, key, queried: of a database that rows come from, the file with what is asked, the columns of the rows' key,
        and its address as it was named.
    """

    command: str
    files: tuple[str, ...] = ()
    destination: str = "database"
    out: str = "rollbook-out"
    profiles: tuple[tuple[str, str], ...] = ()
    on_conflict: OnConflict | None = None
    on_existing: OnExisting | None = None
    limits: Limits = Limits()
    validate: bool = False
    by: str | None = None
    retries: str | None = None
    settings: Settings = Settings()
    workers: int | None = None
    dask: str | None = None
    folder: str = ""
    notify: bool = False
    drop_folder: str | None = None
    takes_files: bool = True
    source: str | None = None
    beside: int = 0
    reply: Reply | None = None
    query: str | None = None
    key: tuple[str, ...] = ()
    queried: str | None = None

    def place(self, path: str) -> Path:
        """Where a file of the run is, from whatever folder the run is finished; of an address, where its copy is.

        path: as it was named.
        """
        return self.out_folder / copy_of(path) if is_address(path) else on_disk(str(Path(self.folder, path)))

    @property
    def repairs(self) -> bool:
        """Whether its rows are stored cases with what was changed in them."""
        return self.command == REPAIR

    @property
    def reads_files(self) -> bool:
        """Whether its rows are read from its files, and not from stored cases."""
        return self.retries is None and not self.repairs

    @property
    def migrates(self) -> bool:
        """Whether its files are judged beside the run's own process."""
        return self.workers is not None or self.dask is not None

    def to_json(self) -> str:
        """The request as JSON text, without the database's address."""
        plain = asdict(self)
        plain["limits"] = self.limits.model_dump(mode="json")
        plain["settings"] = self.settings.model_dump(mode="json", exclude={"database"})
        return json.dumps(plain)

    @classmethod
    def from_json(cls, text: str) -> "Request":
        """The request that `to_json` wrote."""
        plain = json.loads(text)
        plain["files"] = tuple(plain["files"])
        plain["reply"] = Reply(**plain["reply"]) if plain.get("reply") else None
        plain["key"] = tuple(plain.get("key", ()))
        plain["profiles"] = tuple((name, body) for name, body in plain["profiles"])
        plain["limits"] = Limits.model_validate(plain["limits"])
        plain["settings"] = Settings.model_validate(plain["settings"])
        return cls(**plain)

    @property
    def out_folder(self) -> Path:
        """The folder of all runs' reports."""
        return Path(self.out)
