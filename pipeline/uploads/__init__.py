"""Files that people upload: kept in private folders, looked at, checked and imported by processes of their own."""
