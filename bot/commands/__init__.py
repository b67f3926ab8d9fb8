"""What the `tepai` command can do: one module a command, registered in bot/__main__.py."""
