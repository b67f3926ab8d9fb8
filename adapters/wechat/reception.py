"""Answers pushes within WeChat's five seconds, and looks after what had to wait."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile
from typing import Any, TypeVar

import structlog

from adapters.wechat import wording
from adapters.wechat.channel import WeChat
from adapters.wechat.noting import noted
from adapters.wechat.problems import ApiRefused
from adapters.wechat.reading import MEDIA, Push
from adapters.wechat.records import Arrival, Closing, Records
from adapters.wechat.wording import Letter, Packed
from bot.channel import Service
from bot.content import file_name
from bot.errors import StoreUnavailable
from bot.messages import Attachment, Incoming, incoming_from_json, incoming_to_json

log = structlog.get_logger(__name__)

LOOK_AGAIN = 0.2
"""Seconds between two looks when another process does the work, which cannot wake us."""
STORE_AGAIN = 0.2
STORE_TRIES = 50
LANGUAGE_SECONDS = 1.0
DECIDING_SECONDS, CLOSING_SECONDS = 0.2, 0.35
"""After `ready_by`, to decide on the answer, and until it is given up; WeChat waits until half a second after it."""
SWEEP = 2.0
FORGET_EVERY = 3600.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """A text to give back at once. `kept`: the records know of it, and want to hear that it was told."""

    text: str
    kept: bool = True


class Reception:
    """One account's pushes. `service` is the core."""

    def __init__(self, wechat: WeChat, service: Service) -> None:
        self._wechat = wechat
        self._service = service
        self._records: Records = wechat.records
        self._running: set[asyncio.Task[Any]] = set()

    async def answer(self, push: Push, message: Incoming) -> Answer | None:
        """What to say back at once; None when nothing is to be said, or not by this way. Never raises: a customer
        must not see the platform's fault notice because of us."""
        ends = asyncio.get_running_loop().time() + self._wechat.account.ready_by
        try:
            arrival = await self._in_time(self._arrived(push, message, ends), ends)
        except TimeoutError:  # the store does not even say no: it may be kept after all
            return self._sorry(message, "unsure")
        except Exception as error:  # the store is away, or a defect: nothing was kept, and the customer must know
            return self._sorry(message, "apology", error)
        if arrival.closed:
            return Answer(arrival.answer) if arrival.answer is not None else None
        message = replace(message, seen=arrival.seen)
        try:
            text = await self._in_time(self._answer(push, message, arrival.language, ends), ends + CLOSING_SECONDS)
        except TimeoutError:  # the message is kept: its answer goes another way
            log.warning("wechat_push_late")
            return None
        except Exception as error:
            log.error("wechat_push_left", error=type(error).__name__)  # noqa: TRY400
            return None
        return Answer(text) if text is not None else None

    async def told(self, push: Push) -> None:
        """The answer was written to the wire. Were that forgotten, it would be said once more."""
        if await noted(partial(self._records.told, push.conversation, push.id)):
            self._start(self._follow_up(push))

    async def run(self) -> None:
        """Look after what had to wait, until cancelled."""
        rounds = 0
        while True:
            try:
                await self.look_after()
                if rounds % int(FORGET_EVERY / SWEEP) == 0:
                    await self._records.forget()
            except StoreUnavailable as error:
                log.warning("wechat_waits", why=str(error))
            except Exception as error:  # one bad row must not stop the others
                log.error("wechat_sweep_failed", error=type(error).__name__)  # noqa: TRY400
            rounds += 1
            await asyncio.sleep(SWEEP)

    async def look_after(self) -> None:
        """Once: bring lost messages to the core, and send what may be sent now."""
        for lost in await self._records.untaken():
            await self._take(lost.conversation, incoming_from_json(lost.message), None)
            await self._records.taken(lost.conversation, lost.id)
        await self._records.release()
        if not self._wechat.postman.may_call:
            return
        for conversation in await self._records.due():
            await self._wechat.postman.flush(conversation)

    async def left(self, push: Push) -> None:
        """The customer no longer follows the account."""
        with contextlib.suppress(StoreUnavailable):
            await self._records.left(push.conversation)

    async def finish(self) -> None:
        """Wait for what is still being done for answered pushes."""
        while self._running:
            await asyncio.wait(self._running)

    async def stop(self) -> None:
        """Drop what is under way: all of it is in the store, and taken up after the next start."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _in_time(self, work: Coroutine[Any, Any, T], ends: float) -> T:
        """Its result, or `TimeoutError`. It goes on all the same: cut off in the middle of a transaction, it would cost
        a connection just when there is too much to do."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        await asyncio.wait({task}, timeout=max(0.0, ends - asyncio.get_running_loop().time()))
        if not task.done():
            task.add_done_callback(self._ended)
            raise TimeoutError
        return task.result()

    def _sorry(self, message: Incoming, key: str, error: Exception | None = None) -> Answer:
        log.error("wechat_push_not_taken", error=type(error).__name__ if error else "in time")
        language = wording.language_of(message.text) if message.text else "zh"
        return Answer(wording.words(language, key), kept=False)

    # --- one push --------------------------------------------------------------------------------------------

    async def _answer(self, push: Push, message: Incoming, language: str | None, ends: float) -> str | None:
        taking = self._start(self._take(push.conversation, message, language))
        closing = await self._wait(push, language, taking, ends)
        if not taking.done():
            self._start(self._note_taken(push, taking))
        late = not taking.done() or asyncio.get_running_loop().time() >= ends
        if closing.answer is None and late:
            self._start(self._wechat.show_typing(push.openid))
        return closing.answer

    async def _arrived(self, push: Push, message: Incoming, ends: float) -> Arrival:
        wait = self._wechat.account.ready_by
        while True:
            try:
                return await self._records.arrived(
                    push.conversation, push.id, incoming_to_json(message), push.opens, wait
                )
            except StoreUnavailable:
                if asyncio.get_running_loop().time() + STORE_AGAIN > ends:
                    raise
            await asyncio.sleep(STORE_AGAIN)

    async def _wait(self, push: Push, language: str | None, taking: asyncio.Task[None], ends: float) -> Closing:
        """Until all that follows is done, or time is up."""
        loop = asyncio.get_running_loop()
        with self._service.watch(push.conversation) as wake:
            while True:
                left = ends - loop.time()
                if not taking.done() and left > 0:
                    await asyncio.wait({taking}, timeout=left)
                    continue
                closing = await self._close(push, language, ends, final=left <= 0, taken=_is_over(taking))
                if closing is not None:
                    return closing
                await wake.wait(min(LOOK_AGAIN, max(left, 0.001)))

    async def _close(
        self, push: Push, language: str | None, ends: float, *, final: bool, taken: bool
    ) -> Closing | None:
        may_call, loop = self._wechat.postman.may_call, asyncio.get_running_loop()

        def compose(letters: Sequence[Letter]) -> Packed | None:
            if loop.time() > ends + DECIDING_SECONDS:
                return None  # nobody would take it back any more
            if letters and may_call:
                texts = list(takewhile(lambda letter: not letter.file, letters))
                return wording.pack_as_text(texts) if texts else None  # a picture can only be sent
            if letters:
                ending = wording.words(letters[0].language, "patience" if final else "more")
                return wording.pack_as_text(letters, ending, always=final)
            if final and not may_call:
                return Packed(wording.words(language or "zh", "patience"), (), 0)
            return None

        return await self._records.closing(push.conversation, push.id, compose, final=final, taken=taken)

    # --- beside and after it ---------------------------------------------------------------------------------

    async def _take(self, conversation: str, message: Incoming, language: str | None) -> None:
        """Bring a message to the core, with its pictures and its sender's language."""
        if language is None and self._wechat.account.verified:
            language = await self._ask_language(conversation, message.address.chat)
        files = tuple([await self._fetched(message, file) for file in message.attachments])
        await self._receive(replace(message, attachments=files, language=language or None))

    async def _receive(self, message: Incoming) -> None:
        for _ in range(STORE_TRIES):
            with contextlib.suppress(StoreUnavailable):
                await self._service.receive(message)
                return
            await asyncio.sleep(STORE_AGAIN)
        await self._service.receive(message)

    async def _ask_language(self, conversation: str, openid: str) -> str:
        language = ""
        with contextlib.suppress(ApiRefused, TimeoutError):
            async with asyncio.timeout(LANGUAGE_SECONDS):
                language = await self._wechat.api.language(openid)
        await self._records.speaks(conversation, language)
        return language

    async def _fetched(self, message: Incoming, file: Attachment) -> Attachment:
        """The file with its bytes in the store, where WeChat gives them."""
        if not file.ref.startswith(MEDIA):
            return file
        try:
            media = await self._wechat.api.media(file.ref.removeprefix(MEDIA))
            name = file_name(file.name or f"{file.kind}.{media.media_type.rpartition('/')[2]}")
            kept = await self._service.keep_attachment(message.address, name, media.media_type, media.data)
        except (ApiRefused, ValueError) as error:
            log.warning("wechat_file_not_kept", kind=file.kind, why=type(error).__name__)
            return replace(file, ref="")
        return replace(kept, kind=file.kind)

    async def _note_taken(self, push: Push, taking: asyncio.Task[None]) -> None:
        await asyncio.wait({taking})
        if _is_over(taking):
            await self._records.taken(push.conversation, push.id)

    async def _follow_up(self, push: Push) -> None:
        await asyncio.sleep(self._wechat.account.after_answer)
        await self._wechat.postman.flush(push.conversation)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.warning("wechat_work_failed", error=type(error).__name__)


def _is_over(taking: asyncio.Task[None]) -> bool:
    return taking.done() and not taking.cancelled() and taking.exception() is None
