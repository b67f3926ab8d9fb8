"""The flow `new_flow`."""
