"""Files that are elsewhere: on SFTP servers, in buckets, on web servers."""
