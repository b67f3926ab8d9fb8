"""Telegram: webhook or polling in, keyboards, files and edits out."""

from adapters.telegram.adapter import Adapter, Options, Store
from adapters.telegram.pieces import Habits

__all__ = ["Adapter", "Habits", "Options", "Store"]
