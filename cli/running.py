"""A command at work: what it raises names commands that can be pasted."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pipeline.notifying.block import notify_through
from rollbook.errors import RollbookError, Stopped
from rollbook.options import Invocation
from rollbook.secrets import ask_also

INTERRUPTED = "interrupted. `rollbook resume` finishes a run that had begun: no row is lost or loaded twice."


@contextmanager
def running(invocation: Invocation) -> Iterator[None]:
    """The commands that an error names bear the options of this one; an interruption says how to go on."""
    ask_also(_secret_of_block)
    notify_through(_notify_by_block)
    try:
        yield
    except KeyboardInterrupt:
        raise Stopped(_complete(INTERRUPTED, invocation)) from None
    except RollbookError as error:
        error.args = (_complete(str(error), invocation),)
        raise


def _complete(text: str, invocation: Invocation) -> str:
    from pipeline.options import command_line

    with suppress(RollbookError):  # settings that cannot be read are what the error is about
        return command_line(invocation).complete(text)
    return text


def _secret_of_block(name: str) -> str | None:
    from flows.blocks import secret_of_block

    return secret_of_block(name)


def _notify_by_block(block: str, subject: str, text: str) -> None:
    from flows.blocks import notify_by_block

    notify_by_block(block, subject, text)
