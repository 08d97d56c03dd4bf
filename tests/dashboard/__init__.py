"""The dashboard's pages, asked for over HTTP."""
