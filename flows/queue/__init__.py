"""The flow `queue`."""
