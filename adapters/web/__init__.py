"""What the web chat and the staff desk share: how their pages are guarded, read, worded, drawn and served."""
