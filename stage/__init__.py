"""One run's working memory: its judged parts as files, and what is decided over them."""
