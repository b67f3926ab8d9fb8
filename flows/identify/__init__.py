"""The flow `identify`."""
