"""Who may open the pages: logins, sessions, the users file, what the proxy says, and the guard before all of it."""
