"""The flow `help`."""
