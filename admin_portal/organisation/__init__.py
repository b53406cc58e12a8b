"""The organisation's files: the roster as a difference, and owners' agreements on publication."""
