"""Exceptions for the run, never for a row, grouped by what the caller does next."""


class RollbookError(Exception):
    """Base of all. The message is one line that names the remedy; `exit_code` is what the process ends with."""

    exit_code = 2


class CannotBegin(RollbookError):
    """Usage, settings, profile or a missing file: nothing was done (exit 2)."""


class Unavailable(RollbookError):
    """What is needed does not answer: the database, or the system that is sent to. Only a later try can help."""


class Stopped(RollbookError):
    """The run was stopped on its way: limits, the database gone, interrupted (exit 3). `resume` finishes it."""

    exit_code = 3


class DatabaseGone(Stopped, Unavailable):
    """The database went or was busy; the accepted rows are `pending`."""


class DatabaseRefused(Stopped):
    """The database refused the load; the accepted rows are `pending`."""


class DatabaseAway(CannotBegin, Unavailable):
    """The database does not answer: nothing was done."""


class Bug(RollbookError):
    """A fault of Rollbook's own met with one file (exit 3): nothing of it was loaded, and other files go on."""

    exit_code = 3


class RunIsLive(CannotBegin):
    """Another process is working on this run, or is loading into this database."""


class AccountsError(Stopped):
    """The outcomes do not add up to the rows read: a fault of Rollbook's; nothing is committed."""


class SourceGone(Stopped, Unavailable):
    """Where files are fetched from does not answer any more."""


class SourceAway(CannotBegin, Unavailable):
    """Where a file is to be fetched from does not answer: nothing was done."""
