"""Logging in to a real SSH server, and everything that speaks against it."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from rollbook.errors import CannotBegin, SourceAway
from sources.drop_folder import DropFolder
from sources.remote.storage import ANONYMOUS, Access
from tests.servers.sshd import Sshd, make_key


def refusal(server: Sshd, access: Access) -> str:
    """Why the folder cannot be used."""
    with pytest.raises(CannotBegin) as caught:
        DropFolder(server.url, access)
    return str(caught.value)


def fingerprint(key: Path) -> str:
    """As OpenSSH's own tool gives it."""
    return subprocess.run(["ssh-keygen", "-lf", str(key)], check=True, capture_output=True, text=True).stdout.split()[1]


def test_an_unknown_host_key_is_refused_with_its_fingerprint(server: Sshd, access: Access) -> None:
    server.known_hosts.write_text(f"# nothing\n\nother.example.com {server.host_key.with_suffix('.pub').read_text()}")
    told = refusal(server, access)
    assert f"the host key of {server.name} is not in {server.known_hosts}" in told
    assert f"ssh-ed25519 {fingerprint(server.host_key)}" in told
    assert told.endswith(f"ssh-keyscan -p {server.port} 127.0.0.1 >> {server.known_hosts}")


def test_the_command_that_the_refusal_prints_makes_the_host_known(server: Sshd, access: Access) -> None:
    server.known_hosts.unlink()
    command = refusal(server, access).rpartition("add it: ")[2]
    subprocess.run(command, shell=True, check=True, capture_output=True)  # noqa: S602 - it is there to be pasted
    DropFolder(server.url, access)


def test_a_changed_host_key_is_refused_with_both_fingerprints(server: Sshd, access: Access) -> None:
    other = make_key(server.folder / "other")
    server.know(other)
    told = refusal(server, access)
    assert f"the host key of {server.name} has changed" in told
    assert fingerprint(server.host_key) in told
    assert fingerprint(other) in told
    assert f"ssh-keygen -R '{server.name}' -f {server.known_hosts}" in told


def test_a_key_of_another_kind_is_a_changed_one(server: Sshd, access: Access) -> None:
    server.know(make_key(server.folder / "other", kind="ecdsa"))
    assert "has changed" in refusal(server, access)


@pytest.mark.parametrize("content", [None, "hello", "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n"])
def test_a_file_that_is_no_private_key_is_named(server: Sshd, access: Access, content: str | None) -> None:
    """Such as the public half, or a key of another program."""
    file = server.folder / "login.pub"
    if content is not None:
        file = server.folder / "given"
        file.write_text(content)
    assert f"{file} is no private key as OpenSSH writes it" in refusal(server, replace(access, key_file=file))


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_a_wrong_passphrase_is_told_as_one(
    server: Sshd, access: Access, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = make_key(server.folder / kind, "rīga pass", kind)
    monkeypatch.setenv("ROLLBOOK_SOURCE_HR_PASSWORD", "rīga")
    told = refusal(server, replace(access, key_file=file))
    assert f"the passphrase in ROLLBOOK_SOURCE_HR_PASSWORD does not open {file}" in told


def test_one_of_several_known_keys_is_enough(server: Sshd, access: Access) -> None:
    """As where a service changes from one key to the next, or has several servers."""
    known = server.known_hosts.read_text()
    server.know(make_key(server.folder / "other"))
    server.known_hosts.write_text(server.known_hosts.read_text() + known)
    DropFolder(server.url, access)


def test_a_revoked_key_is_refused(server: Sshd, access: Access) -> None:
    known = server.known_hosts.read_text()
    server.known_hosts.write_text(f"{known}@revoked * {' '.join(known.split()[1:])}\n")
    assert "is not in" in refusal(server, access)


@pytest.mark.parametrize("names", ["hashed", "[127.0.0.*]:*", "other.example.com,{name}"])
def test_names_are_hashed_or_patterns(server: Sshd, access: Access, names: str) -> None:
    if names == "hashed":
        subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(server.known_hosts)], check=True, capture_output=True)
    else:
        text = server.known_hosts.read_text()
        server.known_hosts.write_text(text.replace(server.name, names.format(name=server.name)))
    DropFolder(server.url, access)


def test_a_name_that_a_pattern_excludes_is_unknown(server: Sshd, access: Access) -> None:
    text = server.known_hosts.read_text()
    server.known_hosts.write_text(text.replace(server.name, f"[127.0.0.1]:*,!{server.name}"))
    assert "is not in" in refusal(server, access)


@pytest.mark.parametrize(
    "line", ["{name} ssh-ed25519", "{name} ssh-ed25519 AAAA", "{name} ssh-magic AAAA", "|1|x|y a b"]
)
def test_damaged_lines_make_no_host_known(server: Sshd, access: Access, line: str) -> None:
    server.known_hosts.write_text(line.format(name=server.name) + "\n")
    assert "is not in" in refusal(server, access)


def test_a_missing_key_file_is_told(server: Sshd, access: Access) -> None:
    told = refusal(server, replace(access, key_file=server.folder / "nowhere"))
    assert f"there is no key file {server.folder / 'nowhere'}. Correct key_file of the source." in told


def test_a_key_that_the_server_does_not_know(server: Sshd, access: Access) -> None:
    told = refusal(server, replace(access, key_file=make_key(server.folder / "stranger")))
    assert f"does not accept the login of {server.user}" in told
    assert "Add the public key to the account there" in told


def test_a_passphrase_comes_from_the_environment(server: Sshd, access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "sesame", "-f", str(server.key_file)], check=True)
    assert "needs a passphrase. Put it into ROLLBOOK_SOURCE_HR_PASSWORD" in refusal(server, access)
    monkeypatch.setenv("ROLLBOOK_SOURCE_HR_PASSWORD", "sesame")
    DropFolder(server.url, access)


def test_the_user_s_own_ssh_settings_hold(server: Sshd, home: Path) -> None:
    """Name, port, user, key and file of host keys stand in `~/.ssh/config`, as for `sftp`."""
    (home / ".ssh" / "config").write_text(
        f"Host files\n  HostName 127.0.0.1\n  Port {server.port}\n  User {server.user}\n"
        f"  IdentityFile {server.key_file}\n  UserKnownHostsFile {server.known_hosts}\n"
    )
    (server.drop / "a.csv").touch()
    assert list(DropFolder(f"sftp://files{server.drop}", ANONYMOUS).look()) == ["a.csv"]


def test_without_settings_the_usual_files_are_used(server: Sshd, home: Path) -> None:
    (home / ".ssh" / "known_hosts").write_text(server.known_hosts.read_text())
    (home / ".ssh" / "id_ed25519").write_text(server.key_file.read_text())
    DropFolder(server.url, ANONYMOUS)
    (home / ".ssh" / "known_hosts").unlink()
    assert f"is not in {home}/.ssh/known_hosts" in refusal(server, ANONYMOUS)


def test_a_way_through_another_machine_is_refused(server: Sshd, home: Path) -> None:
    (home / ".ssh" / "config").write_text("Host 127.0.0.1\n  ProxyJump gate.example.com\n")
    assert "ProxyJump" in refusal(server, ANONYMOUS)


def test_a_server_that_is_not_there(server: Sshd, access: Access) -> None:
    server.stop()
    with pytest.raises(SourceAway, match=r"does not answer.*Check the name and the port, or try again later"):
        DropFolder(server.url, access)


def test_nothing_is_printed_beside_the_refusal(server: Sshd, access: Access, capfd: pytest.CaptureFixture[str]) -> None:
    server.know(make_key(server.folder / "other"))
    refusal(server, access)
    server.stop()
    refusal(server, access)
    assert capfd.readouterr() == ("", "")
