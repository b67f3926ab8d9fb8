"""The dialogue: flows, their stack, and the engine that turns what happened into what is said."""
