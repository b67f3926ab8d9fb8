"""Calls to WeChat: wechatpy's endpoints on one aiohttp client, with our own tokens and errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
from wechatpy.client import WeChatClient

from adapters.wechat.account import Account, Notice
from adapters.wechat.problems import ApiRefused, Verdict
from adapters.wechat.reading import menu_id_of
from adapters.wechat.records import TokenShelf
from adapters.wechat.tokens import Tokens
from adapters.wechat.wording import Choice

CALL_SECONDS = 4.0
MEDIA_SECONDS = 10.0
CONNECT_SECONDS = 2.0
"""Of these, for a connection, which may have to become free first. Until then nothing has gone out."""
DOWNLOAD, UPLOAD = "media/get", "media/upload"
LARGEST_ANSWER = 1024 * 1024
LANGUAGES = ("zh", "en")

Body = bytes | aiohttp.FormData | None


@dataclass(frozen=True, slots=True)
class Media:
    """What a customer sent: its bytes and what WeChat says they are."""

    data: bytes
    media_type: str


class Api:
    """One account's calls. Each raises `ApiRefused`; none is made twice but after a refused token."""

    def __init__(self, account: Account, shelf: TokenShelf, clock: Callable[[], float], most: int) -> None:
        self._http = _Http(account.api, most)
        self._account = account
        self._tokens = Tokens(shelf, self._fetch_token, clock)
        self._client = _Client(account.app_id, self._http, self._tokens)

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.close()

    async def send_text(self, openid: str, text: str) -> None:
        """One customer-service message."""
        await self._client.message.send_text(openid, text)

    async def send_menu(self, openid: str, text: str, choices: Sequence[Choice]) -> None:
        """A customer-service message whose choices can be tapped."""
        items = [{"id": menu_id_of(choice["token"]), "content": choice["label"]} for choice in choices]
        menu = {"head_content": text, "list": items, "tail_content": ""}
        await self._client.message.send_msg_menu(openid, menu)

    async def typing(self, openid: str) -> None:
        """Show that an answer is being written."""
        await self._client.post("message/custom/typing", data={"touser": openid, "command": "Typing"})

    async def look(self, openid: str) -> None:
        """Whether WeChat answers at all, by a call that does no harm."""
        try:
            await self.typing(openid)
        except ApiRefused as refusal:
            if refusal.code in (None, -1) or refusal.verdict is Verdict.TOKEN:
                raise refusal.before() from None

    async def send_picture(self, openid: str, media_type: str, data: bytes) -> None:
        """A picture, given to WeChat just before for a customer-service message."""
        # WeChat does not understand how names beyond ASCII are written in a form, and shows none.
        name = f"picture.{media_type.rpartition('/')[2]}"
        try:
            found = await self._client.media.upload("image", (name, data, media_type))
        except ApiRefused as refusal:
            raise refusal.before() from None
        if not isinstance(found, Mapping) or not found.get("media_id"):
            raise ApiRefused(None, f"{UPLOAD}: no id in the answer")
        await self._client.message.send_image(openid, found["media_id"])

    async def language(self, openid: str) -> str:
        """The language of the customer's client, one of ours; empty if it is another."""
        found = await self._client.user.get(openid)
        language = str(found.get("language", ""))[:2]
        return language if language in LANGUAGES else ""

    async def media(self, media_id: str) -> Media:
        """What a customer sent. Of a video WeChat only says where it is."""
        found = await self._client.media.download(media_id)
        if isinstance(found, Mapping) and str(found.get("video_url", "")).startswith(("https://", "http://")):
            found = await self._http.download(str(found["video_url"]))
        if not isinstance(found, Media):
            raise ApiRefused(None, "no file in the answer")
        return found

    async def notify(self, openid: str, notice: Notice) -> None:
        """A template or subscription message: all that may be sent outside the window."""
        data = {name: {"value": value} for name, value in notice.fields.items()}
        body = {"touser": openid, "template_id": notice.template, "data": data}
        if notice.kind == "subscription":
            await self._client.post("message/subscribe/bizsend", data={**body, "page": notice.url})
        else:
            await self._client.post("message/template/send", data={**body, "url": notice.url})

    async def set_menu(self, menu: Mapping[str, Any]) -> None:
        """Replace the account's menu."""
        await self._client.menu.create(menu)

    async def _fetch_token(self, force: bool) -> tuple[str, float]:
        asked = {"grant_type": "client_credential", "appid": self._account.app_id, "secret": self._account.secret}
        body = json.dumps({**asked, "force_refresh": force}).encode()
        try:
            answer = _checked(await self._http.call("post", "stable_token", {}, body), "stable_token")
        except ApiRefused as refusal:
            raise refusal.before() from None
        if not isinstance(answer, Mapping) or not isinstance(answer.get("access_token"), str):
            raise ApiRefused(None, "no access token in the answer")
        return answer["access_token"], float(answer.get("expires_in", 7200))


class _Http:
    """Says what went wrong without ever quoting an address: it holds the token."""

    def __init__(self, base: str, most: int) -> None:
        self._base = f"{base.rstrip('/')}/cgi-bin/"
        self._most = most
        self._session: aiohttp.ClientSession | None = None

    async def call(self, method: str, path: str, params: Mapping[str, str], body: Body) -> Any:
        """The answer as JSON, or as `Media`."""
        return await self._ask(method, self._base + path, path, params=params, data=body, allow_redirects=False)

    async def download(self, address: str) -> Any:
        """What is there, as `Media`."""
        return await self._ask("get", address, DOWNLOAD)

    async def _ask(self, method: str, address: str, path: str, **options: Any) -> Any:
        seconds = MEDIA_SECONDS if path in (DOWNLOAD, UPLOAD) else CALL_SECONDS
        timeout = aiohttp.ClientTimeout(total=seconds, connect=CONNECT_SECONDS)
        try:
            async with self._opened().request(method, address, timeout=timeout, **options) as answer:
                if answer.status != 200:
                    raise ApiRefused(None, f"{path}: HTTP {answer.status}", unheard=True)
                if path == DOWNLOAD and not _is_text(answer.content_type):
                    return Media(await self._limited(answer, self._most, path), answer.content_type)
                return json.loads(await self._limited(answer, LARGEST_ANSWER, path))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:  # nothing went out
            raise ApiRefused(None, f"{path}: {type(error).__name__}") from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ApiRefused(None, f"{path}: {type(error).__name__}", unheard=True) from None
        except ValueError:
            raise ApiRefused(None, f"{path}: the answer is not JSON", unheard=True) from None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session

    @staticmethod
    async def _limited(answer: aiohttp.ClientResponse, most: int, path: str) -> bytes:
        data = b""
        async for chunk in answer.content.iter_chunked(64 * 1024):
            data += chunk
            if len(data) > most:
                raise ApiRefused(None, f"{path}: the answer is too large", unheard=True)
        return data


class _Client(WeChatClient):  # type: ignore[misc]
    """wechatpy's endpoints; only how a request is made is ours. Its own token code would ask for a new one without
    end, and its transport would write the token into exceptions."""

    def __init__(self, app_id: str, http: _Http, tokens: Tokens) -> None:
        super().__init__(app_id, "")
        self._our_http = http
        self._tokens = tokens

    async def _request(self, method: str, url_or_endpoint: str, **options: Any) -> Any:
        params = options.get("params") or {}
        token = await self._tokens.get()
        try:
            return await self._once(method, url_or_endpoint, params, _body(options), token)
        except ApiRefused as refusal:
            if refusal.verdict is not Verdict.TOKEN:
                raise
        token = await self._tokens.instead_of(token)
        try:
            return await self._once(method, url_or_endpoint, params, _body(options), token)
        except ApiRefused as refusal:
            if refusal.verdict is Verdict.TOKEN:
                self._tokens.cool_down()
            raise

    async def _once(self, method: str, path: str, params: Mapping[str, str], body: Body, token: str) -> Any:
        answer = await self._our_http.call(method, path, {**params, "access_token": token}, body)
        return _checked(answer, path)


def _body(options: Mapping[str, Any]) -> Body:
    """Made anew for each call: a form can be read only once."""
    if files := options.get("files"):
        form = aiohttp.FormData()
        for field, (name, data, media_type) in files.items():
            form.add_field(field, data, filename=name, content_type=media_type)
        return form
    data = options.get("data")
    return None if data is None else json.dumps(data, ensure_ascii=False).encode()


def _checked(answer: Any, path: str) -> Any:
    code = answer.get("errcode", 0) if isinstance(answer, Mapping) else 0
    if code:
        # WeChat's own words may quote what was sent.
        raise ApiRefused(int(code), path)
    return answer


def _is_text(content_type: str) -> bool:
    """Errors come as JSON, sometimes said to be plain text."""
    return content_type.startswith("text/") or content_type == "application/json"
