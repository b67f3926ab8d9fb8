"""Telegram: webhook or polling in, keyboards, files and edits out."""

import os

# Pauses as `timedelta`, as every later version of the library gives them; otherwise it warns with each 429.
os.environ.setdefault("PTB_TIMEDELTA", "true")

from adapters.telegram.adapter import Adapter, Options, Store
from adapters.telegram.pieces import Habits

__all__ = ["Adapter", "Habits", "Options", "Store"]
