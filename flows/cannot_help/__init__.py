"""The flow `cannot_help`."""
