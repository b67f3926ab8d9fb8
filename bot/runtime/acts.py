"""Does what changes the world, once, and brings back what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

import structlog

from bot.dialogue.effects import Act, Effect, Outcome, Remind
from bot.dialogue.events import Delayed, Event, Happened
from bot.errors import OrderServiceDown
from bot.orders.effects import CancelOrder, WatchOrder
from bot.performer import Performers, Scope
from bot.runtime.settings import RuntimeSettings
from bot.store import dead, timers, watches
from bot.store.database import Database

log = structlog.get_logger(__name__)

DOWN = Outcome("service_down")
GIVEN_UP = "it was tried too often"


class Happen(Protocol):
    """Reports an inner event to a conversation; the same id a second time is a duplicate."""

    async def __call__(self, conversation: str, event: Event, id: str) -> object:
        """Take the event durably."""


class Acts:
    """Performs the acts of lanes and timers. An act is stored as {"id", "effect", "fields"}."""

    def __init__(self, database: Database, performers: Performers, happen: Happen, settings: RuntimeSettings) -> None:
        self._database = database
        self._performers = performers
        self._happen = happen
        self._settings = settings
        kinds: list[type[Effect]] = [*performers, Remind, WatchOrder]
        self._kinds = {kind.kind(): kind for kind in kinds}

    async def first(self, stored: Mapping[str, Any], scope: Scope, *, give_up: bool) -> None:
        """Do an act, or leave it to a timer so that its conversation can go on. `give_up`: it was tried too often."""
        if give_up:
            await self._give_up(stored, scope)
            return
        outcome = await self._attempt(stored, scope)
        if outcome is not None:
            await self._report(stored, scope, outcome)
            return
        if self._is_awaited(stored):
            await self._happen(scope.conversation, Delayed(stored["id"]), f"delayed:{_turn_of(stored)}")
        seconds = self._settings.pause(1)
        name, payload = f"act:{stored['id']}", {**stored, "tries": 1}
        await self._database.run(timers.put, scope.conversation, name, seconds, timers.Kind.ACT, payload)

    async def once_more(self, due: timers.Due, scope: Scope) -> None:
        """Do a delayed act, with the same key; after too many tries say that the service is down."""
        outcome = await self._attempt(due.payload, scope)
        tries = due.payload["tries"] + 1
        if outcome is None and tries < self._settings.most_tries:
            payload = {**due.payload, "tries": tries}
            await self._database.run(timers.again, due, self._settings.pause(tries), payload)
            return
        if outcome is None:
            await self._give_up(due.payload, scope)
        else:
            await self._report(due.payload, scope, outcome)
        await self._database.run(timers.drop, due)

    async def _attempt(self, stored: Mapping[str, Any], scope: Scope) -> Outcome | None:
        """What came of it; None when it could not be done now. Whether it was done may even be unknown: the same
        key makes the next try safe."""
        try:
            effect = self._effect(stored)
            async with asyncio.timeout(self._settings.act):
                return await self._perform(effect, replace(scope, key=f"{scope.conversation}:{stored['id']}"))
        except (OrderServiceDown, TimeoutError):
            log.warning("act_delayed", conversation=scope.conversation, effect=stored["effect"])
        except Exception as error:  # a defect in one performer must not stop the lane
            log.error("act_failed", conversation=scope.conversation, error=type(error).__name__)  # noqa: TRY400
        return None

    async def _perform(self, effect: Effect, scope: Scope) -> Outcome:
        match effect:
            case Remind():
                payload = {"id": scope.key, "flow": effect.flow, "slots": effect.slots}
                name = f"remind:{effect.name}"
                await self._database.run(
                    timers.put, scope.conversation, name, effect.seconds, timers.Kind.REMIND, payload
                )
                return Outcome("reminded")
            case WatchOrder():
                if scope.customer is None:
                    return Outcome("not_linked")
                await self._database.run(watches.add, scope.conversation, effect.number, scope.customer)
                return Outcome("watching")
        outcome = await self._performers[type(effect)](effect, scope)
        if isinstance(effect, CancelOrder) and outcome.trigger == "cancelled":
            # It is told as the outcome; as news of a watched order it would be told again.
            await self._database.run(watches.leave, scope.conversation, effect.number)
        return outcome

    async def _give_up(self, stored: Mapping[str, Any], scope: Scope) -> None:
        """The customer hears the truth, and an operator may try again."""
        log.error("dead_letter", conversation=scope.conversation, effect=stored["effect"], why=GIVEN_UP)
        await self._database.run(dead.bury_act, scope.conversation, stored["id"], GIVEN_UP)
        await self._report(stored, scope, DOWN)

    async def _report(self, stored: Mapping[str, Any], scope: Scope, outcome: Outcome) -> None:
        if self._is_awaited(stored):
            await self._happen(scope.conversation, Happened(stored["id"], outcome), f"act:{_turn_of(stored)}")

    def _effect(self, stored: Mapping[str, Any]) -> Effect:
        return self._kinds[stored["effect"]].from_json(stored["fields"])

    def _is_awaited(self, stored: Mapping[str, Any]) -> bool:
        """Whether a flow waits for it; one that this version does not know may be waited for."""
        kind = self._kinds.get(stored["effect"])
        return kind is None or not issubclass(kind, Act) or bool(kind.outcomes)


def _turn_of(stored: Mapping[str, Any]) -> str:
    """By what its outcome is known. An operator who tries again gets an outcome of its own; the act's key stays."""
    again = stored.get("again")
    return stored["id"] if again is None else f"{stored['id']}:{again}"
