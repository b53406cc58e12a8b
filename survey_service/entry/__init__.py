"""The way in: code page, language, introduction."""
