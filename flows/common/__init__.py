"""What flows share: names of states, causes and buttons, the engine's own words, and how an order is shown."""
