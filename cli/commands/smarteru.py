"""`rollbook smarteru`."""

from pathlib import Path

import click

from cli.options import RUN, SHARED, GroupedCommand, orchestrate
from cli.running import running
from rollbook.imports import swift_imports
from rollbook.options import Invocation


@click.group()
def smarteru() -> None:
    """Send SmarterU batches, or load an answer."""


@smarteru.command(cls=GroupedCommand)
@RUN
@SHARED
def send(run: str, invocation: Invocation) -> int:
    """Send the batches that a run wrote.

    RUN: a run with `--to smarteru-xml`.
    """
    with running(invocation):
        with swift_imports():
            from pipeline.commands import smarteru as command
        return command.send(invocation, run=run, orchestrate=orchestrate())


@smarteru.command(cls=GroupedCommand)
@click.argument("batch", type=click.Path(path_type=Path), metavar="BATCH.xml")
@click.argument("answer_file", type=click.Path(path_type=Path), metavar="ANSWER.xml")
@SHARED
def answer(batch: Path, answer_file: Path, invocation: Invocation) -> int:
    """Load the answer to a batch sent by hand."""
    with running(invocation):
        with swift_imports():
            from pipeline.commands import smarteru as command
        return command.answer(invocation, batch=batch, answer_file=answer_file)
