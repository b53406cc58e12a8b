"""The command line ``sikte``: groups of commands over the same use cases as the sites."""
