"""What people behind the bot do: the queue, tickets, hours."""
