"""Question batteries: imported, checked, exported and listed."""
