"""Settings of the installation: `rollbook.toml`, where it exists, and what the environment overrides."""

import os
import re
import tomllib
from datetime import date
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from rollbook.addresses import is_mailbox
from rollbook.errors import CannotBegin
from rollbook.notify_settings import NotifySettings
from rollbook.options import Role
from rollbook.text.durations import Duration
from rollbook.text.mail_addresses import MailAddress
from rollbook.text.toml_problems import toml_problem
from rollbook.unknown_keys import what_is_wrong

DEFAULT_DATABASE = "sqlite:///rollbook.db"
# System -> the variable of the environment that overrides its `url`.
ADDRESSES = {
    "smarteru": "ROLLBOOK_SMARTERU_URL",
    "moon": "ROLLBOOK_MOON_URL",
    "axcelerate": "ROLLBOOK_AXCELERATE_URL",
}


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ReadingSettings(_Section):
    """Limits on the child process that parses a file, and the size of a part."""

    memory_mib: int = Field(2048, ge=64, description="memory above the start that parsing one file may take, in MiB")
    seconds: int = Field(300, ge=1, description="time that parsing one file may take")
    part_rows: int = Field(50_000, ge=1, description="rows in a part: the unit of staging and of a retry")
    fetch_mib: int = Field(1024, ge=1, description="the largest file that is fetched from an address, in MiB")
    fetch_seconds: int = Field(900, ge=1, description="time that fetching one file may take")


class StageSettings(_Section):
    """Where a run's judged rows are, and where they are decided before anything is loaded."""

    folder: str | None = Field(
        None,
        description="a folder for judged parts that Dask workers and this machine both reach: a path, or a URL without "
        "a password; by default parts are in the run's own folder",
    )
    memory_mib: int = Field(384, ge=128, description="memory that deciding may take, in MiB; the rest goes to disk")


class RuleSettings(_Section):
    """Bounds that the rules read."""

    oldest: date = Field(date(1950, 1, 1), description="a date before this day is `date.too_old`")


class SmarterUSettings(_Section):
    """How batches are made and sent to SmarterU. What its documentation leaves open is a setting here."""

    url: str = Field("https://api.smarteru.com/apiv2/", description="address; ROLLBOOK_SMARTERU_URL overrides it")
    batch_size: int = Field(100, ge=1, le=10_000, description="blocks in a batch, at most")
    date_format: str = Field("%Y-%m-%d", description="how EnrolledDate is written")
    timeout: float = Field(60.0, gt=0, description="seconds that one request may take")
    tries: int = Field(4, ge=1, description="how often a request is sent at most when it does not get through")
    pause: float = Field(2.0, gt=0, description="seconds before the second try; doubled before each further one")
    answer_mib: int = Field(16, ge=1, description="the largest answer that is read, in MiB")
    page_size: int = Field(1000, ge=1, le=1000, description="lines of a page when reference data are read")
    learner_report: bool = Field(True, description="whether the account may read the learner report")


class RestSettings(_Section):
    """How a system is reached that takes rows one by one. What its documentation leaves open is a setting here."""

    batch_size: int = Field(200, ge=1, le=10_000, description="rows that are looked up, then written, at a time")
    timeout: float = Field(30.0, gt=0, description="seconds that one request may take")
    tries: int = Field(4, ge=1, description="how often a request is sent at most when it does not get through")
    pause: float = Field(1.0, gt=0, description="seconds before the second try; doubled before each further one")
    answer_mib: int = Field(16, ge=1, description="the largest answer that is read, in MiB")
    page_size: int = Field(100, ge=1, le=1000, description="lines of a page of a list")


class MoonSettings(RestSettings):
    """How Moon ERP is reached. What is read of it is read anew before it is overwritten, so a batch may be large."""

    batch_size: int = Field(500, ge=1, le=10_000, description="rows that are looked up, then written, at a time")
    url: str | None = Field(
        None, description="address, such as `https://moon.example/api`; ROLLBOOK_MOON_URL overrides it"
    )
    at_once: int = Field(8, ge=1, le=100, description="requests under way at the same time, at most")


class AxcelerateSettings(RestSettings):
    """How aXcelerate is reached, and the outcome codes that it takes."""

    url: str | None = Field(
        None,
        description="address, such as `https://TENANT.app.axcelerate.com/api`; ROLLBOOK_AXCELERATE_URL overrides it",
    )
    at_once: int = Field(4, ge=1, le=100, description="requests under way at the same time, at most")
    whole_classes: bool = Field(False, description="whether classes are listed whole, instead of contact by contact")
    report_chunk: int = Field(100, ge=1, le=1000, description="contacts that one report of modules is asked for")
    outcome_codes: list[str] = Field(
        [], description="outcome codes in addition to the national ones, such as a state's"
    )


class NightlySettings(_Section):
    """The drop folder of `rollbook nightly`, and when `rollbook serve` looks into it."""

    folder: str | None = Field(
        None, description="the drop folder of `rollbook serve`: a path or URL without a password"
    )
    cron: str = Field("15 2 * * *", description="when `rollbook serve` looks into it")
    timezone: str = Field("UTC", description="the time zone of the two `cron`s, such as `Europe/Paris`")
    settled_seconds: float = Field(10.0, ge=0, description="a file is taken when it did not change for so long")
    expect_within: Duration | None = Field(None, description="`26h`, `2d`: tell when nothing new came for so long")


class SourceSettings(_Section):
    """`[source.NAME]`: where files come from, night after night, and whose they are."""

    address: str = Field(description="a folder or file (a path, `sftp://`, `s3://`, `https://`), or a database address")
    profile: Path | None = Field(None, description="its profile, or a folder of profiles, instead of `profile`")
    owner: list[MailAddress] = Field([], description="mail addresses of those who send it")
    feed: str | None = Field(None, description="the name of the feed that its files bring")
    query: Path | None = Field(None, description="of a database, the file with the SQL of its query")
    key: list[str] = Field([], description="of a database, the columns that tell the rows apart")
    key_file: Path | None = Field(None, description="the private key for SFTP, instead of the usual ones")
    known_hosts: Path | None = Field(None, description="the file of host keys for SFTP, instead of the usual one")
    mail_mib: int = Field(40, ge=1, le=500, description="of a mailbox, the largest mail that is read, in MiB")

    @field_validator("owner", "key", mode="before")
    @classmethod
    def _one_or_several(cls, given: object) -> object:
        return [given] if isinstance(given, str) else given


class DeliverSettings(_Section):
    """When `rollbook serve` sends what waits."""

    cron: str = Field("*/30 * * * *", description="when `rollbook serve` sends what waits")
    emitted: bool = Field(False, description="whether what `--to smarteru-xml` only emitted is sent too")


class PrefectSettings(_Section):
    """What runs as Prefect flows."""

    deployment: str = Field("rollbook", description="the name of the deployments that `rollbook serve` makes")
    retries: int = Field(
        3, ge=0, description="how often a deployed flow tries again what a database or system away cut"
    )
    retry_seconds: float = Field(300.0, ge=0, description="seconds before each of these tries")
    notify: str | None = Field(None, description="the notification block, such as `custom-webhook/ops`")


class DashboardSettings(_Section):
    """Where `rollbook dashboard` listens, and who may look."""

    host: str = Field("127.0.0.1", description="where it listens; any but this machine's own address needs a login")
    port: int = Field(8765, ge=0, le=65535, description="the port that it listens on")
    names: list[str] = Field([], description="the host names that browsers may reach it by, beside `host`")
    user: str | None = Field(None, description="the name of the login")
    password_hash: str | None = Field(
        None, repr=False, description="what `rollbook dashboard --hash-password` made of the password"
    )
    users: Path | None = Field(None, description="the file of users that `rollbook dashboard --add-user` makes")
    trusted_header: str | None = Field(None, description="the header in which a reverse proxy says who is logged in")
    trusted_role_header: str | None = Field(
        None, description="the header in which it names their role, or their groups, with commas between them"
    )
    groups: dict[str, Role] = Field({}, description="group in that header -> its role")
    role: Role | None = Field(None, description="the role of whom neither that header nor the users file gives one")
    trusted_proxies: list[str] = Field(
        ["127.0.0.1", "::1"], description="addresses or networks of the proxies whose headers are believed"
    )
    monitors: list[str] = Field(
        ["127.0.0.1", "::1"],
        description="addresses or networks that may read `/healthz` and `/metrics` without a login",
    )
    page_size: int = Field(50, ge=1, le=500, description="lines on a page of a list")
    uploads: Path | None = Field(None, description="the folder of uploaded files, instead of `uploads` below `out`")
    upload_mib: int = Field(500, ge=1, description="the files that may be uploaded at a time, in MiB together")
    upload_days: int = Field(14, ge=1, description="days after which uploaded files are removed")

    @field_validator("trusted_proxies", "monitors")
    @classmethod
    def _networks(cls, given: list[str]) -> list[str]:
        for each in given:
            ip_network(each, strict=False)
        return given

    @field_validator("password_hash")
    @classmethod
    def _is_a_hash(cls, given: str | None) -> str | None:
        if given is not None and not re.fullmatch(r"scrypt\$\d+\$\d+\$\d+\$[\w+/=]+\$[\w+/=]+", given):
            raise ValueError("write what `rollbook dashboard --hash-password` prints")
        return given


class Settings(_Section):
    """Everything of `rollbook.toml`."""

    database: str = Field(DEFAULT_DATABASE, description="where the enrollments go; ROLLBOOK_DATABASE_URL overrides it")
    out: Path = Field(Path("rollbook-out"), description="the folder of reports, one sub-folder a run")
    profile: Path | None = Field(None, description="a profile, or a folder of profiles")
    reading: ReadingSettings = ReadingSettings()
    stage: StageSettings = StageSettings()
    rules: RuleSettings = RuleSettings()
    smarteru: SmarterUSettings = SmarterUSettings()
    moon: MoonSettings = MoonSettings()
    axcelerate: AxcelerateSettings = AxcelerateSettings()
    nightly: NightlySettings = NightlySettings()
    source: dict[Annotated[str, Field(pattern="^[a-z][a-z0-9_-]*$")], SourceSettings] = Field(
        {}, description="where `rollbook nightly` finds files: a table for each source"
    )
    deliver: DeliverSettings = DeliverSettings()
    prefect: PrefectSettings = PrefectSettings()
    # Its addresses may hold a secret: no run writes it down.
    notify: NotifySettings = Field(NotifySettings(), exclude=True)
    # It holds the hash of a password: no run writes it down.
    dashboard: DashboardSettings = Field(DashboardSettings(), exclude=True)

    @property
    def reads_replies(self) -> bool:
        """Whether corrected workbooks may come back as replies to messages."""
        return any(is_mailbox(source.address) for source in self.source.values())


def load_settings(path: Path | None) -> Settings:
    """The settings of `path`, else of `rollbook.toml` here where it exists; raises CannotBegin."""
    chosen = path or Path("rollbook.toml")
    if path is not None and not path.exists():
        raise CannotBegin(f"There is no settings file {path}.")
    raw = {}
    if chosen.exists():
        try:
            text = chosen.read_text(encoding="utf-8-sig")
            raw = tomllib.loads(text)
        except UnicodeDecodeError as error:
            raise CannotBegin(f"{chosen} is not UTF-8: {error}. Correct the file.") from error
        except tomllib.TOMLDecodeError as error:
            raise CannotBegin(f"{chosen} is not valid TOML: {toml_problem(text, error)}.") from error
    from_environment = os.environ.get("ROLLBOOK_DATABASE_URL")
    if from_environment:
        raw = {**raw, "database": from_environment}
    for system, name in ADDRESSES.items():
        address = os.environ.get(name)
        if address:
            raw = {**raw, system: {**raw.get(system, {}), "url": address}}
    chat = os.environ.get("ROLLBOOK_CHAT", "").split()
    if chat:
        raw = {**raw, "notify": {**raw.get("notify", {}), "chat": chat}}
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        wrong = what_is_wrong(Settings, first, first["loc"])
        raise CannotBegin(f"{chosen}: {place}: {wrong}. docs/settings.md lists every setting.") from error
