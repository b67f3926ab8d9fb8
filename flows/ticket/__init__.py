"""The flow `ticket`."""
