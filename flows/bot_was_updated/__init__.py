"""The flow `bot_was_updated`."""
