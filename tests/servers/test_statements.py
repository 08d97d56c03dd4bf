"""What is compiled for one engine serves the others on servers of the same kind, with their own parameters."""

from typing import Any

from sqlalchemy import Engine, create_engine, event, literal, select
from sqlalchemy.pool import StaticPool


def test_engines_share_what_is_compiled() -> None:
    compiled: list[Any] = []
    for number in (1, 2):
        engine = create_engine("sqlite://", poolclass=StaticPool)
        event.listen(engine, "before_cursor_execute", lambda *told: compiled.append(told[4].compiled))
        assert _answered(engine, number) == number
    first, second = compiled
    assert first is second


def _answered(engine: Engine, number: int) -> int | None:
    with engine.connect() as connection:
        return connection.scalar(select(literal(number).label("of_this_test")))
