"""The flow `complaint`."""
