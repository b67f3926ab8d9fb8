"""The flow `cancel_order`."""
