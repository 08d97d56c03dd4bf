"""A program that uses the interface with a token, and a database with something to read."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from dashboard.access.users import hash_of_token
from rollbook.settings import DashboardSettings, Settings
from tests.dashboard.serving import opened

SHEET = "Email,Session ID,Status\nann@example.com,S-1,attended\nben@example.com,S-1,perhaps\n"
ROLES = ("look", "import", "repair", "administer")


@dataclass
class Program:
    """Asks with the token of a user."""

    url: str
    client: httpx.Client

    def get(self, path: str, **query: Any) -> httpx.Response:
        """Ask for something."""
        return self.client.get(f"{self.url}/api/v1{path}", params=query)

    def post(self, path: str, **more: Any) -> httpx.Response:
        """Ask for something to be done."""
        return self.client.post(f"{self.url}/api/v1{path}", **more)

    def send(self, files: Mapping[str, str | bytes], **fields: str) -> httpx.Response:
        """Send files by a form."""
        return self.post("/imports", files=[("file", pair) for pair in files.items()], data=fields)

    def ended(self, run: str) -> dict[str, Any]:
        """A run's object when it has ended."""
        while (told := self.get(f"/runs/{run}").json())["state"] == "running":
            pass
        return dict(told)


def installation(folder: Path) -> Settings:
    """One with a user of each role, whose token is the role's name and a word."""
    lines = [f'[{role}r]\nrole = "{role}"\ntokens = ["{hash_of_token(token_of(role))}"]\n' for role in ROLES]
    users = folder / "users.toml"
    users.write_text("\n".join(lines))
    dashboard = DashboardSettings(users=users, upload_mib=2, trusted_header="X-Remote-User")
    return Settings(database=f"sqlite:///{folder / 'test.db'}", out=folder / "out", dashboard=dashboard)


def token_of(role: str) -> str:
    """The token of the user with a role."""
    return f"{role}-token-of-a-test"


@contextmanager
def program(settings: Settings, role: str = "administer") -> Iterator[Program]:
    """One with that role."""
    with opened(settings) as browser:
        headers = {"authorization": f"Bearer {token_of(role)}"}
        with httpx.Client(trust_env=False, timeout=60, headers=headers) as client:
            yield Program(browser.url, client)
