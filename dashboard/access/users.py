"""The users file: who may log in, with what role; it is read again whenever it changed."""

import hashlib
import hmac
import os
import re
import secrets
import tomllib
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Annotated

import tomlkit
from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter, ValidationError

from dashboard.access.passwords import FORM
from rollbook.errors import CannotBegin
from rollbook.options import Role

_NAME = re.compile(r"[^\s\x00-\x1f](?:[^\x00-\x1f]{0,188}[^\s\x00-\x1f])?")


class User(BaseModel):
    """A table of the file. tokens: SHA-256 of those for the HTTP API, which are too long to be guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: Role
    password_hash: Annotated[str, StringConstraints(pattern=FORM)] | None = None
    tokens: tuple[Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")], ...] = ()

    @property
    def mark(self) -> str:
        """What a session bears, so that it ends when the password is changed."""
        return hashlib.sha256((self.password_hash or "").encode()).hexdigest()[:16]


_USERS = TypeAdapter(dict[str, User])


class Users:
    """The users of a file; of none where there is no file in the settings."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = Lock()
        self._read: tuple[object, dict[str, User]] | None = None

    def all(self) -> dict[str, User]:
        """Name -> user; raises CannotBegin where the file is missing or cannot be understood."""
        if self._path is None:
            return {}
        try:
            found = self._path.stat()
            state = (found.st_mtime_ns, found.st_size, found.st_ino)
            with self._lock:
                if self._read is None or self._read[0] != state:
                    self._read = (state, parse_users(self._path.read_text(encoding="utf-8"), self._path))
                return self._read[1]
        except FileNotFoundError:
            told = f"There is no users file {self._path}."
            raise CannotBegin(f"{told} `rollbook dashboard --add-user NAME --role administer` makes it.") from None
        except (OSError, UnicodeDecodeError) as error:
            raise CannotBegin(f"The users file {self._path} cannot be read: {error}.") from None

    def find(self, name: str | None) -> User | None:
        """The user of that name."""
        return self.all().get(name) if name is not None else None

    def of_token(self, token: str) -> tuple[str, User] | None:
        """Whose token it is."""
        digest = hash_of_token(token)
        for name, user in self.all().items():
            if any(hmac.compare_digest(digest, known) for known in user.tokens):
                return name, user
        return None


def parse_users(text: str, path: Path) -> dict[str, User]:
    """The users in the text of a file; raises CannotBegin where it cannot be understood."""
    try:
        return _USERS.validate_python(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise CannotBegin(f"The users file {path} is not TOML: {error}. Correct the file.") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise CannotBegin(f"The users file {path}: {place}: {first['msg']}.") from None


def hash_of_token(token: str) -> str:
    """How a token is kept."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_token() -> str:
    """A token of 256 random bits."""
    return secrets.token_urlsafe(32)


def set_user(path: Path, name: str, role: Role | None, *, password_hash: str | None = None, token: str = "") -> Role:
    """Add a user, or change their password or role, or give them one more token; the role that they have now.

    role: None leaves it, or is `look` for a new user. What else is in the file stays as it is, comments too.
    Raises CannotBegin where the name cannot be one, or the file cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise CannotBegin("A user name has 1 to 190 characters, without spaces at its ends and without line breaks.")
    document = _document(path)
    table = document.setdefault(name, tomlkit.table())
    if role is not None or "role" not in table:
        table["role"] = role or "look"
    if password_hash is not None:
        table["password_hash"] = password_hash
    if token:
        table["tokens"] = [*table.get("tokens", []), hash_of_token(token)]
    _write(path, tomlkit.dumps(document))
    return str_role(table["role"])


def str_role(found: object) -> Role:
    """The role in a document, as a plain text."""
    role: Role = TypeAdapter(Role).validate_python(str(found))
    return role


def remove_user(path: Path, name: str) -> None:
    """Remove a user; raises CannotBegin if there is no user of that name."""
    document = _document(path)
    if name not in document:
        raise CannotBegin(f"There is no user {name} in {path}.")
    document.remove(name)
    _write(path, tomlkit.dumps(document))


def _document(path: Path) -> tomlkit.TOMLDocument:
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise CannotBegin(f"The users file {path} cannot be read: {error}.") from None
    parse_users(text, path)
    return tomlkit.parse(text)


def _write(path: Path, text: str) -> None:
    """Put the text in the file's place, whole or not at all; only its owner may read it."""
    parse_users(text, path)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise CannotBegin(f"The users file {path} cannot be written: {error.strerror}.") from None
