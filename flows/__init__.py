"""What runs and in which order: the steps of a run, the command line, the Prefect flows."""

import os

# A Prefect server that is started here, or by what is started here, sends nobody word of it.
for _name, _value in (("DO_NOT_TRACK", "1"), ("PREFECT_SERVER_ANALYTICS_ENABLED", "false")):
    os.environ.setdefault(_name, _value)
