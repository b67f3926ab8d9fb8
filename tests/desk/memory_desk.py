"""A small real desk in memory: who may sign in, conversations, the queue and orders. It outlives the server it is
handed to, as a database would, and says what tests need said."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from bot.channel import Receipt
from bot.desk.orders import CancelQuote, Done, OrderCard
from bot.desk.people import Agent, Availability, Role
from bot.desk.talk import Aside, Canned, Delivery, Draft, Elsewhere, Limits, Line, Note
from bot.desk.work import QUEUE, Brief, Ending, Reply, Resume, Status, Waiting
from bot.errors import HeldByOther, NewerWords, NoSuchThing, NotTaken, OrderServiceDown, StoreUnavailable
from bot.messages import Address, Attachment, AttachmentKind, Choice
from tests.webchat.memory_service import MemoryWake

ZHOU = Agent("xiaozhou", "小周", Role.AGENT, "zh", availability=Availability.ONLINE, here=True)
WANG = Agent("xiaowang", "小王", Role.AGENT, "zh", availability=Availability.ONLINE, here=True)
ANNA = Agent("anna", "Anna", Role.AGENT, "en", ("en",), ("fees",), Availability.ONLINE, here=True)
MIN = Agent("zhoumin", "周敏", Role.LEAD, "zh", availability=Availability.AWAY)
STAFF = (ZHOU, WANG, ANNA, MIN)

CARD = OrderCard(
    "TP10001",
    "鲜花",
    "awaiting_courier",
    "等待骑手接单",
    (("下单", "18:02"), ("收件", "静安区南京西路 1266 号"), ("费用", "¥18.00")),
    ("25 分钟内没有骑手接单", "附近 3 名骑手拒绝了订单"),
    ("cancel", "address", "phone", "tip", "reschedule", "watch", "refresh"),
)


@dataclass
class Talk:
    """One conversation as kept."""

    lines: list[Line] = field(default_factory=list)
    owner: str | None = None
    status: Status | None = None
    reason: str = "asked"
    team: str = ""
    language: str = "zh"
    name: str = "林晓"
    opened_at: float = 0.0
    unanswered_since: float | None = None
    priority: int = 0
    limits: Limits = field(default_factory=Limits)
    notes: list[Note] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    drafts: dict[str, Draft] = field(default_factory=dict)
    customer_wrote_at: float | None = None


class MemoryPeople:
    """The part of `People` that pages need once somebody is signed in: a token is the member of staff's id."""

    def __init__(self) -> None:
        self.staff = {agent.id: agent for agent in STAFF}
        self.revoked: set[str] = set()

    async def session(self, token: str) -> Agent | None:
        return None if token in self.revoked else self.staff.get(token.partition("-")[0])

    async def colleagues(self) -> Sequence[Agent]:
        return list(self.staff.values())

    async def alive(self, agent: Agent) -> None:
        pass

    async def be(self, agent: Agent, availability: Availability) -> None:
        self.staff[agent.id] = replace(self.staff[agent.id], availability=availability)


class MemoryDesk:
    """Implements `Work`, `Talks` and `OrderDesk`.

    `down`: the store does not answer. `orders_down`: so many acts go unanswered. `reads`: how often lines were read,
    `queue_reads` the queue. `acted`: (act, number, values) of every order act, once for its id.
    """

    def __init__(self) -> None:
        self.down = False
        self.orders_down = 0
        self.fee = 0
        self.reads: dict[str, int] = defaultdict(int)
        self.queue_reads = 0
        self.talks: dict[str, Talk] = {}
        self.card = CARD
        self.acted: list[tuple[str, str, dict[str, object]]] = []
        self.handed: list[tuple[str, str, object]] = []
        self.replies = [
            Canned(1, "hello", "zh", "问候", "{customer}您好，我是{agent}，很高兴为您服务。"),
            Canned(2, "wait", "zh", "请稍候", "请稍候，我正在查看订单 {order}。"),
            Canned(3, "hello", "en", "Greeting", "Hello {customer}, this is {agent}."),
        ]
        self._ids: set[str] = set()
        self._files: dict[tuple[str, str], tuple[Attachment, bytes]] = {}
        self._watchers: dict[str, set[MemoryWake]] = defaultdict(set)

    # What tests have happen

    def says(self, conversation: str, text: str, attachments: tuple[Attachment, ...] = ()) -> Line:
        """The customer says something."""
        talk = self.talks.setdefault(conversation, Talk())
        talk.unanswered_since = talk.unanswered_since or time.time()
        return self.add(conversation, "customer", text, Delivery.RECEIVED, attachments=attachments)

    def bot(
        self, conversation: str, text: str, delivery: Delivery = Delivery.SENT, choices: Sequence[Choice] = ()
    ) -> Line:
        return self.add(conversation, "bot", text, delivery, choices=tuple(choices))

    def wants_a_person(self, conversation: str, **more: object) -> None:
        talk = self.talks.setdefault(conversation, Talk())
        self.change(conversation, **{"status": Status.WAITING, "opened_at": talk.opened_at or time.time(), **more})

    def change(self, conversation: str, **values: object) -> None:
        for name, value in values.items():
            setattr(self.talks[conversation], name, value)
        self.tell(conversation)

    def becomes(self, conversation: str, seq: int, delivery: Delivery, why: str = "") -> None:
        lines = self.talks[conversation].lines
        self.talks[conversation].lines = [
            replace(line, delivery=delivery, why=why) if line.seq == seq else line for line in lines
        ]
        self.tell(conversation)

    def add(self, conversation: str, sender: str, text: str, delivery: Delivery, **more: object) -> Line:
        lines = self.talks.setdefault(conversation, Talk()).lines
        # Gaps, as a real log has: not everything in it is said.
        line = Line((lines[-1].seq if lines else 0) + 2, time.time(), sender, text, delivery, **more)  # type: ignore[arg-type]
        lines.append(line)
        self.tell(conversation)
        return line

    def tell(self, conversation: str) -> None:
        for topic in (conversation, QUEUE):
            for wake in list(self._watchers[topic]):
                wake.set()

    def said(self, conversation: str) -> list[str]:
        return [line.text for line in self.talks[conversation].lines if line.sender == "staff"]

    # Wakes

    @contextmanager
    def watch(self, topic: str) -> Iterator[MemoryWake]:
        wake = MemoryWake()
        self._watchers[topic].add(wake)
        try:
            yield wake
        finally:
            self._watchers[topic].discard(wake)

    def watched(self, topic: str) -> int:
        return len(self._watchers[topic])

    # Work

    async def queue(self, agent: Agent) -> Sequence[Waiting]:
        self._check()
        self.queue_reads += 1
        return [self._waiting(key, talk) for key, talk in self.talks.items() if talk.status in ("waiting", "taken")]

    def _waiting(self, key: str, talk: Talk) -> Waiting:
        last = next((line.text for line in reversed(talk.lines) if line.sender == "customer"), "")
        return Waiting(
            key,
            Address.of(key).channel,
            talk.status or Status.CLOSED,
            talk.reason,
            talk.priority,
            talk.team,
            talk.language,
            talk.opened_at,
            customer=talk.name or None,
            agent=talk.owner,
            unanswered_since=talk.unanswered_since,
            due_at=talk.opened_at + 600,
            last=last[:200],
            wish="想取消等待中的订单",
            unreachable=not talk.limits.reachable,
        )

    async def brief(self, agent: Agent, conversation: str) -> Brief:
        talk = self._seen(agent, conversation)
        return Brief(
            conversation,
            Address.of(conversation).channel,
            talk.language,
            "lin",
            talk.name,
            talk.reason,
            "想取消等了 25 分钟的鲜花订单",
            "TP10001",
            diagnosis=("没有骑手接单：已等 25 分钟", "附近 3 名骑手拒绝"),
            tried=((talk.opened_at, "机器人刷新了订单"), (talk.opened_at, "客户加了 5 元小费")),
            slots=(("订单", "TP10001"),),
        )

    async def claim(self, agent: Agent, conversation: str) -> None:
        talk = self._mine(agent, conversation)
        talk.owner, talk.status = agent.id, Status.TAKEN
        self.tell(conversation)

    async def reply(self, agent: Agent, conversation: str, reply: Reply) -> Receipt:
        talk = self._seen(agent, conversation)
        known = next((line for line in talk.lines if line.id == reply.id), None)
        if known:
            return Receipt(known.seq, duplicate=True)
        self._mine(agent, conversation)
        newest = max((line.seq for line in talk.lines if line.sender == "customer"), default=0)
        if reply.seen is not None and newest > reply.seen:
            raise NewerWords(newest)
        talk.owner, talk.status, talk.unanswered_since = agent.id, Status.TAKEN, None
        line = self.add(
            conversation,
            "staff",
            reply.text,
            Delivery.SENT,
            author=agent.id,
            id=reply.id,
            attachments=reply.attachments,
        )
        return Receipt(line.seq)

    async def transfer(self, agent: Agent, conversation: str, *, to: str = "", team: str = "", words: str = "") -> None:
        talk = self._mine(agent, conversation)
        if team == "nowhere":
            raise NotTaken("no_such_team")
        talk.owner, talk.status, talk.team = to or None, Status.TAKEN if to else Status.WAITING, team
        if words:
            talk.notes.append(Note(f"{agent.id}:t{len(talk.notes)}", time.time(), agent.id, words))
        self.handed.append(("transfer", conversation, to or team))
        self.tell(conversation)

    async def hand_back(self, agent: Agent, conversation: str, resume: Resume) -> None:
        talk = self._mine(agent, conversation)
        talk.owner, talk.status = None, Status.CLOSED
        self.handed.append(("hand_back", conversation, resume))
        self.tell(conversation)

    async def close(self, agent: Agent, conversation: str, ending: Ending) -> None:
        talk = self._mine(agent, conversation)
        talk.owner, talk.status = None, Status.CLOSED
        self.handed.append(("close", conversation, ending))
        self.tell(conversation)

    # Talks

    async def lines(self, agent: Agent, conversation: str, after: int = 0, limit: int = 200) -> Sequence[Line]:
        self.reads[conversation] += 1
        newer = [line for line in self._seen(agent, conversation).lines if line.seq > after]
        return newer[:limit] if after else newer[-limit:]

    async def before(self, agent: Agent, conversation: str, seq: int, limit: int = 200) -> Sequence[Line]:
        return [line for line in self._seen(agent, conversation).lines if line.seq < seq][-limit:]

    async def aside(self, agent: Agent, conversation: str) -> Aside:
        talk = self._seen(agent, conversation)
        beside = (tuple(talk.notes), tuple(talk.tags), tuple(talk.drafts.values()))
        return Aside(talk.owner, talk.status or "", talk.limits, talk.team, *beside, talk.customer_wrote_at)

    async def send_again(self, agent: Agent, conversation: str, seq: int) -> int:
        talk = self._mine(agent, conversation)
        line = next((line for line in talk.lines if line.seq == seq and line.delivery is Delivery.FAILED), None)
        if line is None:
            raise NoSuchThing("no such failure")
        self.becomes(conversation, seq, Delivery.FAILED, "sent_again")
        return self.add(conversation, line.sender, line.text, Delivery.SENT, author=line.author).seq

    async def note(self, agent: Agent, conversation: str, id: str, words: str) -> None:
        talk = self._seen(agent, conversation)
        key = f"{agent.id}:{id}"
        if all(note.id != key for note in talk.notes):
            talk.notes.append(Note(key, time.time(), agent.id, words))
            self.tell(conversation)

    async def tag(self, agent: Agent, conversation: str, name: str, *, off: bool = False) -> None:
        talk = self._seen(agent, conversation)
        if " " in name:
            raise NotTaken("tag_name")
        talk.tags = [tag for tag in talk.tags if tag != name] + ([] if off else [name])
        self.tell(conversation)

    async def draft(self, agent: Agent, conversation: str, words: str) -> None:
        talk = self._seen(agent, conversation)
        talk.drafts.pop(agent.id, None)
        if words:
            talk.drafts[agent.id] = Draft(agent.id, words, time.time())
        self.tell(conversation)

    async def keep_attachment(
        self, agent: Agent, conversation: str, name: str, media_type: str, data: bytes
    ) -> Attachment:
        self._seen(agent, conversation)
        kind = AttachmentKind.IMAGE if media_type.startswith("image/") else AttachmentKind.FILE
        kept = Attachment(kind, f"f{len(self._files) + 1}", name, media_type, len(data))
        self._files[conversation, kept.ref] = (kept, data)
        return kept

    async def attachment(self, agent: Agent, conversation: str, ref: str) -> tuple[Attachment, bytes] | None:
        self._seen(agent, conversation)
        return self._files.get((conversation, ref))

    async def elsewhere(self, agent: Agent, conversation: str) -> Sequence[Elsewhere]:
        return [Elsewhere(key, Address.of(key).channel, 0.0, None) for key in self.talks if key != conversation][:2]

    async def canned(self) -> Sequence[Canned]:
        self._check()
        return self.replies

    async def keep_canned(self, agent: Agent, canned: Canned) -> None:
        if any(
            (each.shortcut, each.language) == (canned.shortcut, canned.language) and each.id != canned.id
            for each in self.replies
        ):
            raise NotTaken("shortcut_used")
        kept = canned if canned.id else replace(canned, id=max((each.id for each in self.replies), default=0) + 1)
        self.replies = [each for each in self.replies if each.id != canned.id] + [kept]

    async def drop_canned(self, agent: Agent, id: int) -> None:
        self.replies = [each for each in self.replies if each.id != id]

    # Orders

    async def orders(self, agent: Agent, conversation: str) -> Sequence[OrderCard]:
        self._seen(agent, conversation)
        return [self.card]

    async def order(self, agent: Agent, conversation: str, number: str, *, refresh: bool = False) -> OrderCard:
        self._seen(agent, conversation)
        return self.card

    async def quote(self, agent: Agent, conversation: str, number: str) -> CancelQuote:
        return CancelQuote(True, self.fee, f"取消将收取 ¥{self.fee / 100:.2f}。" if self.fee else "现在取消免费。")

    async def cancel(
        self, agent: Agent, conversation: str, id: str, number: str, *, fee: int, reason: str, tell: bool
    ) -> Done:
        if fee < self.fee:
            return Done(False, "费用有变。", self.card, await self.quote(agent, conversation, number))
        self.card = replace(self.card, state="cancelled", state_text="已取消", may=(), is_over=True)
        return self._done("cancel", number, id, {"fee": fee, "reason": reason, "tell": tell}, "订单已取消。", tell=tell)

    async def correct(
        self, agent: Agent, conversation: str, id: str, number: str, *, field: str, value: str, tell: bool
    ) -> Done:
        return self._done("correct", number, id, {"field": field, "value": value}, "已更正。", tell=tell)

    async def tip(self, agent: Agent, conversation: str, id: str, number: str, *, amount: int, tell: bool) -> Done:
        return self._done("tip", number, id, {"amount": amount}, "已加小费。", tell=tell)

    async def reschedule(self, agent: Agent, conversation: str, id: str, number: str, *, at: float, tell: bool) -> Done:
        return self._done("reschedule", number, id, {"at": at}, "已改时间。", tell=tell)

    async def watch_order(self, agent: Agent, conversation: str, id: str, number: str, *, tell: bool) -> Done:
        self.card = replace(self.card, watched=True)
        return self._done("watch", number, id, {}, "已关注。", tell=tell)

    def _done(self, act: str, number: str, id: str, values: dict[str, object], words: str, *, tell: bool) -> Done:
        if id not in self._ids:
            self._ids.add(id)
            self.acted.append((act, number, values))
        if self.orders_down:
            self.orders_down -= 1
            raise OrderServiceDown("no answer, though it was done")
        return Done(True, words, self.card, told=tell)

    # Who may

    def _seen(self, agent: Agent, conversation: str) -> Talk:
        self._check()
        talk = self.talks.get(conversation)
        if talk is None or not agent.is_of(talk.team):
            raise NoSuchThing(conversation)
        return talk

    def _mine(self, agent: Agent, conversation: str) -> Talk:
        talk = self._seen(agent, conversation)
        if talk.owner not in (None, agent.id) and agent.role is Role.AGENT:
            raise HeldByOther(talk.owner or "")
        return talk

    def _check(self) -> None:
        if self.down:
            raise StoreUnavailable("down for the test")


class MemoryOrders:
    """The desk's orders under the names of `OrderDesk`, whose `watch` is another than that of `Wakes`."""

    def __init__(self, desk: MemoryDesk) -> None:
        self.orders, self.order, self.quote, self.cancel = desk.orders, desk.order, desk.quote, desk.cancel
        self.correct, self.tip, self.reschedule, self.watch = (
            desk.correct,
            desk.tip,
            desk.reschedule,
            desk.watch_order,
        )
