"""Failed rows handed out, corrected and imported again."""
