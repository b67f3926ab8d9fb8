"""Telegram: webhook or polling in, keyboards, files and edits out."""

import logging
import os

# Pauses as `timedelta`, as every later version of the library gives them; otherwise it warns with each 429.
os.environ.setdefault("PTB_TIMEDELTA", "true")

# What it writes at debug level holds customers' words.
logging.getLogger("telegram").setLevel(logging.INFO)

from adapters.telegram.adapter import Adapter, Options, Store  # noqa: E402
from adapters.telegram.pieces import Habits  # noqa: E402
from adapters.telegram.staff_desk import Desk  # noqa: E402

__all__ = ["Adapter", "Desk", "Habits", "Options", "Store"]
