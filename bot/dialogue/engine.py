"""The dialogue engine: what happened goes in, what is said and done comes out.

It does no input or output of its own. `Engine.turn` is a generator: it yields each read it needs and is sent the
outcome, so the same engine runs under asyncio, in a terminal and in a test. The runner runs the flows; this module
finds out what a message means for them and sees to it that nobody is left without an answer.
"""

from __future__ import annotations

import copy
import traceback
from collections.abc import Generator, Mapping
from typing import Any

import structlog

from bot.dialogue import attending, commands, happening
from bot.dialogue.beside import offer_to_correct_the_address, say_in_between
from bot.dialogue.book import FlowBook
from bot.dialogue.conversation import Answer, Conversation, Frame, Step
from bot.dialogue.effects import Outcome, Read
from bot.dialogue.events import Attended, Event, Happened, LinkOpened, Pressed, Said
from bot.dialogue.flow import CHANGED_MIND
from bot.dialogue.idle import comes_too_late, look_again
from bot.dialogue.ladder import Patience, climb
from bot.dialogue.official import as_staff, is_official
from bot.dialogue.reading import Chosen, Given, Meaning, Missed, Reader, TakenBack
from bot.dialogue.runner import IDENTIFY, Runner, Work
from bot.dialogue.stack import chains, is_busy, order_in, raised, without_idle
from bot.dialogue.stage import Stage
from bot.dialogue.texts import Texts
from bot.dialogue.turn import Turn
from bot.dialogue.understanding import Command, Intent, Understanding
from bot.dialogue.wishes import Reply, Suggest
from bot.errors import TepaiError
from bot.messages import AttachmentKind

log = structlog.get_logger(__name__)

LONGEST_TRAIL = 8
"""How many questions of one flow a customer can go back."""
GOODBYE = ("greet", {"said": "bye"})
"""Who parts leaves what is open, and what is under way goes on."""
TWICE_SECONDS = 10.0
"""A button that is pressed again so soon was meant once: its answer is on the way, and nothing more is to be said."""
NAMED = {"order", "description"}
"""Slots that say which order is meant."""
GIVEN = {"address", "phone", "email", "wished_time", "amount"}
"""Slots that hold what a customer gave, whichever way they asked for it."""
FREE_TEXT = {"words", "address", "name", "description"}
"""While one of these is asked for, the language of the words says nothing about the customer's."""
KEPT = (AttachmentKind.IMAGE, AttachmentKind.FILE, AttachmentKind.VIDEO)
"""Of these the customer is told whether they are kept with the conversation."""


class Engine:
    """Joins flows, texts and an understanding. Holds no conversation; may serve any number of them."""

    def __init__(
        self, book: FlowBook, texts: Texts, understanding: Understanding, patience: Patience | None = None
    ) -> None:
        self.book = book
        self.texts = texts
        self.understanding = understanding
        self.reader = Reader(understanding, book)
        self.runner = Runner(book)
        self.patience = patience or Patience()
        self.official = frozenset(flow.name for flow in book if flow.official)

    def turn(self, conversation: Conversation, event: Event, now: float) -> Generator[Read, Outcome, Turn]:
        """See `bot.dialogue.turn.Dialogue.turn`."""
        before = conversation.to_json()
        try:
            stage = Stage(Conversation.from_json(before), self.texts, now)
            official = is_official(self.official, stage, event)
            yield from self._handle(stage, event)
            self._finish(stage, event, conversation)
            steps = as_staff(self.official, stage.steps) if official else stage.steps
            return Turn(stage.talk, steps, stage.ways)
        except Exception as error:  # a defect in a flow must neither silence the bot nor lose the message
            # Other errors' own texts may quote the customer; ours never do.
            why = str(error) if isinstance(error, TepaiError) else None
            at = [f"{place.name}:{place.lineno}" for place in traceback.extract_tb(error.__traceback__)[-3:]]
            log.error("turn_failed", error=type(error).__name__, why=why, at=at)  # noqa: TRY400
            return self._apology(Conversation.from_json(before), event, now)

    def knows(self, flow: str) -> bool:
        """See `bot.dialogue.turn.Dialogue.knows`."""
        return flow in self.book

    def counts_always(self, conversation: Conversation, event: Event) -> bool:
        """See `bot.dialogue.turn.Dialogue.counts_always`."""
        return isinstance(event, Pressed) and is_official(self.official, Stage(conversation, self.texts, 0), event)

    # --- events ---------------------------------------------------------------------------------------------

    def _handle(self, stage: Stage, event: Event) -> Work:
        from_customer = isinstance(event, Said | Pressed)
        stranded = self._stranded(stage)
        if stranded is not None:
            yield from self.runner.ask_after_update(stage, stranded)
            if from_customer:
                return
        match event:
            case Said():
                yield from self._said(stage, event)
            case Pressed():
                yield from self._pressed(stage, event.token)
            case LinkOpened():
                yield from self._link_opened(stage, event)
            case _:
                yield from happening.happen(self.runner, stage, event)

    def _stranded(self, stage: Stage) -> Frame | None:
        """Drop the chains that a new version of their flow cannot go on with; returns a frame of them."""
        found = None
        for chain in chains(stage.frames):
            bad = [frame for frame in chain if not self.book.current(frame)]
            if bad:
                found = chain[0] if chain[0].flow in self.book else bad[0]
                stage.frames[:] = [frame for frame in stage.frames if frame not in chain]
        return found

    def _said(self, stage: Stage, said: Said) -> Work:
        text = said.text.strip()
        self._notice_language(stage, said)
        if said.attachments:
            yield from self._attached(stage, said)
        elif not any(character.isprintable() and not character.isspace() for character in text):
            stage.say("common.empty")
        else:
            yield from self._written(stage, said, text)

    def _written(self, stage: Stage, said: Said, text: str) -> Work:
        meaning, question = self.reader.read(stage, text), stage.open_question
        if question and stage.is_unseen(said.seen) and self.reader.needs_the_question(stage, text, meaning):
            stage.put(question)  # a "1" that was sent before the question was shown must not agree to anything
        else:
            yield from self._mean(stage, meaning)

    def _notice_language(self, stage: Stage, said: Said) -> None:
        talk, question = stage.talk, stage.open_question
        if talk.language_chosen or (question and FREE_TEXT & question.wants.keys()):
            return
        first = said.language if not talk.greeted else None
        not_theirs = said.ready_made and (talk.greeted or first)
        found = first if not_theirs else self.understanding.language(said.text) or first
        if found is not None and found in self.texts.by_language:
            talk.language = found

    def _attached(self, stage: Stage, said: Said) -> Work:
        question, top, first = stage.open_question, stage.top, said.attachments[0]
        refs = [attachment.ref for attachment in said.attachments if attachment.ref]
        trigger = question.wants.get("attachment") if question and refs else None
        if trigger and top:
            yield from self._answered(stage, top, trigger, {"attachments": refs, "words": said.text})
            return
        if told := self.reader.told_by(stage, first):
            yield from self._mean(stage, told)
            return
        lost = first.kind in KEPT and not refs
        got = "several" if len(said.attachments) > 1 else first.kind
        stage.say("common.not_kept" if lost else f"common.got.{got}", count=len(said.attachments))
        if said.text.strip():
            yield from self._mean(stage, self.reader.read(stage, said.text.strip()))
        elif first.kind is AttachmentKind.LOCATION and (top is None or self.runner.may_drop(top)):
            stage.frames[-1:] = []
            stage.suggestion = offer_to_correct_the_address(first.name)

    def _mean(self, stage: Stage, meaning: Meaning) -> Work:
        top = stage.top
        if isinstance(meaning, Missed):
            yield from climb(self.runner, stage, meaning, self.patience)
            return
        stage.talk.misses = 0
        match meaning:
            case Chosen():
                yield from self._chose(stage, meaning.answer)
            case Command():
                yield from commands.obey(self.runner, stage, meaning)
            case Given() if top is not None:
                yield from self._answered(stage, top, meaning.trigger, meaning.values)
            case TakenBack() if top is not None:
                yield from self._answered(stage, top, CHANGED_MIND, meaning.values)
            case Intent():
                yield from self._wanted(stage, meaning)

    def _pressed(self, stage: Stage, token: str) -> Work:
        talk, answer = stage.talk, stage.pressed(token)
        if answer is None:
            stage.silent = token == talk.pressed and stage.now - talk.pressed_at < TWICE_SECONDS
            if not stage.silent:
                stage.say("common.stale_choice")
            return
        talk.misses, talk.pressed, talk.pressed_at = 0, token, stage.now
        yield from self._chose(stage, answer)

    def _link_opened(self, stage: Stage, opened: LinkOpened) -> Work:
        talk = stage.talk
        if opened.language is not None and opened.language in self.texts.by_language and not talk.language_chosen:
            talk.language = opened.language
        if opened.customer is None:
            stage.say("common.link_invalid")
        elif talk.customer not in (None, opened.customer):
            stage.say("common.other_account")
        else:
            talk.customer = opened.customer
            top = stage.top
            if top and top.flow == IDENTIFY and self.book.takes(top, "linked"):
                yield from self.runner.fire(stage, top, "linked", {})
                return
            yield from self.runner.start(stage, "greet", {"linked": True})

    # --- meanings -------------------------------------------------------------------------------------------

    def _chose(self, stage: Stage, answer: Answer) -> Work:
        top = stage.top
        if comes_too_late(stage, answer, self.patience.idle_after) and not (top and top.flow in self.official):
            yield from look_again(self.runner, stage)
        elif answer.flow is not None:
            if answer.flow == commands.ESCALATE and answer.values.get("reason"):
                yield from commands.hand_over(self.runner, stage, answer.values)
                return
            if top is not None:
                stage.frames.pop()
            yield from self.runner.start(stage, answer.flow, dict(answer.values), then=top.then if top else None)
        elif top is not None and answer.trigger is not None:
            yield from self._answered(stage, top, answer.trigger, answer.values)

    def _answered(self, stage: Stage, frame: Frame, trigger: str, values: Mapping[str, Any]) -> Work:
        """Fire a customer's answer and remember the question, so that they can come back to it."""
        if not self.book.takes(frame, trigger):
            stage.frames.remove(frame)
            yield from self.runner.ask_after_update(stage, frame)
            return
        question = frame.question
        step = Step(frame.state, copy.deepcopy(frame.slots), question) if question else None
        yield from self.runner.fire(stage, frame, trigger, values)
        if step and frame in stage.frames and frame.awaits is None and frame.question is not question:
            frame.trail = [*frame.trail, step][-LONGEST_TRAIL:]

    def _wanted(self, stage: Stage, intent: Intent) -> Work:
        if (intent.flow, dict(intent.slots)) == GOODBYE:
            stage.frames[:] = without_idle(stage.frames)
        under_way = next((frame for frame in reversed(stage.frames) if frame.flow == intent.flow), None)
        if under_way is None or self.runner.may_drop(under_way):
            yield from self.runner.start(stage, intent.flow, {**self._discussed(stage, intent), **intent.slots})
            return
        stage.frames[:] = raised(stage.frames, under_way)
        new = {name for name, value in intent.slots.items() if under_way.slots.get(name) != value}
        if is_busy(chains(stage.frames)[-1]):
            stage.say("common.still_working")
        elif new and new <= NAMED and stage.top is under_way and self.book.takes(under_way, CHANGED_MIND):
            yield from self._answered(stage, under_way, CHANGED_MIND, {name: intent.slots[name] for name in new})
        elif new:
            given = {name: value for name, value in under_way.slots.items() if name in GIVEN}
            slots = {**given, **self._discussed(stage, intent), **intent.slots}
            del stage.frames[stage.frames.index(under_way) :]
            yield from self.runner.start(stage, intent.flow, slots, then=under_way.then)
        elif stage.open_question is not None:
            stage.put(stage.open_question, wording=1)  # the same wish once more: what is asked, in clearer words

    def _discussed(self, stage: Stage, intent: Intent) -> dict[str, Any]:
        """The order that the conversation is about, for a flow that is about one."""
        if not self.book[intent.flow].about_order:
            return {}
        order = order_in(stage.frames) or stage.just_shown
        return {"order": order} if order else {}

    # --- the end of a turn ------------------------------------------------------------------------------------

    def _finish(self, stage: Stage, event: Event, before: Conversation) -> None:
        """Ask the open question again if something else was said, show suggestions, and never be silent."""
        spoken = before.language
        if stage.suggestion is not None and not stage.frames:
            flow = stage.suggestion.text.partition(".")[0]
            again = not stage.steps and stage.talk.language == spoken and stage.suggestion.repeats(before.offer)
            stage.talk.offer = stage.ask(stage.suggestion, flow, wording=int(again))
        elif stage.suggestion is not None and stage.open_question is not None and not stage.steps:
            say_in_between(stage, stage.suggestion)
        if isinstance(event, Said | Pressed | LinkOpened) and not stage.steps and not stage.silent:
            stage.say("common.still_working" if stage.top and stage.top.awaits else "common.not_understood")
        question = stage.open_question if attending.is_bots(event) else None
        if question is not None and question.number not in stage.asked and stage.steps:
            # Who has just read it in this language gets the short wording: all of it once more would bury the answer.
            unseen = isinstance(event, Said) and stage.is_unseen(event.seen)
            just_read = isinstance(event, Said | Pressed) and stage.talk.language == spoken and not unseen
            stage.put(question, wording=int(just_read))

    def _apology(self, talk: Conversation, event: Event, now: float) -> Turn:
        stage = Stage(talk, self.texts, now)
        if isinstance(event, Attended):
            return Turn(talk)  # a person has the word, or just had it: they see what was not said
        act = event.act if isinstance(event, Happened) else None
        talk.frames = [frame for frame in without_idle(talk.frames) if frame.awaits != act or act is None]
        replies = (Reply("human", start="escalate", reason="trouble"), Reply("menu", start="greet"))
        question = stage.ask(Suggest("common.trouble", replies, {}), "common")
        talk.offer = question if not talk.frames else None
        return Turn(talk, stage.steps)
