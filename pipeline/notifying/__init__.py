"""Messages about runs and drop folders: recorded with what they tell of, then sent by mail, chat and webhook."""
