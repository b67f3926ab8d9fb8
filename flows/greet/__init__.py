"""The flow `greet`."""
