"""What staff may do to a customer's order, in the customer's name and at the customer's wish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.desk.people import Agent


@dataclass(frozen=True, slots=True)
class OrderCard:
    """An order as the desk shows it, every text in the desk's language, every amount as it is written.
    `state`: our name of it, `state_text` in words; `facts`: label and value, the most telling first; `diagnosis`: the
    cause with its evidence, line by line. `may`: what can be done now, of "cancel", "address", "phone", "recipient",
    "tip", "reschedule", "watch", "refresh"; `watched`: the customer is told of its moves."""

    number: str
    goods: str
    state: str
    state_text: str
    facts: tuple[tuple[str, str], ...]
    diagnosis: tuple[str, ...]
    may: tuple[str, ...]
    watched: bool = False
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class CancelQuote:
    """What cancelling would mean. `fee`: fen, to be confirmed as it is; `words`: the whole in the desk's language."""

    allowed: bool
    fee: int
    words: str


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an act: `ok`, and the order service's own answer in the desk's language; with a fee that rose,
    `quote` is the new one to confirm. `told`: whether the customer was told."""

    ok: bool
    words: str
    card: OrderCard
    quote: CancelQuote | None = None
    told: bool = False


class OrderDesk(Protocol):
    """Only for the conversation's own customer. Raises `errors.NoSuchThing` for a conversation the agent may not see,
    or an order that is not this customer's; `errors.OrderServiceDown` when it does not answer, and the same `id` may be
    asked for again: it is done once. Every act is in the audit trail under the agent's name."""

    async def orders(self, agent: Agent, conversation: str) -> Sequence[OrderCard]:
        """The customer's orders, newest first; none for a chat linked to nobody."""

    async def order(self, agent: Agent, conversation: str, number: str, *, refresh: bool = False) -> OrderCard:
        """One order; `refresh` asks the courier side first."""

    async def quote(self, agent: Agent, conversation: str, number: str) -> CancelQuote:
        """What cancelling would cost now."""

    async def cancel(
        self, agent: Agent, conversation: str, id: str, number: str, *, fee: int, reason: str, tell: bool
    ) -> Done:
        """Cancel at no more than `fee` (fen), then read the order back. `tell`: tell the customer the outcome."""

    async def correct(
        self, agent: Agent, conversation: str, id: str, number: str, *, field: str, value: str, tell: bool
    ) -> Done:
        """Correct one field of where the order goes."""

    async def tip(self, agent: Agent, conversation: str, id: str, number: str, *, amount: int, tell: bool) -> Done:
        """Offer couriers more, in fen."""

    async def reschedule(self, agent: Agent, conversation: str, id: str, number: str, *, at: float, tell: bool) -> Done:
        """Move it to a later time, in seconds since 1970."""

    async def watch(self, agent: Agent, conversation: str, id: str, number: str, *, tell: bool) -> Done:
        """Have the customer told whenever the order moves."""
