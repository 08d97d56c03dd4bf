"""The flows by the name under which deployments of earlier versions were registered; gone in the next version."""

from flows.deployments import deliver, import_history, migrate, nightly_import

__all__ = ["deliver", "import_history", "migrate", "nightly_import"]
