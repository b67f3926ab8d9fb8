"""The channels: each turns bytes into `Incoming` and `Outgoing` into its own calls."""
