"""The web chat as a channel of the runtime."""

from __future__ import annotations

from bot.channel import Capabilities
from bot.messages import Address, Outgoing

NAME = "web"


class WebChat:
    """The conversation's log is all a browser is ever shown, so a message is delivered once it is in the log."""

    name = NAME
    capabilities = Capabilities(buttons=True, edits=False, typing=True, max_text=20_000)

    async def send(self, address: Address, message: Outgoing, seq: int) -> None:
        """Nothing to hand over: open pages watch the log, and a page opened later reads it."""
