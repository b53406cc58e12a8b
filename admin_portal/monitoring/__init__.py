"""Response rates while a window is open: how many, where, and who needs a call; never answers."""
