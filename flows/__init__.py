"""What runs and in which order: the steps of a run, the command line, the Prefect flows."""
