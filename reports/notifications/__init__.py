"""Messages about runs and drop folders: what they tell, in the language of who gets them."""
