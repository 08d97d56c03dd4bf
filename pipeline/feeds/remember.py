"""What a run's imports of feeds change in the memory of them, in the transaction that loads the run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from ledger.feeds import feed_memory, feeds
from pipeline.feeds.compare import Findings
from rollbook.rows.outcomes import LOADED_ALL_THE_SAME
from stage.database import table_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from pipeline.feeds.identify import RunFeed
    from pipeline.run_context import RunContext
    from stage.database import Stage


def remember(
    work: RunContext,
    connection: Connection,
    stage: Stage,
    found: Sequence[Findings],
    others: RunFeed | None,
    last: int,
) -> None:
    """Write down what the feeds of a loaded run brought, what is missing in it, and what somebody else brought too.

    others: the files that belong to no feed. last: the number of the last enrollment before the run was loaded.
    """
    named = [each for each in found if each.feed.name is not None and _was_read(work, each.feed)]
    for each in named:
        feed_memory.claim(connection, each.memory.fresh, brought=False)
    for each in named:
        _remember(work, connection, stage, each, last)
    if others is not None and work.request.destination == "database" and feeds.any_feed(connection):
        feed_memory.claim(connection, _brought_by_others(work, connection, stage, others, last), brought=True)


def _was_read(work: RunContext, feed: RunFeed) -> bool:
    """Whether any file of a feed could be read: what could not is no import that a later one is compared with."""
    return any(work.files[number].code in LOADED_ALL_THE_SAME for number in feed.files)


def _remember(work: RunContext, connection: Connection, stage: Stage, found: Findings, last: int) -> None:
    feed, memory, before = found.feed, found.memory, found.last
    assert feed.name is not None
    feed_id = feeds.make_feed(connection, feed.name, work.request.destination)
    compared = feeds.last_compared(connection, feed_id)
    import_id = feed_memory.record_import(
        connection,
        feed_id=feed_id,
        run_id=work.run_id,
        chain_from=0 if feed.terms.complete else before.chain_from if before and found.continues else None,
        is_compared=found.why_not is None,
        rows_read=found.rows_read,
        changed=found.changed,
        missing=found.missing,
        back=len(memory.back),
        cancelled=len(found.to_cancel),
        on_missing=feed.terms.on_missing,
        latest_on=found.latest_on,
    )
    if work.request.destination != "database":
        return
    feed_memory.let_go(connection, feed_id, import_id, memory.gone, found.to_cancel)
    feed_memory.doubt(
        connection, feed_id, memory.doubtful, memory.certain, compared.import_id if compared else import_id
    )
    feed_memory.bring(connection, feed_id, import_id, memory.fresh)
    if set(feed.files) == set(work.files):
        feed_memory.bring_created(connection, feed_id, import_id, work.run_id, last)
    else:
        feed_memory.bring(connection, feed_id, import_id, _created(work, connection, stage, feed, last))


def _created(work: RunContext, connection: Connection, stage: Stage, feed: RunFeed, last: int) -> pa.Array:
    """The enrollments that the run made and that rows of the feed's files are about."""
    stage.put("feed_files", table_of(((number,) for number in feed.files), file_no=pa.int64()))
    stage.put("created_enrollments", feed_memory.created_since(connection, work.run_id, last))
    stage.run("feed_created")
    return stage.column("feed_created")


def _brought_by_others(work: RunContext, connection: Connection, stage: Stage, feed: RunFeed, last: int) -> pa.Array:
    """The enrollments that rows of files of no feed are about."""
    created = _created(work, connection, stage, feed, last)
    stage.run("feed_present")
    return pa.concat_arrays([stage.column("SELECT enrollment_id FROM feed_present WHERE is_own"), created])
