"""The dialogue: flows, their stack, and the engine that turns what happened into what is said."""

from bot.dialogue.flow import EventData, Flow, Reply

__all__ = ["EventData", "Flow", "Reply"]
