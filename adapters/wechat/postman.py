"""Sends by the customer-service API what no push takes back, as far as the quota goes."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from uuid import uuid4

import structlog

from adapters.wechat import wording
from adapters.wechat.account import Account
from adapters.wechat.api import Api
from adapters.wechat.noting import noted
from adapters.wechat.problems import ApiRefused, Verdict
from adapters.wechat.records import Parcel, Records
from adapters.wechat.wording import Letter, Packed
from bot.errors import DeliveryError, StoreUnavailable, Undeliverable, Unreachable
from bot.messages import Address, Attachment

log = structlog.get_logger(__name__)

LEASE = 15.0
ROUND_SECONDS = 3.0
"""No new call is begun after that: whoever called must be done before its own time is over."""
FORBIDDEN_SECONDS = 3600.0
FIRST_PAUSE = 2.0
SETTINGS_PAUSE = 60.0


Files = Callable[[Address, str], Awaitable[tuple[Attachment, bytes] | None]]


async def _none(address: Address, ref: str) -> None:
    del address, ref


class Postman:
    """One account's outgoing calls. `files` gives the bytes behind an attachment's ref."""

    files: Files = staticmethod(_none)

    def __init__(self, account: Account, records: Records, api: Api) -> None:
        self._account = account
        self._records = records
        self._api = api
        self._forbidden_until = 0.0
        self._no_menus_until = 0.0

    @property
    def may_call(self) -> bool:
        """Whether the account may use the customer-service API, as far as is known."""
        return self._account.verified and time.monotonic() >= self._forbidden_until

    def pack(self, letters: Sequence[Letter]) -> Packed:
        """As many letters as fit in one message."""
        packed = wording.pack(letters)
        if packed.file or time.monotonic() >= self._no_menus_until:
            return packed
        return wording.pack_as_text(letters[: packed.count])

    async def post(self, conversation: str, parcel: Parcel | None) -> None:
        """Send this and what waits behind it. Raises `Unreachable` or `Undeliverable` for what never will arrive;
        what is refused for now is kept."""
        until = time.monotonic() + ROUND_SECONDS
        while parcel is not None:
            try:
                await self._send(Address.of(conversation), parcel)
            except ApiRefused as refusal:
                await self._keep(conversation, parcel, refusal)
                return
            except StoreUnavailable as error:  # it is only asked before a call
                await self._back(conversation, parcel, FIRST_PAUSE, "busy")
                log.warning("wechat_kept", conversation=conversation, why=str(error))
                return
            await noted(partial(self._records.said, conversation, parcel))
            if time.monotonic() > until:
                return
            parcel = await self._records.pick(conversation, self.pack, api=self.may_call)

    async def flush(self, conversation: str) -> None:
        """Send what waits, as the only one who sends there."""
        token = uuid4().hex
        if not await self._records.hold(conversation, token, LEASE):
            return
        try:
            await self.post(conversation, await self._records.pick(conversation, self.pack, api=self.may_call))
        except DeliveryError as error:
            log.error("wechat_undeliverable", conversation=conversation, why=str(error))  # noqa: TRY400
        finally:
            await self._records.let_go(conversation, token)

    async def call_back(self, conversation: str) -> None:
        """Tell a customer to whom nothing may be sent that something waits, if the account has a template for it."""
        notice = self._account.notice
        if notice is None or not await self._records.notice(conversation):
            return
        try:
            await self._api.notify(Address.of(conversation).chat, notice)
        except ApiRefused as refusal:
            log.warning("wechat_notice_failed", conversation=conversation, why=str(refusal))

    async def _send(self, address: Address, parcel: Parcel) -> None:
        openid = address.chat
        if parcel.doubted:  # a copy only goes to a WeChat that answers
            await self._api.look(openid)
        if parcel.file and await self._send_picture(address, parcel):
            return
        if parcel.choices:
            try:
                await self._api.send_menu(openid, parcel.text, parcel.choices)
            except ApiRefused as refusal:
                if refusal.verdict is not Verdict.NO_MENU:
                    raise
                self._no_menus_until = time.monotonic() + FORBIDDEN_SECONDS
            else:
                return
        await self._api.send_text(openid, wording.numbered(parcel.text, parcel.choices, parcel.language))

    async def _send_picture(self, address: Address, parcel: Parcel) -> bool:
        """False when it is not kept any more, or WeChat does not take it as a picture."""
        found = await self.files(address, parcel.file["ref"]) if parcel.file else None
        if found is None:
            return False
        try:
            await self._api.send_picture(address.chat, found[0].media_type, found[1])
        except ApiRefused as refusal:
            if refusal.verdict is not Verdict.NEVER:
                raise
            log.warning("wechat_picture_refused", conversation=address.conversation, why=str(refusal))
            return False
        return True

    async def _keep(self, conversation: str, parcel: Parcel, refusal: ApiRefused) -> None:
        log.warning("wechat_kept", conversation=conversation, why=str(refusal))
        back = partial(self._back, conversation, parcel)
        match refusal.verdict:
            case Verdict.WINDOW:
                await back(0, "window")
                await self.call_back(conversation)
            case Verdict.COUNT:
                await back(0, "count")
            case Verdict.FORBIDDEN:
                self._forbidden_until = time.monotonic() + FORBIDDEN_SECONDS
                await back(0, "forbidden")
            case Verdict.GONE:
                await noted(partial(self._records.refuse, conversation, parcel))
                raise Unreachable("WeChat: the customer no longer follows the account")
            case Verdict.NEVER:
                await noted(partial(self._records.refuse, conversation, parcel))
                raise Undeliverable(str(refusal))
            case Verdict.UNHEARD:
                await back(FIRST_PAUSE, "unheard")
            case Verdict.SETTINGS:
                log.error("wechat_settings", why="the API address list, the app id or the secret is wrong")
                await back(SETTINGS_PAUSE, "settings")
            case _:
                await back(FIRST_PAUSE, "busy")

    async def _back(self, conversation: str, parcel: Parcel, pause: float, why: str) -> None:
        await noted(partial(self._records.back, conversation, parcel, pause, why))
