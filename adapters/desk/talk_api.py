"""The workspace's endpoints about a conversation: what is read, and what is done with it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from adapters.desk.bodies import (
    MAX_TEXT,
    AgainBody,
    CloseBody,
    DraftBody,
    HandBackBody,
    NoteBody,
    ReplyBody,
    TagBody,
    TransferBody,
    body_of,
)
from adapters.desk.guarding import signed_in_api
from adapters.desk.rendering import Part
from adapters.desk.services import Desk
from adapters.desk.showing import plain
from adapters.web.problems import Problem
from adapters.web.reading import read_upload
from bot.content import SAFE_IMAGES
from bot.desk.people import Agent
from bot.desk.talk import Talks
from bot.desk.work import Reply, Work
from bot.errors import NoSuchThing
from bot.messages import Attachment

ABOUT = "/desk/api/c/{conversation}"
_MAX_SEQ = 2**53


def routes(desk: Desk, work: Work, talks: Talks) -> list[BaseRoute]:
    """All of it, under the conversation's id."""
    api = TalkApi(desk, work, talks)
    read = {"lines": api.before, "brief": api.brief, "files/{ref}": api.file}
    done = {
        "claim": api.claim,
        "reply": api.reply,
        "again": api.again,
        "note": api.note,
        "tag": api.tag,
        "draft": api.draft,
        "transfer": api.transfer,
        "hand-back": api.hand_back,
        "close": api.close,
        "files": api.upload,
    }
    return [
        *(Route(f"{ABOUT}/{path}", endpoint) for path, endpoint in read.items()),
        *(Route(f"{ABOUT}/{path}", endpoint, methods=["POST"]) for path, endpoint in done.items()),
    ]


class TalkApi(Part):
    """Each endpoint gets the request and who asks."""

    def __init__(self, desk: Desk, work: Work, talks: Talks) -> None:
        super().__init__(desk)
        self._work = work
        self._talks = talks

    @signed_in_api()
    async def before(self, request: Request, agent: Agent) -> Response:
        """The lines below `?before=`, oldest first."""
        seq = seq_of(request.query_params.get("before"))
        lines = await self._talks.before(agent, conversation_of(request), seq)
        return JSONResponse({"lines": [plain(line) for line in lines]})

    @signed_in_api()
    async def brief(self, request: Request, agent: Agent) -> Response:
        """What to know before the first word, and the customer's other conversations."""
        conversation = conversation_of(request)
        brief = await self._work.brief(agent, conversation)
        elsewhere = await self._talks.elsewhere(agent, conversation)
        found: dict[str, Any] = {"customer": brief.customer, "name": brief.customer_name, "language": brief.language}
        found |= {"why": brief.why, "wish": brief.wish, "order": brief.order, "channel": brief.channel}
        found |= {"diagnosis": brief.diagnosis, "tried": brief.tried, "slots": brief.slots}
        return JSONResponse({**found, "elsewhere": [plain(each) for each in elsewhere]})

    @signed_in_api()
    async def claim(self, request: Request, agent: Agent) -> Response:
        """Take it."""
        await self._work.claim(agent, conversation_of(request))
        return JSONResponse({})

    @signed_in_api()
    async def reply(self, request: Request, agent: Agent) -> Response:
        """Words and files for the customer: 202 with the line's seq, for a repeated id the first one's."""
        conversation, body = conversation_of(request), await body_of(request, ReplyBody)
        if not body.text.strip() and not body.files:
            raise Problem(400, "bad_message", "There is nothing to send.")
        files = tuple([await self._file(agent, conversation, ref) for ref in body.files])
        receipt = await self._work.reply(agent, conversation, Reply(body.id, body.text, files, body.seen))
        return JSONResponse({"seq": receipt.seq}, status_code=202)

    @signed_in_api()
    async def again(self, request: Request, agent: Agent) -> Response:
        """Send again what failed."""
        body = await body_of(request, AgainBody)
        return JSONResponse({"seq": await self._talks.send_again(agent, conversation_of(request), body.seq)})

    @signed_in_api()
    async def note(self, request: Request, agent: Agent) -> Response:
        """Words for colleagues."""
        body = await body_of(request, NoteBody)
        await self._talks.note(agent, conversation_of(request), body.id, body.words)
        return JSONResponse({}, status_code=202)

    @signed_in_api()
    async def tag(self, request: Request, agent: Agent) -> Response:
        """Put a tag on, or take it off."""
        body = await body_of(request, TagBody)
        await self._talks.tag(agent, conversation_of(request), body.name, off=body.off)
        return JSONResponse({})

    @signed_in_api()
    async def draft(self, request: Request, agent: Agent) -> Response:
        """What is being written, for colleagues to see."""
        body = await body_of(request, DraftBody)
        await self._talks.draft(agent, conversation_of(request), body.words)
        return JSONResponse({})

    @signed_in_api()
    async def transfer(self, request: Request, agent: Agent) -> Response:
        """Pass it on."""
        body = await body_of(request, TransferBody)
        await self._work.transfer(agent, conversation_of(request), to=body.to, team=body.team, words=body.words)
        return JSONResponse({})

    @signed_in_api()
    async def hand_back(self, request: Request, agent: Agent) -> Response:
        """Give it back to the bot."""
        body = await body_of(request, HandBackBody)
        await self._work.hand_back(agent, conversation_of(request), body.resume)
        return JSONResponse({})

    @signed_in_api()
    async def close(self, request: Request, agent: Agent) -> Response:
        """It is over."""
        body = await body_of(request, CloseBody)
        await self._work.close(agent, conversation_of(request), body.ending)
        return JSONResponse({})

    @signed_in_api()
    async def upload(self, request: Request, agent: Agent) -> Response:
        """Store a picture or file; a reply then names its ref."""
        upload = await read_upload(request, self.desk.max_file, MAX_TEXT)
        conversation = conversation_of(request)
        try:
            kept = await self._talks.keep_attachment(agent, conversation, upload.name, upload.media_type, upload.data)
        except ValueError:
            raise Problem(413, "too_large", "This file cannot be taken.") from None
        return JSONResponse(plain(kept), status_code=201)

    @signed_in_api()
    async def file(self, request: Request, agent: Agent) -> Response:
        """One file of this conversation. Only pictures that cannot carry scripts are shown in place."""
        found = await self._talks.attachment(agent, conversation_of(request), request.path_params["ref"])
        if found is None:
            raise NoSuchThing("no such file here")
        return file_response(*found)

    async def _file(self, agent: Agent, conversation: str, ref: str) -> Attachment:
        found = await self._talks.attachment(agent, conversation, ref)
        if found is None:
            raise NoSuchThing("no such file here")
        return found[0]


def file_response(file: Attachment, data: bytes) -> Response:
    """A file from outside, so that nothing in it can act as ours."""
    safe = file.media_type in SAFE_IMAGES
    headers = {
        "Content-Disposition": f"{'inline' if safe else 'attachment'}; filename*=UTF-8''{quote(file.name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, max-age=86400, immutable",
    }
    return Response(data, media_type=file.media_type if safe else "application/octet-stream", headers=headers)


def conversation_of(request: Request) -> str:
    """Which conversation a path is about."""
    conversation: str = request.path_params["conversation"]
    return conversation


def seq_of(given: str | None) -> int:
    """A line's place. Raises `Problem` for anything else."""
    if given is None or not given.isascii() or not given.isdecimal() or len(given) > 16:
        raise Problem(400, "bad_seq", "This must be the seq of a line.")
    return min(int(given), _MAX_SEQ)
