"""Logging in to an SSH server: only to one whose host key is known, as OpenSSH does."""

from __future__ import annotations

import logging
import socket
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import paramiko

from rollbook.errors import CannotBegin, RollbookError, SourceAway
from sources.remote.address import Address
from sources.remote.host_keys import host_keys
from sources.remote.storage import SILENCE_SECONDS, Access

_PORT = 22
_ALIVE_SECONDS = 30
_FOR_ALL_USERS = Path("/etc/ssh/ssh_known_hosts")
# It prints what fails, with tracebacks, where nobody listens.
logging.getLogger("paramiko").addHandler(logging.NullHandler())


class _HostKey(Exception):
    """The server's host key is not the one that is known. known: those that are."""

    def __init__(self, key: paramiko.PKey, known: Sequence[paramiko.PKey]) -> None:
        super().__init__(key.get_name())
        self.key = key
        self.known = known


class _OnlyKnown(paramiko.MissingHostKeyPolicy):
    """Refuses every server whose host key is not one of these."""

    def __init__(self, known: Sequence[paramiko.PKey]) -> None:
        self._known = known

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        del client, hostname
        if key not in self._known:
            raise _HostKey(key, self._known)


class Login:
    """Who logs in where, and with what: of the address, the source, and `~/.ssh/config`, in this order."""

    def __init__(self, address: Address, access: Access) -> None:
        self.address = address
        self._access = access
        config = _config_of(address)
        if config.keys() & {"proxyjump", "proxycommand"}:
            raise address.refuse("~/.ssh/config reaches it through another machine (ProxyJump), which is not possible.")
        self.host = config.get("hostname", address.host).strip("[]")
        self.port = address.port or int(config.get("port", _PORT))
        self.user = address.user or config.get("user")
        self.key_files = [Path(file).expanduser() for file in config.get("identityfile", [])]
        self.known_hosts = [Path(file).expanduser() for file in config.get("userknownhostsfile", "").split()]
        self.known_hosts = self.known_hosts or [Path("~/.ssh/known_hosts").expanduser()]
        if access.key_file is not None:
            self.key_files = [access.key_file.expanduser()]
        if access.known_hosts is not None:
            self.known_hosts = [access.known_hosts.expanduser()]
        self._only_named_keys = access.key_file is not None or config.get("identitiesonly", "no") == "yes"

    @property
    def name(self) -> str:
        """The server, as files of host keys name it."""
        return self.host if self.port == _PORT else f"[{self.host}]:{self.port}"

    def connect(self) -> paramiko.SSHClient:
        """A connection to the server; raises CannotBegin with what to do, SourceAway where it does not answer."""
        known = host_keys(self.name, self._all_known_hosts())
        client = paramiko.SSHClient()  # that knows no host keys itself, so that its policy judges all of them
        client.set_missing_host_key_policy(_OnlyKnown(known))
        try:
            client.connect(
                self.host,
                self.port,
                self.user,
                self._access.password,
                key_filename=[str(file) for file in self._usable_keys()],  # type: ignore[arg-type]  # it takes several
                allow_agent=not self._only_named_keys,
                look_for_keys=not self._only_named_keys,
                timeout=SILENCE_SECONDS,
                banner_timeout=SILENCE_SECONDS,
                auth_timeout=SILENCE_SECONDS,
                transport_factory=partial(_preferring, [key.get_name() for key in known]),
            )
        except Exception as error:
            client.close()
            raise self._plain(error) from error
        transport = client.get_transport()
        assert transport is not None
        transport.set_keepalive(_ALIVE_SECONDS)
        return client

    def _all_known_hosts(self) -> list[Path]:
        return self.known_hosts if self._access.known_hosts is not None else [*self.known_hosts, _FOR_ALL_USERS]

    def _usable_keys(self) -> list[Path]:
        """The key files; raises CannotBegin where the one of the source is missing."""
        missing = [file for file in self.key_files if not file.is_file()]
        if missing and self._access.key_file is not None:
            raise self.address.refuse(f"there is no key file {missing[0]}. Correct key_file of the source.")
        return [file for file in self.key_files if file not in missing]

    def _plain(self, error: Exception) -> RollbookError:
        if isinstance(error, RollbookError):
            return error
        if isinstance(error, _HostKey):
            return self.address.refuse(self._changed(error) if error.known else self._unknown(error.key))
        if isinstance(error, paramiko.PasswordRequiredException):
            return self.address.refuse(f"the key file needs a passphrase. Put it into {self._access.password_name}.")
        if isinstance(error, paramiko.SSHException | ValueError) and (unread := self._unread_key()):
            return self.address.refuse(unread)
        if isinstance(error, paramiko.AuthenticationException):
            return self.address.refuse(self._no_login())
        told = _reason(error)
        away = f"{self.address.text}: the server {self.name} does not answer ({told})"
        return SourceAway(f"{away}. Check the name and the port, or try again later.")

    def _unread_key(self) -> str | None:
        """What is wrong with a key file that cannot be used; None where each can."""
        for file in self._usable_keys():
            if not _is_key(file):
                return f"{file} is no private key as OpenSSH writes it. Name the one without .pub, or convert it."
            if self._access.password is not None and not _opens(file, self._access.password):
                return f"the passphrase in {self._access.password_name} does not open {file}. Correct it."
        return None

    def _unknown(self, key: paramiko.PKey) -> str:
        port = "" if self.port == _PORT else f"-p {self.port} "
        return (
            f"the host key of {self.name} is not in {self.known_hosts[0]}, so it is not sure which server this is. "
            f"Its key is {_described(key)}. If its operator names the same, add it: "
            f"ssh-keyscan {port}{self.host} >> {self.known_hosts[0]}"
        )

    def _changed(self, error: _HostKey) -> str:
        known = " or ".join(map(_described, error.known))
        return (
            f"the host key of {self.name} has changed: it is {_described(error.key)}, and in "
            f"{self.known_hosts[0]} it is {known}. This may be another server that pretends to be "
            "this one; nothing was sent to it. Ask its operator. If they changed the key, remove the old one "
            f"(ssh-keygen -R '{self.name}' -f {self.known_hosts[0]}), then add the new one."
        )

    def _no_login(self) -> str:
        keys = ", ".join(map(str, self.key_files)) or "the usual keys in ~/.ssh"
        return (
            f"{self.name} does not accept the login of {self.user or 'this user'} with {keys}. Add the public key to "
            "the account there, or name another one with key_file of the source."
        )


def _is_key(file: Path) -> bool:
    """Whether a file is a private key, with a passphrase or without."""
    try:
        paramiko.PKey.from_path(file)
    except TypeError:  # it has a passphrase
        return True
    except (ValueError, OSError, paramiko.SSHException):
        return False
    return True


def _opens(file: Path, passphrase: str) -> bool:
    """Whether a private key opens with this passphrase; one that has none opens with any."""
    try:
        paramiko.PKey.from_path(file, passphrase.encode())  # type: ignore[arg-type]  # bytes it is
    except TypeError:  # it has none
        return True
    except (ValueError, paramiko.SSHException):
        return False
    return True


def _config_of(address: Address) -> dict[str, Any]:
    """What `~/.ssh/config` says of the host."""
    file = Path("~/.ssh/config").expanduser()
    if not file.is_file():
        return {}
    try:
        return dict(paramiko.SSHConfig.from_path(str(file)).lookup(address.host))
    except (paramiko.SSHException, ImportError, ValueError, OSError) as error:
        raise CannotBegin(f"{file} cannot be read: {error}. Correct it.") from error


def _preferring(kinds: Sequence[str], sock: Any, **more: Any) -> paramiko.Transport:
    """A transport that asks for a host key of these kinds first: a server may have several."""
    transport = paramiko.Transport(sock, **more)
    options = transport.get_security_options()
    wanted = {kind for name in kinds for kind in _RSA_SIGNATURES.get(name, (name,))}
    options.key_types = sorted(options.key_types, key=lambda kind: kind not in wanted)
    return transport


# An RSA key signs in several ways.
_RSA_SIGNATURES = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}


def _described(key: paramiko.PKey) -> str:
    return f"{key.get_name()} {key.fingerprint}"


def _reason(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "there is no such name"
    if isinstance(error, TimeoutError):
        return f"nothing came for {SILENCE_SECONDS} s"
    told = str(error).removeprefix("[Errno None] ")  # paramiko's, of several addresses
    return " ".join(told.split())[:200] or type(error).__name__
