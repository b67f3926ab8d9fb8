"""A strict Bot API server on a real socket: checks everything it is sent, keeps books, and fails as it is told to."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.telegram import forum, rules
from tests.telegram.books import Books, Call, Chat, Shown
from tests.telegram.deliveries import Deliveries
from tests.telegram.rules import Refused

TOKEN = "7654321:a-token_for_the_tests-0123456789"
ACTIONS = {"typing", "upload_photo", "upload_document"}
ANSWER_SECONDS = 15


@dataclass(frozen=True)
class Refuse:
    """Answer so instead of doing it."""

    status: int
    why: str
    retry_after: int = 0


@dataclass(frozen=True)
class Silent:
    """Never answer. `taken`: do it all the same."""

    taken: bool


@dataclass(frozen=True)
class Cut:
    """Cut the connection instead of answering. `taken`: do it all the same."""

    taken: bool


Fault = Refuse | Silent | Cut
TOO_MANY = Refuse(429, "Too Many Requests: retry after 1", retry_after=1)


class BotApi:
    """`patience`: seconds a webhook call may take. `redeliver`: seconds until a refused update is sent again."""

    def __init__(self, token: str = TOKEN, patience: float = 5.0, redeliver: float = 0.01) -> None:
        self.token = token
        self.books = Books({"id": 7654321, "is_bot": True, "first_name": "Tepai", "username": "tepai_test_bot"})
        self.updates = Deliveries(self.books, patience, redeliver)
        self.troubles: list[str] = []
        self._faults: defaultdict[tuple[str, int | None], deque[Fault]] = defaultdict(deque)
        self._runner: web.AppRunner | None = None
        self._closing = asyncio.Event()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        app = web.Application(client_max_size=60 * 1024 * 1024)
        app.router.add_post("/bot{token}/{method}", self._answer)
        app.router.add_get("/file/bot{token}/{path:.+}", self._download)
        self._closing = asyncio.Event()
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        assert site._server is not None
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]

    async def stop(self) -> None:
        self._closing.set()
        await self.updates.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    def chat(self, id: int = 7, type: str = "private", language: str | None = "zh-hans") -> Chat:
        """A chat in which the customer has pressed "start", or a group in which the bot is a member."""
        return self.books.chats.setdefault(id, Chat(id, type, language))

    def fail(self, method: str, *faults: Fault, chat: int | None = None) -> None:
        """The next calls of this method (of this chat) fail so, one after the other."""
        self._faults[method.lower(), chat].extend(faults)

    # --- HTTP ---------------------------------------------------------------------------------------------------

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"].lower()
        given: dict[str, Any] = {}
        try:
            if request.match_info["token"] != self.token:
                raise Refused(401, "Unauthorized")
            given = await _given(request)
            parameters = rules.checked(method, given)
            fault = self._fault(method, parameters.get("chat_id"))
            if isinstance(fault, Refuse):
                more = {"retry_after": fault.retry_after} if fault.retry_after else {}
                raise Refused(fault.status, fault.why, **more)
            result = None if fault and not fault.taken else await self._do(method, parameters, request)
            if fault is not None:
                return await self._without_answer(fault, request)
        except Refused as refused:
            self.books.calls.append(Call(method, given, refused.why))
            return web.json_response(refused.as_json(), status=refused.status)
        except Exception as error:  # a defect of the test server must be seen
            self.troubles.append(f"{method}: {error!r}")
            raise
        self.books.calls.append(Call(method, parameters))
        return web.json_response({"ok": True, "result": result})

    async def _without_answer(self, fault: Fault, request: web.Request) -> web.StreamResponse:
        if isinstance(fault, Silent):
            await self._closing.wait()
        if request.transport is not None:
            request.transport.close()
        return web.Response()

    def _fault(self, method: str, chat: int | None) -> Fault | None:
        for key in ((method, chat), (method, None)):
            if self._faults.get(key):
                return self._faults[key].popleft()
        return None

    async def _download(self, request: web.Request) -> web.Response:
        found = self.books.files.get(request.match_info["path"])
        if request.match_info["token"] != self.token or found is None:
            return web.json_response({"ok": False, "error_code": 404, "description": "Not Found"}, status=404)
        return web.Response(body=found[1])

    # --- methods --------------------------------------------------------------------------------------------------

    async def _do(self, method: str, parameters: dict[str, Any], request: web.Request) -> Any:
        if method == "getupdates":
            return await self.updates.ask(parameters, request)
        return getattr(self, f"_do_{method}")(parameters)

    def _do_getme(self, _: dict[str, Any]) -> Any:
        return {**self.books.bot, "can_join_groups": True, "can_read_all_group_messages": False}

    def _do_setwebhook(self, parameters: dict[str, Any]) -> bool:
        rules.check_webhook(parameters)
        self.books.webhook = parameters
        self.updates.go_on()
        self.updates.shown.set()
        return True

    def _do_deletewebhook(self, _: dict[str, Any]) -> bool:
        self.books.webhook = None
        return True

    def _do_setmycommands(self, parameters: dict[str, Any]) -> bool:
        rules.check_commands(parameters["commands"])
        scope, language = parameters.get("scope"), parameters.get("language_code", "")
        self.books.commands[f"{scope['chat_id']}:{language}" if scope else language] = parameters["commands"]
        return True

    def _do_sendmessage(self, parameters: dict[str, Any]) -> Any:
        chat = self._reachable(parameters)
        text = rules.plain(parameters["text"], parameters.get("parse_mode"))
        return self._show(chat, parameters, text=text, html=parameters["text"])

    def _do_sendphoto(self, parameters: dict[str, Any]) -> Any:
        name, data = parameters["photo"]
        if len(data) > 10 * 1024 * 1024 or (data[:4] not in (b"\x89PNG", b"RIFF") and data[:3] != b"\xff\xd8\xff"):
            raise Refused(400, "Bad Request: IMAGE_PROCESS_FAILED")
        return self._show(self._reachable(parameters), parameters, file=("photo", name, data))

    def _do_senddocument(self, parameters: dict[str, Any]) -> Any:
        name, data = parameters["document"]
        if len(data) > 50 * 1024 * 1024:
            raise Refused(413, "Request Entity Too Large")
        return self._show(self._reachable(parameters), parameters, file=("document", name, data))

    def _do_sendchataction(self, parameters: dict[str, Any]) -> bool:
        if parameters["action"] not in ACTIONS:
            raise Refused(400, "Bad Request: wrong parameter action in request")
        self._reachable(parameters).typing += 1
        self.updates.shown.set()
        return True

    def _do_answercallbackquery(self, parameters: dict[str, Any]) -> bool:
        query = parameters["callback_query_id"]
        asked = self.books.queries.get(query)
        if asked is None or query in self.books.answered or time.monotonic() - asked > ANSWER_SECONDS:
            why = "query is too old and response timeout expired or query ID is invalid"
            raise Refused(400, f"Bad Request: {why}")
        self.books.answered.add(query)
        return True

    def _do_editmessagetext(self, parameters: dict[str, Any]) -> Any:
        text = rules.plain(parameters["text"], parameters.get("parse_mode"))
        return self._edit(parameters, text, parameters["text"])

    def _do_editmessagereplymarkup(self, parameters: dict[str, Any]) -> Any:
        shown = self._own(parameters)
        return self._edit(parameters, shown.text, shown.html)

    def _do_getfile(self, parameters: dict[str, Any]) -> Any:
        found = self.books.files.get(parameters["file_id"])
        if found is None:
            raise Refused(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(found[1]) > 20 * 1024 * 1024:
            raise Refused(400, "Bad Request: file is too big")
        return {
            "file_id": parameters["file_id"],
            "file_unique_id": "u",
            "file_size": len(found[1]),
            "file_path": parameters["file_id"],
        }

    def _do_createforumtopic(self, parameters: dict[str, Any]) -> Any:
        return forum.create(self._reachable(parameters), self.books.next_message(), parameters["name"])

    def _do_closeforumtopic(self, parameters: dict[str, Any]) -> bool:
        return self._turn(parameters, closed=True)

    def _do_reopenforumtopic(self, parameters: dict[str, Any]) -> bool:
        return self._turn(parameters, closed=False)

    def _turn(self, parameters: dict[str, Any], *, closed: bool) -> bool:
        done = forum.turn(self._reachable(parameters), parameters["message_thread_id"], closed=closed)
        self.updates.shown.set()
        return done

    # --- what they share --------------------------------------------------------------------------------------

    def _reachable(self, parameters: dict[str, Any]) -> Chat:
        chat = self.books.chats.get(parameters["chat_id"])
        if chat is None:
            raise Refused(400, "Bad Request: chat not found")
        if chat.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        return chat

    def _show(self, chat: Chat, parameters: dict[str, Any], **fields: Any) -> Any:
        markup = parameters.get("reply_markup")
        rules.check_markup(markup)
        if markup and "keyboard" in markup:
            chat.reply_keyboard = markup
        if markup and "remove_keyboard" in markup:
            chat.reply_keyboard = None
        inline = markup if markup and "inline_keyboard" in markup else None
        thread = forum.open_thread(chat, parameters.get("message_thread_id"))
        shown = self.books.add(chat, "bot", markup=inline, thread=thread, **fields)
        self.updates.shown.set()
        return self.books.as_json(chat, shown)

    def _own(self, parameters: dict[str, Any]) -> Shown:
        shown = self._reachable(parameters).messages.get(parameters["message_id"])
        if shown is None:
            raise Refused(400, "Bad Request: message to edit not found")
        if shown.sender != "bot":
            raise Refused(400, "Bad Request: message can't be edited")
        return shown

    def _edit(self, parameters: dict[str, Any], text: str, html: str) -> Any:
        shown = self._own(parameters)
        markup = parameters.get("reply_markup")
        rules.check_markup(markup, inline_only=True)
        kept = markup if markup and markup["inline_keyboard"] else None
        if (shown.html, shown.markup) == (html, kept):
            raise Refused(400, "Bad Request: message is not modified")
        shown.text, shown.html, shown.markup = text, html, kept
        shown.keep_version()
        return self.books.as_json(self.books.chats[parameters["chat_id"]], shown)


async def _given(request: web.Request) -> dict[str, Any]:
    """The parameters of the three kinds of bodies; files as (name, bytes)."""
    kind = request.content_type
    if kind == "application/json":
        try:
            found = json.loads(await request.read())
        except ValueError:
            raise Refused(400, "Bad Request: can't parse the body") from None
        if not isinstance(found, dict):
            raise Refused(400, "Bad Request: can't parse the body")
        return found
    if kind not in ("multipart/form-data", "application/x-www-form-urlencoded") and request.can_read_body:
        raise Refused(400, "Bad Request: unknown type of body")
    fields = await request.post()
    return {
        name: (value.filename, value.file.read()) if isinstance(value, web.FileField) else value
        for name, value in fields.items()
    }
