"""Secrets come from the environment, else from a Prefect Secret block; one that is nowhere is named."""

import pytest

from flows.blocks import secret_of_block
from rollbook.errors import CannotBegin
from rollbook.secrets import ask_also, block_name, secret

NAME = "ROLLBOOK_SMARTERU_TEST_KEY"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAME, raising=False)
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    ask_also(secret_of_block)


def test_the_environment_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server is asked, not even one that is named."""
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    monkeypatch.setenv(NAME, "of the environment")
    assert secret(NAME) == "of the environment"


@pytest.mark.parametrize("value", [None, ""])
def test_what_is_nowhere_is_named_with_both_places(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if value is not None:
        monkeypatch.setenv(NAME, value)
    with pytest.raises(CannotBegin) as caught:
        secret(NAME)
    assert str(caught.value) == (
        f"{NAME} is not set. Set it in the environment, or keep it in the Prefect Secret block "
        "rollbook-smarteru-test-key."
    )


def test_a_server_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = "http://127.0.0.1:9/api"
    monkeypatch.setenv("PREFECT_API_URL", nowhere)
    from prefect.settings import PREFECT_API_URL, temporary_settings

    # A server of the tests may be at work, whose settings stand above the environment.
    with (
        temporary_settings({PREFECT_API_URL: nowhere}),
        pytest.raises(CannotBegin, match=f"{NAME} is not set, and the Prefect server .* does not answer"),
    ):
        secret(NAME)


def test_a_block_has_it(prefect_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where PREFECT_API_URL says that there is a server; the environment goes before it."""
    from prefect.blocks.system import Secret

    Secret(value="of the block").save(block_name(NAME), overwrite=True)  # type: ignore[call-arg,unused-ignore]
    with pytest.raises(CannotBegin):
        secret(NAME)
    monkeypatch.setenv("PREFECT_API_URL", prefect_server)
    assert secret(NAME) == "of the block"
    monkeypatch.setenv(NAME, "of the environment")
    assert secret(NAME) == "of the environment"


def test_a_server_without_the_block(prefect_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", prefect_server)
    with pytest.raises(CannotBegin, match="Secret block rollbook-smarteru-no-such-key"):
        secret("ROLLBOOK_SMARTERU_NO_SUCH_KEY")
