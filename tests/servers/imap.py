"""Dovecot on a free port of the loopback, by TLS alone, with one mailbox; and what a person does in it."""

from __future__ import annotations

import getpass
import imaplib
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from pathlib import Path

from tests.servers.listening import held_port

DOVECOT_MISSING = "Dovecot is not installed: no dovecot (Debian: package dovecot-imapd, in /usr/sbin)"
USER, PASSWORD = "rollbook@example.com", "pässwort"
_SECONDS_TO_START = 30
# Root's mail Dovecot refuses to touch.
_NOBODY = 65534
_CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
auth_mechanisms = {mechanisms}
mail_location = maildir:{folder}/mail
first_valid_uid = 1
default_internal_user = {internal}
default_login_user = {login}
default_internal_group = {group}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
{more}
"""


def dovecot_path() -> str | None:
    """Where the server's program is."""
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class Imap:
    """A server. certificate: vouches for it. url: of its inbox, without a login."""

    def __init__(self, folder: Path, certificate: Path, port: int) -> None:
        self.folder = folder
        self.certificate = certificate
        self.port = port
        self.url = f"imaps://127.0.0.1:{port}/INBOX"

    def put(self, mail: EmailMessage | bytes, folder: str = "INBOX") -> None:
        """Let a mail arrive."""
        content = mail if isinstance(mail, bytes) else mail.as_bytes(policy=SMTP)
        with self._open(folder) as server:
            assert server.append(folder, "", "", content)[0] == "OK"

    def mails(self, folder: str = "INBOX") -> list[EmailMessage]:
        """What is in a folder."""
        with self._open(folder) as server:
            return [
                message_from_bytes(part[1], policy=default)
                for number in server.search(None, "ALL")[1][0].split()
                for part in server.fetch(number.decode(), "(BODY.PEEK[])")[1]
                if isinstance(part, tuple)
            ]

    def there(self) -> dict[str, list[str]]:
        """The subjects of the mails of each folder that has some."""
        with self._open() as server:
            listed = [line.split()[-1].decode().strip('"') for line in server.list()[1] if isinstance(line, bytes)]
        found = {name: [str(mail["Subject"]) for mail in self.mails(name)] for name in listed}
        return {name: subjects for name, subjects in found.items() if subjects}

    def unread(self, folder: str = "INBOX") -> int:
        """How many mails of a folder nobody has read."""
        with self._open(folder) as server:
            return len(server.search(None, "UNSEEN")[1][0].split())

    @contextmanager
    def _open(self, folder: str = "INBOX") -> Iterator[imaplib.IMAP4]:
        trusted = ssl.create_default_context(cafile=str(self.certificate))
        with imaplib.IMAP4_SSL("127.0.0.1", self.port, ssl_context=trusted) as server:
            server.authenticate("PLAIN", lambda _: f"\0{USER}\0{PASSWORD}".encode())
            server.select(folder)
            yield server


@contextmanager
def imap_server(certificate: tuple[Path, Path], *more: str, mechanisms: str = "plain login") -> Iterator[Imap]:
    """A running server. more: lines of its settings."""
    program = dovecot_path()
    assert program is not None
    # Its sockets need a short path, and its mail a folder that others may pass.
    folder = Path(tempfile.mkdtemp(prefix="imap-", dir="/tmp"))
    try:
        with held_port() as port:
            server = Imap(folder, certificate[0], port)
            _set_up(server, certificate, more, mechanisms)
            with subprocess.Popen([program, "-F", "-c", str(folder / "dovecot.conf")]) as process:
                try:
                    _wait_until_up(server, process)
                    yield server
                finally:
                    process.terminate()
                    process.wait(_SECONDS_TO_START)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _set_up(server: Imap, certificate: tuple[Path, Path], more: Sequence[str], mechanisms: str) -> None:
    folder, is_root = server.folder, os.geteuid() == 0
    folder.chmod(0o755)
    (folder / "mail").mkdir()
    if is_root:
        os.chown(folder / "mail", _NOBODY, _NOBODY)
    users = ("dovecot", "dovenull", "dovecot") if is_root else (getpass.getuser(),) * 3
    ids = (_NOBODY, _NOBODY) if is_root else (os.getuid(), os.getgid())
    text = _CONFIG.format(
        folder=folder,
        certificate=certificate[0],
        key=certificate[1],
        mechanisms=mechanisms,
        internal=users[0],
        login=users[1],
        group=users[2],
        password=PASSWORD,
        uid=ids[0],
        gid=ids[1],
        port=server.port,
        more="\n".join(more),
    )
    (folder / "dovecot.conf").write_text(text, encoding="utf-8")


def _wait_until_up(server: Imap, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", server.port)) == 0:
                return
        time.sleep(0.02)
    log = server.folder / "log"
    raise RuntimeError(f"Dovecot did not start: {log.read_text(errors='replace') if log.exists() else 'no log'}")
