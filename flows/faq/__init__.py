"""The flow `faq`."""
