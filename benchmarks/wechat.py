"""WeChat: what its encryption and XML cost, how soon 64 customers at once are answered, and a slow order service."""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Generator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette

from adapters.wechat import Adapter
from adapters.wechat.envelope import Opened
from benchmarks.figures import Figure, median
from bot.dialogue.conversation import Conversation
from bot.dialogue.effects import Outcome, Read
from bot.dialogue.events import Event
from bot.dialogue.turn import Turn
from bot.messages import Outgoing
from bot.orders.effects import GetOrder
from bot.performer import Performers, Scope
from bot.runtime.service import Runtime
from bot.runtime.settings import RuntimeSettings
from bot.store.database import Database
from bot.store.migrate import upgrade
from bot.store.wechat import WechatRecords
from tests.command.tepai import start
from tests.runtime.parts import Echo, Feed, OneLink, OrderDesk
from tests.wechat import platform
from tests.wechat.household import account
from tests.wechat.platform import Platform
from tests.wechat.serving import Serving

TURNS = 10
CUSTOMERS = 16
MESSAGES = 15
AT_ONCE = 64
ROUNDS = 5
ORDER_SERVICE_SECONDS = 6.0
QUESTION = "为什么我的订单还在等待确认？"
ANSWER = Outgoing(
    "订单 TP10024817 还没有骑手接单，所以一直在等待确认。要我怎么帮您？", key="pending_order.cause.no_courier"
)
SETTINGS = """
wechat:
  app_id: {app_id}
  account: {account}
  base_url: {url}
"""
SECRETS = {
    "TEPAI_WECHAT_SECRET": platform.SECRET,
    "TEPAI_WECHAT_TOKEN": platform.TOKEN,
    "TEPAI_WECHAT_AES_KEY": platform.AES_KEY,
}

Push = tuple[dict[str, str], bytes]


class Answering:
    """A dialogue that costs nothing and always says the same."""

    def turn(self, conversation: Conversation, event: Event, now: float) -> Generator[Read, Outcome, Turn]:
        """See `bot.dialogue.turn.Dialogue.turn`."""
        del event, now
        return Turn(conversation, [ANSWER])
        yield

    def knows(self, flow: str) -> bool:
        """See `bot.dialogue.turn.Dialogue.knows`."""
        del flow
        return True


class Bare:
    """In place of the envelope: the push's fields as JSON, the answer as it is."""

    def open(self, query: Any, body: bytes) -> Opened:
        """See `adapters.wechat.envelope.Envelope.open`."""
        del query
        return Opened(SimpleNamespace(_data=json.loads(body)), "", None)

    def seal(self, opened: Opened, text: str) -> str:
        """See `adapters.wechat.envelope.Envelope.seal`."""
        del opened
        return text


class SlowDesk(OrderDesk):
    """An order service that takes its time."""

    async def read(self, effect: GetOrder, scope: Scope) -> Outcome:
        """See `bot.performer.Performer`."""
        await asyncio.sleep(ORDER_SERVICE_SECONDS)
        return await super().read(effect, scope)

    @property
    def performers(self) -> Performers:
        """Only reads."""
        return {GetOrder: self.read}


def measure() -> list[Figure]:
    """Three figures with limits, and beside the second the median."""
    return [*asyncio.run(_envelopes()), *asyncio.run(_at_once()), asyncio.run(_slow_orders())]


# --- encryption and XML -----------------------------------------------------------------------------------------


async def _envelopes() -> list[Figure]:
    # Not verified: else WeChat is asked for each customer's language, which would be measured as well.
    async with _house(Answering(), OrderDesk().performers, verified=False) as (adapter, wechat):
        sealed, bare = adapter.door.envelope, Bare()
        costs, differences = [], []
        for turn in range(TURNS):
            found = {}
            for envelope in (sealed, bare) if turn % 2 else (bare, sealed):
                adapter.door.envelope = envelope  # type: ignore[assignment]
                written = _pushes if envelope is sealed else _fields
                found[envelope is sealed] = await _cost(adapter, [written(wechat, turn, n) for n in range(CUSTOMERS)])
            costs.append(found[True])
            differences.append(found[True] - found[False])
    return [
        median("WeChat: encrypted push to encrypted answer, the whole step", costs, "ms CPU"),
        median("WeChat: of that, encryption and XML", differences, "ms CPU", 0.4),
    ]


def _pushes(wechat: Platform, turn: int, customer: int) -> list[Push]:
    ids = [{"MsgType": "text", "Content": QUESTION, "MsgId": wechat.new_id()} for _ in range(MESSAGES)]
    return [wechat.signed(wechat.written(f"oSealed{turn}-{customer}", fields)) for fields in ids]


def _fields(wechat: Platform, turn: int, customer: int) -> list[Push]:
    head = {"ToUserName": platform.NAME, "FromUserName": f"oBare{turn}-{customer}", "MsgType": "text"}
    rows = [{**head, "CreateTime": "1", "Content": QUESTION, "MsgId": str(wechat.new_id())} for _ in range(MESSAGES)]
    return [(wechat.signed("")[0], json.dumps(row).encode()) for row in rows]


async def _cost(adapter: Adapter, customers: Sequence[Sequence[Push]]) -> float:
    """ms of CPU a push when all customers write, each after the answer to the one before."""
    app = Starlette(routes=adapter.routes())

    async def customer(pushes: Sequence[Push]) -> None:
        for query, body in pushes:
            await _call(app, query, body)

    begun = time.process_time()
    await asyncio.gather(*map(customer, customers))
    return (time.process_time() - begun) / (CUSTOMERS * MESSAGES) * 1000


async def _call(app: Starlette, query: dict[str, str], body: bytes) -> None:
    """One request, without a socket."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/wechat",
        "query_string": urlencode(query).encode(),
        "headers": [],
    }
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])
    answered: list[bytes] = []

    async def receive() -> Any:
        if message := next(messages, None):
            return message
        return await asyncio.Event().wait()

    async def send(message: Any) -> None:
        answered.append(message.get("body", b""))
        if message.get("status", 200) != 200:
            raise RuntimeError(f"the push was refused: {message['status']}")

    await app(scope, receive, send)
    if len(b"".join(answered)) < 50:
        raise RuntimeError("the push was not answered at once")


@asynccontextmanager
async def _house(dialogue: Any, performers: Performers, *, verified: bool) -> AsyncIterator[tuple[Adapter, Platform]]:
    """The adapter with a runtime behind it and the strict server before it, on SQLite."""
    wechat = Platform(time.time)
    await wechat.start()
    with tempfile.TemporaryDirectory(prefix="tepai-") as folder:
        url = f"sqlite:///{Path(folder) / 'tepai.db'}"
        await upgrade(url)
        database = Database(url)
        adapter = Adapter(account(wechat.url, verified=verified), WechatRecords(database), time.time)
        patient = RuntimeSettings(read=ORDER_SERVICE_SECONDS + 2)
        runtime = Runtime(database, dialogue, performers, {"wechat": adapter.channel}, Feed(), OneLink(), patient)
        adapter.connect(runtime)
        runtime.start()
        try:
            yield adapter, wechat
        finally:
            await runtime.stop()
            await adapter.close()
            await database.close()
            await wechat.stop()


# --- the product under many at once -----------------------------------------------------------------------------


async def _at_once() -> list[Figure]:
    """Seconds from a push to its passive answer, of `tepai run` with the demo's customers."""
    wechat = Platform(time.time)
    await wechat.start()
    with tempfile.TemporaryDirectory(prefix="tepai-") as folder:
        written = SETTINGS.format(app_id=platform.APP_ID, account=platform.NAME, url=wechat.url)
        (Path(folder) / "config.yaml").write_text(written, encoding="utf-8")
        process = start(Path(folder), "run", PORT="0", **SECRETS)
        try:
            wechat.hook = f"{await asyncio.to_thread(_address, process)}/wechat"
            waits = await _wait_for_all(wechat)
        finally:
            process.kill()
            process.communicate()
            await wechat.stop()
    return [
        Figure(f"WeChat: passive answer, {AT_ONCE} pushes at once, median", statistics.median(waits), "s"),
        Figure(
            f"WeChat: passive answer, {AT_ONCE} pushes at once, p99",
            statistics.quantiles(waits, n=100)[98],
            "s",
            1,
            sound=not wechat.faults,
        ),
    ]


async def _wait_for_all(wechat: Platform) -> list[float]:
    waits: list[float] = []

    async def push(openid: str) -> None:
        begun = time.perf_counter()
        await wechat.says(openid, QUESTION)
        waits.append(time.perf_counter() - begun)
        if wechat.customer(openid).shown[-1].way != "passive":
            raise RuntimeError("not answered at once")

    await push("oFirst")
    waits.clear()
    for _ in range(ROUNDS):
        await asyncio.gather(*(push(f"oPerson{n:02}") for n in range(AT_ONCE)))
    return waits


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if "/chat" in line:
            return line.strip().partition("/chat")[0]
    raise RuntimeError("the server did not start")


# --- an order service that takes longer than a push -------------------------------------------------------------


async def _slow_orders() -> Figure:
    """Pushes that were not answered in time, and customers who did not get their answer exactly once."""
    async with _house(Echo(), SlowDesk().performers, verified=True) as (adapter, wechat):
        serving = Serving()
        await serving.serve(Starlette(routes=adapter.routes()))
        wechat.hook = f"{serving.url}/wechat"
        people = [f"oPerson{n:02}" for n in range(AT_ONCE)]
        pushed = await asyncio.gather(*(wechat.says(person, "read") for person in people))
        late = sum(one.answers != ["success"] for one in pushed)
        await asyncio.sleep(ORDER_SERVICE_SECONDS)
        shown = [[item.text for item in wechat.customer(person).shown] for person in people]
        wrong = sum(texts != ["1: read order_found None"] for texts in shown)
        await serving.stop()
    name = f"WeChat: late pushes and lost answers, {AT_ONCE} customers, order service of {ORDER_SERVICE_SECONDS:g} s"
    return Figure(name, float(late + wrong), "", 0)
