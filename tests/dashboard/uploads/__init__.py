"""Files that come by the browser."""
