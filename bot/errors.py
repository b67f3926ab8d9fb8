"""Every error Tepai raises on purpose.

TepaiError
├── ConfigError            a setting is missing, unknown or wrong; names the setting, never its value
├── FlowError              a flow, text or example is wrong; found by `tepai check` and at start-up
├── StoreError             the database cannot be used as it is
│   ├── StoreUnavailable   it does not answer; nothing was acknowledged
│   └── WrongRevision      it was migrated too far or too little
├── LinkError              a deep link is forged, expired or not meant for this
├── OrderServiceError      the order service's answer
│   ├── OrderServiceDown   it does not answer, or not in time: may be tried again
│   ├── OrderNotFound      no such order for this customer (somebody else's order looks just the same)
│   ├── FeeRose            cancelling costs more than the customer accepted
│   └── NotAllowed         it refuses, and says why
├── DeskError              what a member of staff asked for is not done
│   ├── SignInRefused      an unknown name, a wrong password, a used link, or too many tries: never told apart
│   ├── NoSuchThing        it does not exist, or is not theirs to see: never told apart
│   ├── HeldByOther        a colleague has the conversation
│   ├── NewerWords         the customer has said more than the agent had seen
│   └── NotTaken           what was given cannot be; `key` says what is wrong with it
└── DeliveryError          a channel's answer
    ├── Later              try again, perhaps after a given time, perhaps for the whole channel
    ├── Unreachable        the customer blocked the bot or is gone
    └── Undeliverable      this message never will arrive
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.orders.model import Quote, Refusal


class TepaiError(Exception):
    """The root of the tree. Its text is for operators and never holds a secret or a customer's words."""


class ConfigError(TepaiError):
    """A setting is missing, unknown or wrong."""


class FlowError(TepaiError):
    """A flow, a text or an example is wrong."""


class StoreError(TepaiError):
    """The database cannot be used as it is."""


class StoreUnavailable(StoreError):
    """The database does not answer; nothing was acknowledged."""


class WrongRevision(StoreError):
    """The database was migrated too far or too little for this version."""


class LinkError(TepaiError):
    """A deep link is forged, expired or not meant for this."""


class OrderServiceError(TepaiError):
    """The order service did not do what was asked."""


class OrderServiceDown(OrderServiceError):
    """The order service does not answer, or not in time."""


class OrderNotFound(OrderServiceError):
    """This customer has no such order."""


class FeeRose(OrderServiceError):
    """Cancelling now costs more than the customer accepted; `quote` is the new price."""

    def __init__(self, quote: Quote) -> None:
        super().__init__("cancelling costs more than was accepted")
        self.quote = quote


class NotAllowed(OrderServiceError):
    """The order service refuses; `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"refused: {refusal}")
        self.refusal = refusal


class DeskError(TepaiError):
    """What a member of staff asked for is not done."""


class SignInRefused(DeskError):
    """Nobody learns which part was wrong. `seconds`: how long to wait before another try is looked at."""

    def __init__(self, seconds: int = 0) -> None:
        super().__init__("sign-in refused")
        self.seconds = seconds


class NoSuchThing(DeskError):
    """It does not exist, or is not theirs to see."""


class HeldByOther(DeskError):
    """A colleague has the conversation; `owner` is their id, "" when nobody has it."""

    def __init__(self, owner: str) -> None:
        super().__init__("somebody else has the conversation")
        self.owner = owner


class NewerWords(DeskError):
    """The customer has said more; `seq` is the newest line's."""

    def __init__(self, seq: int) -> None:
        super().__init__("the customer has said more")
        self.seq = seq


class NotTaken(DeskError):
    """What was given cannot be; `key` names what is wrong among the desk's texts."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class DeliveryError(TepaiError):
    """A channel did not take a message."""


class Later(DeliveryError):
    """Try again: `after` seconds from now, or by the usual growing pause; `channel_wide` pauses all chats."""

    def __init__(self, why: str, *, after: float | None = None, channel_wide: bool = False) -> None:
        super().__init__(why)
        self.after = after
        self.channel_wide = channel_wide


class Unreachable(DeliveryError):
    """The customer blocked the bot or is gone: stop sending and mark the conversation."""


class Undeliverable(DeliveryError):
    """This message never will arrive: to the dead letters."""
