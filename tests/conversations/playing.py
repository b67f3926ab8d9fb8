"""Plays a script in one language and says, step by step, where the bot did something else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Table

from bot.dialogue.conversation import Conversation
from bot.dialogue.texts import Text, Texts
from bot.messages import Choice, Outgoing
from bot.store.support_tables import feedback, handover, mail, ticket
from tests.conversations.driver import Driver
from tests.conversations.script import Moved, Script, Step, Values, Words, said
from tests.conversations.world import World

LOCAL_NAMES = ("特派客服", "中文", "English")
"""Said as they are in both languages: the company's accounts, and each language in its own."""
WRONG_CODE = "000000"

_HAN = re.compile(r"[\u3400-\u9fff]")


class Differs(AssertionError):
    """The bot did something else than its script says."""


class Player:
    """One script in one language."""

    def __init__(self, script: Script, language: str, world: World, driver: Driver, texts: Texts) -> None:
        self.script = script
        self.language = language
        self.spoken = language
        self.world = world
        self.driver = driver
        self.labels = Labels(texts)
        self.log: list[Callable[[], str]] = []
        """What went on, put into words only when somebody must read it."""
        self.said: set[str] = set(world.seeded_data)
        """What may be shown as it is: the customer's own words, and the order service's data."""
        self.now: list[Outgoing] = []
        self.shown: list[Outgoing] = []

    async def play(self) -> None:
        """Play it to its end. Raises `Differs`."""
        await self._come_in()
        for number, step in enumerate(self.script.talk, 1):
            self._note(partial(_numbered, number, step, self.language))
            await self._do(step)
            self.now = await self.driver.answers()
            self.shown += self.now
            for message in self.now:
                self._note(partial(self._line, message, self.spoken))
            await self._compare(step)
        await self._compare_end()

    async def _come_in(self) -> None:
        if self.script.as_ is not None:
            await self.driver.open_link(self.world.links.make(self.script.as_))
            self.shown = await self.driver.answers()

    # --- what happens -------------------------------------------------------------------------------------

    async def _do(self, step: Step) -> None:
        match step.happening:
            case [("customer" | "long" | "attach" | "link" | "code" | "press" | "stale" | "forge") as name]:
                await getattr(self, f"_{name}")(step)
            case [name]:
                await self._world(name, step)
                if not step.after:
                    await self.driver.let_happen()

    async def _world(self, name: str, step: Step) -> None:
        world = self.world
        match name:
            case "clock":
                world.clock.now += step.clock or 0
            case "order_service":
                await world.line.later(step.after, partial(world.line.become, step.order_service))
            case "order_vanishes":
                await world.line.later(step.after, partial(world.order_vanishes, str(step.order_vanishes)))
            case "account_vanishes":
                await world.account_vanishes(str(step.account_vanishes))
            case "courier_takes":
                await world.courier_takes(str(step.courier_takes))
            case "other_chat_cancels":
                await world.other_chat_cancels(str(step.other_chat_cancels))
            case "staff" | "staff_says" | "ticket":
                await self._staff(step)
            case "stored" if step.stored:
                await world.store(step.stored)

    async def _staff(self, step: Step) -> None:
        if step.ticket is not None:
            await self._ticket(step.ticket)
        elif step.staff_says is not None:
            await self.world.staff_says(self._words(step.staff_says))
        else:
            await self.world.staff_does(str(step.staff))

    async def _ticket(self, moved: Moved) -> None:
        if moved.unseen:
            await self.world.change_ticket(moved.becomes)
        else:
            await self.world.move_ticket(moved.becomes, self._words(moved.words))

    async def _customer(self, step: Step) -> None:
        if isinstance(step.customer, list):
            await self.driver.say_at_once([self._words(words) for words in step.customer])
        elif step.customer is not None:
            await self.driver.say(self._words(step.customer), step.times)

    async def _long(self, step: Step) -> None:
        if step.long is not None:
            await self.driver.say(self._words(step.long.text) * step.long.times)

    async def _attach(self, step: Step) -> None:
        words = step.customer if isinstance(step.customer, str | dict) else ""
        await self.driver.attach(str(step.attach), self._words(words))

    async def _link(self, step: Step) -> None:
        whose, _, which = str(step.link).partition(" ")
        token = self.world.links.make(whose)
        if which == "expired":
            self.world.clock.now += 100 * 3600
        await self.driver.open_link(token[:-2] + "AA" if which == "forged" else token)

    async def _code(self, step: Step) -> None:
        sent = await self.world.gateway.outbox()
        right = sent[0].code if sent else ""
        await self.driver.say(right if step.code == "from outbox" else WRONG_CODE)

    async def _press(self, step: Step) -> None:
        choice = self._find(step.press, self.shown[-1:] if self.shown[-1:] and self.shown[-1].choices else self.shown)
        await self.driver.press(choice.token, choice.label)

    async def _stale(self, step: Step) -> None:
        asked = [message for message in self.shown if message.choices]
        choice = self._find(step.stale, asked[:-1])
        await self.driver.press(choice.token, choice.label)

    async def _forge(self, step: Step) -> None:
        await self.driver.press(str(step.forge), "")

    def _find(self, wanted: Any, messages: Sequence[Outgoing]) -> Choice:
        """The button, looked for in the newest message first."""
        for message in reversed(messages):
            for choice in message.choices:
                if self.labels.fits(wanted, choice.label, message.key, self.spoken):
                    return choice
        raise self._differs(f"there is no button {wanted!r} to press")

    def _words(self, words: Words) -> str:
        text = said(words, self.language)
        self.said.update((text, text.strip()))
        return text

    # --- what was expected -----------------------------------------------------------------------------------

    async def _compare(self, step: Step) -> None:
        if step.speaks is not None:
            self.spoken = step.speaks[self.language]
        if step.bot is not None:
            self._compare_texts(step.bot)
        if step.choices is not None:
            self._compare_choices(step.choices)
        await self._check_words()
        await self._compare_orders(step.orders)

    def _compare_texts(self, expected: Sequence[tuple[str, Values]]) -> None:
        keys, wanted = [message.key for message in self.now], [key for key, _ in expected]
        if keys != wanted:
            raise self._differs(f"the script has {wanted or 'nothing'}")
        for message, (key, values) in zip(self.now, expected, strict=True):
            for name, value in values.items():
                found = message.values.get(name, "(not given)")
                if not _same(value, found):
                    raise self._differs(f"{key}: {name} should be {value!r}, not {found!r}")

    def _compare_choices(self, expected: Sequence[str | Values]) -> None:
        asked = next((message for message in reversed(self.now) if message.choices), None)
        choices = asked.choices if asked else ()
        key = asked.key if asked else ""
        fit = [self.labels.fits(w, c.label, key, self.spoken) for w, c in zip(expected, choices, strict=False)]
        if len(choices) != len(expected) or not all(fit):
            found = [self.labels.name(choice.label, key, self.spoken) for choice in choices]
            raise self._differs(f"the buttons should be {list(expected)}, not {found}")

    async def _check_words(self) -> None:
        texts = [text for m in self.now for text in (m.text, *(choice.label for choice in m.choices))]
        for text in texts:
            if re.search(r"[{}]", text) and not any(mark in words for words in self.said for mark in "{}"):
                raise self._differs(f"an unfilled placeholder: {text!r}")
        await self._check_language(texts)

    async def _check_language(self, texts: Iterable[str]) -> None:
        for text in texts:
            if self.spoken == "zh" and not _HAN.search(text) and re.search("[a-z]{3}", text):
                raise self._differs(f"not Chinese: {text!r}")
            if self.spoken == "en" and _HAN.search(text):
                if not self._is_english_but_for_data(text):
                    self.said |= await self.world.data()
                if not self._is_english_but_for_data(text):
                    raise self._differs(f"not English: {text!r}")

    def _is_english_but_for_data(self, text: str) -> bool:
        for word in sorted({*self.said, *LOCAL_NAMES}, key=len, reverse=True):
            text = text.replace(word, "") if word else text
        return not _HAN.search(text)

    async def _compare_orders(self, orders: Mapping[str, str | Values]) -> None:
        for number, expected in orders.items():
            row = await self.world.order(number)
            for name, value in ({"state": expected} if isinstance(expected, str) else expected).items():
                found = row["dropoff"].get(name) if name in ("address", "recipient", "phone") else row[name]
                if not _same(value, found):
                    raise self._differs(f"order {number}: {name} should be {value!r}, not {found!r}")

    async def _compare_end(self) -> None:
        self._note(lambda: "  . end")
        await self._compare_orders(self.script.orders)
        talk = await self.world.conversation()
        end = state_of(talk)
        if end != self.script.end:
            raise self._differs(f"it should end with {self.script.end!r}, not with {end!r}")
        if talk.language != self.spoken:
            raise self._differs(f"the bot should speak {self.spoken}, not {talk.language}")
        linked = self.script.linked or self.script.as_ or "nobody"
        if (talk.customer or "nobody") != linked:
            raise self._differs(f"the chat should belong to {linked}, not to {talk.customer or 'nobody'}")
        if Conversation.from_json(talk.to_json()).to_json() != talk.to_json():
            raise self._differs("the conversation does not survive its store")
        await self._compare_found()

    async def _compare_found(self) -> None:
        found = self.script.staff_find
        tables: list[tuple[str, Any, Table, str]] = [
            ("queue", found.queue, handover, "reason"),
            ("tickets", found.tickets, ticket, "about"),
            ("ticket states", found.ticket_states, ticket, "state"),
            ("feedback", found.feedback, feedback, "score"),
            ("mails", found.mails, mail, "reference"),
        ]
        for name, expected, table, column in tables:
            if expected is None:
                continue
            there = [row[column] for row in await self.world.table(table)]
            if expected != (len(there) if isinstance(expected, int) else there):
                raise self._differs(f"staff should find {name} {expected}, not {there}")

    # --- telling ---------------------------------------------------------------------------------------------

    def _note(self, line: Callable[[], str]) -> None:
        self.log.append(line)

    def _line(self, message: Outgoing, spoken: str) -> str:
        values = {name: value for name, value in message.values.items() if name not in ("goods",)}
        names = [self.labels.name(choice.label, message.key, spoken) for choice in message.choices]
        lines = [f"     bot: {message.key} {values or ''}", *(f"        | {line}" for line in message.text.split("\n"))]
        return "\n".join([*lines, f"        [{'] ['.join(names)}]"] if names else lines)

    def _differs(self, why: str) -> Differs:
        talk = "\n".join(line() for line in self.log)
        return Differs(f"\n{self.script.name} in {self.language}: {self.script.about}\n{talk}\n >>> {why}\n")


def _numbered(number: int, step: Step, language: str) -> str:
    return f"{number:>3}. {_told(step, language)}"


class Labels:
    """Which button a label is: by the key of its text."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def fits(self, wanted: str | Values, label: str, asked: str, language: str) -> bool:
        """Whether this label is the wanted button. Mapped to a value, its label also holds that value."""
        if isinstance(wanted, str):
            return any(_reads(text, label) for text in self._candidates(wanted, asked, language))
        ((key, value),) = wanted.items()
        shown = said(value, language) if isinstance(value, dict) else str(value)
        return shown in label and self.fits(key, label, asked, language)

    def name(self, label: str, asked: str, language: str) -> str:
        """The key that a script would write for this label."""
        flow = asked.partition(".")[0]
        texts = self._texts.by_language[language]
        keys = [key for key in texts if ".choices." in key or ".title" in key]
        ranked = sorted(keys, key=lambda key: (not key.startswith(f"{flow}."), not key.startswith("common."), key))
        found = next((key for key in ranked if _reads(texts[key], label)), f"? {label}")
        short = found.rpartition(".choices.")[2]
        return short if self.fits(short, label, asked, language) else found

    def _candidates(self, key: str, asked: str, language: str) -> list[Text]:
        texts = self._texts.by_language[language]
        if "." in key:
            return [texts[key]] if key in texts else []
        own = (f"{asked.partition('.')[0]}.choices.{key}", f"common.choices.{key}")
        named = [texts[name] for name in own if name in texts]
        return named[:1] or [text for name, text in texts.items() if name.endswith(f".choices.{key}")]


def _reads(text: Text, label: str) -> bool:
    """Whether the label is this text with its placeholders filled."""
    filled = {"money": r"[¥\d.,]+(?: 元)?"}
    parts = [re.escape(said) + (filled.get(form, ".+") if name else "") for said, name, form in text.wordings[0]]
    pattern = "".join(parts)
    return re.fullmatch(pattern, label, re.DOTALL) is not None


def state_of(talk: Conversation) -> str:
    """ "idle", the text key of the open question, or "waiting" for an act to be done."""
    if not talk.frames:
        return "idle"
    top = talk.frames[-1]
    return top.question.text if top.question else "waiting"


def _same(expected: Any, found: Any) -> bool:
    """Equal, as far as the script says: of lists of evidence the names, of mappings the keys that are given."""
    if isinstance(expected, list) and isinstance(found, list) and all(isinstance(f, dict) for f in found):
        return len(expected) == len(found) and all(map(_same_fact, expected, found))
    if isinstance(expected, dict) and isinstance(found, dict):
        return all(_same(value, found.get(name)) for name, value in expected.items())
    return bool(expected == found)


def _same_fact(expected: Any, found: Mapping[str, Any]) -> bool:
    name, values = (expected, {}) if isinstance(expected, str) else next(iter(expected.items()))
    return str(found.get("text", "")).endswith(f".{name}") and _same(values, found)


def _told(step: Step, language: str) -> str:
    fields = step.model_dump(exclude_none=True, exclude_defaults=True, exclude={"bot", "choices", "orders", "speaks"})
    if isinstance(fields.get("customer"), dict):
        fields["customer"] = said(fields["customer"], language)
    return ", ".join(f"{name}: {value}" for name, value in fields.items())[:200]
