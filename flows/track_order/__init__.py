"""The flow `track_order`."""
