"""One turn's work table: the conversation being changed and what is said so far. Renders texts and questions."""

from __future__ import annotations

from typing import Any

from bot.dialogue.conversation import Answer, Conversation, Frame, Question
from bot.dialogue.effects import Act
from bot.dialogue.texts import Texts
from bot.dialogue.turn import Request
from bot.dialogue.understanding import Option
from bot.dialogue.wishes import Ask, Reply, Suggest
from bot.errors import FlowError
from bot.messages import Choice, Outgoing

MOST_FIRINGS = 50
TRACKING = "track_order"


class Stage:
    """Everything one turn changes. `asked`: the numbers of the questions asked in this turn. `silent`: nothing has to
    be said."""

    def __init__(self, talk: Conversation, texts: Texts, now: float) -> None:
        self.talk = talk
        self.texts = texts
        self.now = now
        self.steps: list[Outgoing | Request] = []
        self.ways: list[str] = []
        self.asked: set[int] = set()
        self.suggestion: Suggest | None = None
        self.firings = 0
        self.silent = False

    # --- the stack ------------------------------------------------------------------------------------------

    @property
    def frames(self) -> list[Frame]:
        """The flows under way, the running one last."""
        return self.talk.frames

    @property
    def top(self) -> Frame | None:
        """The flow that is running."""
        return self.talk.frames[-1] if self.talk.frames else None

    @property
    def open_question(self) -> Question | None:
        """What the customer is expected to answer."""
        return self.top.question if self.top else self.talk.offer

    @property
    def just_shown(self) -> str | None:
        """The order whose state was told last, while nothing else is open. A greeting names one of several at best."""
        offer = self.talk.offer if not self.frames else None
        shown = offer is not None and offer.text.startswith(f"{TRACKING}.")
        return offer.values.get("order") if offer and shown else None

    def count_firing(self) -> None:
        """Guard against flows that call each other for ever."""
        self.firings += 1
        if self.firings > MOST_FIRINGS:
            raise FlowError("the flows go round in circles")

    def went(self, flow: str, source: str, trigger: str, dest: str) -> None:
        """Note that a flow moved on; see `Turn.ways`."""
        last = self.ways[-1] if self.ways else ""
        if last.startswith(f"{flow}/") and last.endswith(f"/{source}"):
            self.ways[-1] = f"{last}/{trigger}/{dest}"
        else:
            self.ways.append(f"{flow}/{source}/{trigger}/{dest}")

    # --- what is said ---------------------------------------------------------------------------------------

    def say(self, text: str, **values: Any) -> None:
        """Say a text."""
        words = self.texts.say(text, self.talk.language, values, self.now)
        self.steps.append(Outgoing(words, key=text, values=values, language=self.talk.language))

    def request(self, act: Act) -> str:
        """Have an act done; returns its id."""
        self.talk.acts += 1
        request = Request(str(self.talk.acts), act)
        self.steps.append(request)
        return request.id

    def ask(self, wish: Ask | Suggest, flow: str, wording: int = 0) -> Question:
        """Put a question to the customer."""
        answers = [self._answer(reply, flow) for reply in wish.replies]
        wants = wish.wants if isinstance(wish, Ask) else {}
        question = Question(0, wish.text, wish.values, answers, wants)
        self.put(question, wording)
        return question

    def put(self, question: Question, wording: int = 0) -> None:
        """Ask a question (again), under a new number: the buttons of the earlier one are stale from now on."""
        self.talk.questions += 1
        question.number, question.asked_at = self.talk.questions, self.now
        self.asked.add(question.number)
        text = self.texts.say(question.text, self.talk.language, question.values, self.now, wording)
        choices = tuple(
            Choice(f"{question.number}.{place}", self.label(question, answer))
            for place, answer in enumerate(question.answers)
        )
        said = Outgoing(text, choices, key=question.text, values=question.values, language=self.talk.language)
        self.steps.append(said)

    def label(self, question: Question, answer: Answer) -> str:
        """A choice as shown."""
        return self.texts.say(answer.label, self.talk.language, {**question.values, **answer.values}, self.now)

    def options(self, question: Question) -> list[Option]:
        """The choices with every wording in every language, for matching what was typed."""
        return [
            Option(answer.key, self.label(question, answer), self._other_wordings(question, answer))
            for answer in question.answers
        ]

    def is_unseen(self, seen: str | None) -> bool:
        """Whether the open question offers choices that were not yet shown to a customer who has seen the choice with
        this token last ("": none yet; None: whatever was asked was seen)."""
        question = self.open_question
        return seen is not None and bool(question and question.answers) and self.pressed(seen) is None

    def pressed(self, token: str) -> Answer | None:
        """The answer of the open question behind a button's token; None when it is stale or forged."""
        question = self.open_question
        number, _, place = token.partition(".")
        if question is None or number != str(question.number) or not (place.isascii() and place.isdigit()):
            return None
        return question.answers[int(place[:4])] if int(place[:4]) < len(question.answers) else None

    def _answer(self, reply: Reply, flow: str) -> Answer:
        label = reply.label or f"{flow}.choices.{reply.key}"
        if reply.label is None and not self.texts.has(label):
            label = f"common.choices.{reply.key}"
        return Answer(reply.key, label, reply.then, reply.start, reply.values)

    def _other_wordings(self, question: Question, answer: Answer) -> tuple[str, ...]:
        if (ready := self.texts.without_values(answer.label)) is not None:
            return ready
        values = {**question.values, **answer.values}
        return tuple(
            self.texts.say(answer.label, language, values, self.now, wording)
            for language, texts in self.texts.by_language.items()
            if answer.label in texts
            for wording in range(len(texts[answer.label].wordings))
        )
