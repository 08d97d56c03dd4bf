"""What the commands do, whoever gives them: the command line, a flow, a page."""
