"""The adversary: an operator who holds every file, table, log and remaining secret, and asks who answered what."""
