"""Groups with topics, as the Bot API treats them."""

from __future__ import annotations

from typing import Any

from tests.telegram.books import Chat, Topic
from tests.telegram.rules import Refused

LONGEST_NAME = 128


def create(chat: Chat, thread: int, name: str) -> dict[str, Any]:
    """A new topic; `thread`: the message with which it begins."""
    topics = _managed(chat)
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Refused(400, "Bad Request: TOPIC_TITLE_EMPTY" if not name else "Bad Request: topic name is too long")
    topics[thread] = Topic(name)
    return {"message_thread_id": thread, "name": name, "icon_color": 7322096}


def turn(chat: Chat, thread: int, *, closed: bool) -> bool:
    topic = _managed(chat).get(thread)
    if topic is None:
        raise Refused(400, "Bad Request: TOPIC_ID_INVALID")
    if topic.closed is closed:
        raise Refused(400, "Bad Request: TOPIC_NOT_MODIFIED")
    topic.closed = closed
    return True


def open_thread(chat: Chat, thread: int | None) -> int | None:
    """The thread, if one can write there. A deleted topic is as one that never was."""
    if thread is None:
        return None
    topic = (chat.topics or {}).get(thread)
    if topic is None:
        raise Refused(400, "Bad Request: message thread not found")
    if topic.closed:
        raise Refused(400, "Bad Request: TOPIC_CLOSED")
    return thread


def _managed(chat: Chat) -> dict[int, Topic]:
    if chat.topics is None:
        raise Refused(400, "Bad Request: the chat is not a forum")
    if not chat.manages_topics:
        raise Refused(400, "Bad Request: not enough rights to create a topic")
    return chat.topics
