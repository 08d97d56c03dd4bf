"""The environment holds what the project says, and nothing in it stands in the way of our own packages."""

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
LOCK = (ROOT / "requirements.lock").read_text()
LOCKED = {name.lower(): version for name, version in re.findall(r"^([\w.-]+)==([^ ;]+)", LOCK, re.MULTILINE)}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_installed_distribution_claims_a_name_of_ours(package: str) -> None:
    """Our packages stand at the top level: a distribution with the same name would shadow or be shadowed."""
    claimed_by = set(packages_distributions().get(package, []))
    assert claimed_by <= {"rollbook"}
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin == str(ROOT / package / "__init__.py")


def test_every_package_is_built_and_watched_by_the_layers() -> None:
    """A new top-level package is forgotten neither by the build, nor by the import layers, nor by the type checker."""
    present = {init.parent.name for init in ROOT.glob("*/__init__.py")} - {"tests"}
    assert set(PACKAGES) == present
    assert set(PROJECT["tool"]["importlinter"]["root_packages"]) == present
    assert set(PROJECT["tool"]["mypy"]["files"]) - {"tests"} == present


def test_the_lock_names_no_address() -> None:
    """Where packages come from is the business of the machine that installs them."""
    told = [line for line in LOCK.splitlines() if re.search(r"://|file:|@|^\s*--?(?!-?hash=sha256)", line)]
    assert told == []


def test_everything_asked_for_is_locked_with_hashes() -> None:
    """A dependency added to pyproject.toml without `make lock` is noticed here."""
    asked = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    names = {re.split(r"[\[<>=~! ;]", requirement)[0].lower() for requirement in asked}
    assert names <= set(LOCKED)
    blocks = re.split(r"^(?=[\w.-]+==)", LOCK, flags=re.MULTILINE)[1:]
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_a_wheel_imports_the_samples(tmp_path: Path) -> None:
    """It holds all that the program needs: modules, templates, schemas, words. Dependencies are the environment's."""
    built, installed = tmp_path / "built", tmp_path / "installed"
    _run(ROOT, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built))
    (wheel,) = built.glob("rollbook-*.whl")
    _run(tmp_path, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(installed), str(wheel))
    assert [*installed.glob("rollbook-*.dist-info/licenses/LICENSE")]
    where = _run(
        tmp_path, "-P", "-c", "import cli, pipeline; print(cli.__file__, pipeline.__file__)", installed=installed
    )
    assert all(Path(name).is_relative_to(installed) for name in where.split())
    words = ("--profile", str(ROOT / "data/profiles"), "--database", f"sqlite:///{tmp_path / 'rollbook.db'}", "--json")
    out = ("--out", str(tmp_path / "out"))
    told = json.loads(
        _run(tmp_path, "-P", "-m", "cli", "import", str(ROOT / "data/history"), *words, *out, installed=installed)
    )
    assert (told["rows"]["read"], told["rows"]["failed"]) == (183, 0)
    assert told["rows"]["loaded"] > 100
    assert Path(told["reports"]["failed_rows"]).exists()


def _run(folder: Path, *words: str, installed: Path | None = None) -> str:
    """What Python prints; its own packages are those that are installed there. An import ends with 1 or 0."""
    environment = {**os.environ, "PYTHONPATH": str(installed)} if installed else None
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout
