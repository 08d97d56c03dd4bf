"""Files and parts judged beside the run's own process."""
