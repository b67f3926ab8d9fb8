"""The flow `feedback`."""
