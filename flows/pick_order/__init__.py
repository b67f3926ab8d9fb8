"""The flow `pick_order`."""
