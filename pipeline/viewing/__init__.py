"""Files looked at before anything is imported: how they would be read, their profiles, what is not understood."""
