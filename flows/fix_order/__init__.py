"""The flow `fix_order`."""
