"""What people and programs do with uploads: check them, say how they are read, import them, discard them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from ledger import runs
from ledger.alive import as_it_stands
from ledger.database import reading
from pipeline.uploads import jobs
from pipeline.uploads.jobs import JobState
from pipeline.uploads.mapping import with_files
from pipeline.uploads.store import FINDINGS, Group, Upload, Uploads, read_json
from rollbook.clock import now
from rollbook.errors import CannotBegin
from rollbook.profile import parse_profile, saved_profiles
from rollbook.secrets import secrets_here
from transforms.planning.proposal.file_globs import glob_for

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from ledger.runs import Run
    from rollbook.settings import Settings

# checking, importing: a process is at work. broken: one died without a word. refused: it ended with a message.
Stage = Literal["checking", "checked", "importing", "imported", "broken", "refused"]


# All uploads together may take so many times what one may.
_KEPT_TIMES = 20


@dataclass(frozen=True)
class Standing:
    """How it stands with an upload. run: the run that imports it, as far as the ledger knows it."""

    stage: Stage
    job: JobState
    run: Run | None = None


class Importing:
    """Uploads of an installation, and what is done with them. All raise CannotBegin with what to do."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self.uploads = Uploads(settings)
        self.settings = settings
        self._engine = engine
        # Who presses a button twice begins one thing.
        self._beginning = Lock()

    def destinations(self) -> list[str]:
        """Where rows can go: the database, and the systems that are set up."""
        known, away = self.settings, []
        if secrets_here("ROLLBOOK_SMARTERU_ACCOUNT_API"):
            away.append("smarteru")
        away += [name for name in ("moon", "axcelerate") if getattr(known, name).url]
        return ["database", *away]

    def standing(self, upload: Upload) -> Standing:
        """How it stands now."""
        job = jobs.state_of(self.uploads.place(upload))
        run = self._run(upload)
        if job.running:
            return Standing("checking" if job.what == "check" else "importing", job, run)
        if job.what == "import" and run is not None and not run.is_unfinished:
            return Standing("imported", job, run)
        if job.died:
            return Standing("broken", job, run)
        return Standing("refused" if job.error else "imported" if job.what == "import" else "checked", job, run)

    def _run(self, upload: Upload) -> Run | None:
        if upload.run_id is None or upload.only_check:
            return None
        with reading(self._engine) as connection, connection.begin():
            found = next(iter(runs.find_each(connection, [upload.run_id])), None)
            return as_it_stands(connection, found) if found else None

    def findings(self, upload: Upload) -> dict[str, Any]:
        """What the last check found; nothing where none has ended."""
        return read_json(self.uploads.place(upload) / FINDINGS)

    def check(self, upload: Upload, **changes: Any) -> Upload:
        """Begin to check it, with what was decided anew."""
        with self._beginning:
            self._refuse_begun(self._now(upload))
            changed = self.uploads.save(upload, **changes)
            (self.uploads.place(upload) / FINDINGS).unlink(missing_ok=True)
            jobs.start(self.uploads, changed, self.settings, "check")
        return changed

    def begin_import(self, upload: Upload, **changes: Any) -> Upload:
        """Begin to import it as it was checked, or go on with an import that was broken off."""
        with self._beginning:
            known = self._now(upload)
            if jobs.state_of(self.uploads.place(upload)).running:
                return known
            changed = self.uploads.save(known, **changes, run_id=known.run_id or runs.new_run_id(now()))
            jobs.start(self.uploads, changed, self.settings, "import")
        return changed

    def _now(self, upload: Upload) -> Upload:
        """The upload as it is kept now."""
        known = self.uploads.find(upload.upload_id)
        if known is None:
            raise CannotBegin("These files were removed. Upload them again.")
        return known

    def as_checked(self, upload: Upload) -> Upload:
        """The upload with its groups as the last check read them; raises CannotBegin where there was none."""
        found = self.findings(upload)
        if not found:
            raise CannotBegin("These files are not checked yet. Go back, and check them first.")
        return replace(upload, groups=groups_of(found))

    def _refuse_begun(self, upload: Upload) -> None:
        if upload.run_id is not None and not upload.only_check:
            raise CannotBegin("These files are imported, or are being imported. Upload them again to read them anew.")

    def discard(self, upload: Upload) -> None:
        """Remove it; a check that is running is ended."""
        standing = self.standing(upload)
        if standing.stage == "importing":
            raise CannotBegin("These files are being imported. Wait until that has ended.")
        if standing.run is not None and standing.run.is_unfinished:
            raise CannotBegin("The import of these files is not finished. Resume it first, or keep the files.")
        jobs.end(self.uploads.place(upload))
        self.uploads.discard(upload)

    def tidy(self) -> None:
        """Remove what is not kept any longer, but for what a run needs."""
        self.uploads.sweep()
        for upload in self.uploads.old():
            standing = self.standing(upload)
            if not standing.job.running and not (standing.run and standing.run.is_unfinished):
                self.uploads.discard(upload)

    def refuse_full(self) -> None:
        """Raise CannotBegin where the uploads that are kept take too much room."""
        most = _KEPT_TIMES * self.settings.dashboard.upload_mib
        if self.uploads.size() > most * 2**20:
            raise CannotBegin(
                f"The uploaded files that are kept take more than {most:,} MiB. Remove some on the page “Import”. "
                "Administrator: `upload_mib` and `upload_days` under [dashboard] of the settings are the limits."
            )

    def remember(self, upload: Upload) -> tuple[str, ...]:
        """Keep how the files are read for files of such names: what was written. Raises CannotBegin."""
        from pipeline.repairs.profile_edits import write_profile

        targets = [self._target(group, upload.groups) for group in upload.groups if self.is_said(group)]
        for path, text in targets:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_profile(path, text)
        return tuple(str(path) for path, _ in targets)

    def can_remember(self, group: Group) -> bool:
        """Whether there is a place for a profile."""
        known = self.settings.profile
        return (group.base is not None and Path(group.base).is_file()) or bool(known and known.is_dir())

    def is_said(self, group: Group) -> bool:
        """Whether anything was said of these files that their profile does not say yet."""
        return parse_profile(group.profile) != parse_profile(group.before)

    def _target(self, group: Group, groups: Sequence[Group]) -> tuple[Path, str]:
        if not self.can_remember(group):
            raise CannotBegin(
                "This cannot be kept for future files, because no folder of profiles is set. Administrator: set "
                "`profile` in the settings to a folder."
            )
        if group.base is not None:
            if dict(saved_profiles(self.settings.profile)).get(group.base) != group.before:
                raise CannotBegin(f"The profile {Path(group.base).stem} was changed meanwhile. Upload the files again.")
            return Path(group.base), group.profile
        names = [Path(path).name for path in group.files]
        others = [Path(path).name for other in groups if other is not group for path in other.files]
        folder = self.settings.profile
        assert folder is not None
        pattern = glob_for(names, others)
        return _free(folder, _stem(names[0])), with_files(group.profile, pattern or names)


def groups_of(findings: Mapping[str, Any]) -> tuple[Group, ...]:
    """The groups of files as a check read them."""
    return tuple(
        Group(tuple(told["files"]), told["profile"], told["base"], told["before"]) for told in findings["groups"]
    )


def _stem(name: str) -> str:
    from ledger.cases.case_groups import sender_of

    plain = "".join(c if c.isalnum() or c in "-_" else "-" for c in sender_of(name)).strip("-_")
    return plain or "profile"


def _free(folder: Path, stem: str) -> Path:
    """A path in the folder at which there is nothing yet."""
    path, number = folder / f"{stem}.toml", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.toml"
    return path


def text_of_settings(settings: Settings, name: str) -> str:
    """The profile of a name: one of the settings' profiles, by its file's name, or a preset. Raises CannotBegin."""
    from rollbook.preset_files import preset_names

    known = {Path(path).stem: text for path, text in saved_profiles(settings.profile)}
    known |= {preset: f"preset = {json.dumps(preset)}\n" for preset in preset_names() if preset not in known}
    if name not in known:
        raise CannotBegin(f"There is no profile {name}. There are: {', '.join(sorted(known))}.")
    return known[name]
