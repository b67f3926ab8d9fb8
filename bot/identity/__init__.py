"""Whose chat it is: signed links and one-time codes. Only what is proven here makes orders visible."""
