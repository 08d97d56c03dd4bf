"""Feeds when reference data makes one of two enrollments: what feeds brought as the one is the other from then on."""

from sqlalchemy import Connection, Table, case, delete, exists, func, insert, select

from ledger.tables import rollbook_feed_enrollments

_there = rollbook_feed_enrollments.c


def take_over(connection: Connection, gone: Table) -> None:
    """What feeds brought as one enrollment is another from now on. gone: id (which is about to be deleted), stays."""
    others = rollbook_feed_enrollments.alias("others").c
    there_too = exists().where(
        others.feed_id == _there.feed_id, others.brought_in == _there.brought_in, others.enrollment_id == gone.c.stays
    )
    stands = func.count(_there.missing_in) < func.count()
    moved = (
        select(_there.feed_id, _there.brought_in, gone.c.stays, case((stands, None), else_=func.max(_there.missing_in)))
        .join(gone, gone.c.id == _there.enrollment_id)
        .where(~there_too)
        .group_by(_there.feed_id, _there.brought_in, gone.c.stays)
    )
    columns = ["feed_id", "brought_in", "enrollment_id", "missing_in"]
    connection.execute(insert(rollbook_feed_enrollments).from_select(columns, moved))
    connection.execute(delete(rollbook_feed_enrollments).where(_there.enrollment_id.in_(select(gone.c.id))))
