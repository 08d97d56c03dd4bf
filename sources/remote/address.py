"""An address as people write it, in its parts; one with a password, or of a kind that is not safe, is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rollbook.errors import CannotBegin
from sources.remote.storage import Access

# Kind -> what to write instead.
_REFUSED = {
    "http": "https://, because http:// would send the file in plain text",
    "ftp": "sftp:// or https://, because ftp:// would send the file and the login in plain text",
    "ftps": "sftp:// or https://",
    "ssh": "sftp://",
    "scp": "sftp://",
    "s3a": "s3://",
    "imap": "imaps://, because imap:// would send the login and the mails in plain text",
}
_PARTS = re.compile(
    r"(?P<kind>.+?)://(?:(?P<user>[^/]*)@)?(?P<host>\[[^]/]+\]|[^:/@]*)(?::(?P<port>\d{1,5}))?(?P<path>/.*)?",
    re.DOTALL,
)


@dataclass(frozen=True)
class Address:
    """The parts of an address. text: the whole, which holds no password. path: begins with `/`, or is empty."""

    text: str
    kind: str
    user: str | None
    host: str
    port: int | None
    path: str

    @property
    def is_here(self) -> bool:
        """Whether it is this machine itself."""
        return is_this_machine(self.host)

    def refuse(self, why: str) -> CannotBegin:
        """An error about it."""
        return CannotBegin(f"{self.text}: {why}")


def is_this_machine(host: str) -> bool:
    """Whether a name or number is that of the machine itself."""
    return host.strip("[]") in ("localhost", "127.0.0.1", "::1")


def parse_address(text: str, access: Access) -> Address:
    """The parts; raises CannotBegin for a password, what cannot be read, and kinds that are refused."""
    found = _PARTS.fullmatch(text)
    kind = text.partition("://")[0]
    if found is None:
        raise CannotBegin(f"The {kind}:// address cannot be read. Write it as {kind}://HOST/PATH.")
    user = found["user"]
    if user is not None and (":" in user or kind == "s3"):
        raise CannotBegin(_no_password(kind, access))
    address = Address(text, kind, user, found["host"], int(found["port"] or 0) or None, found["path"] or "")
    if kind in _REFUSED and not (kind == "http" and address.is_here):
        raise address.refuse(f"{kind}:// is not supported. Use {_REFUSED[kind]}.")
    if "::" in kind:
        raise address.refuse("addresses within addresses are not supported. Write sftp://, s3:// or https://.")
    return address


def _no_password(kind: str, access: Access) -> str:
    remedies = {
        "sftp": f"Log in with a key file, or put the password into {access.password_name}",
        "s3": "Put the keys where AWS tools look for them, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    }
    remedy = remedies.get(kind, f"Put it into the environment variable {access.password_name}")
    return f"The {kind}:// address contains a password, which others could read. Remove it. {remedy}."
