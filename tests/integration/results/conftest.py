"""A tiny cycle with an open window, on each kind of database; messages are given in English."""

from __future__ import annotations

from tests.support.tiny_cycle import cycle, english

__all__ = ["cycle", "english"]
