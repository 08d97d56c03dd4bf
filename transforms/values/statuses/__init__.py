"""Words that say what became of a learner in a session."""
