"""The flow `escalate`."""
