"""The flow `pending_order`."""
