"""The flow `ticket_news`."""
