"""A conversation's lines as staff read them in their group on Telegram. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.telegram.wording import MAX_TEXT, length, split
from adapters.telegram.words import words
from bot.desk.talk import Delivery, Line
from bot.desk.work import Brief, Waiting
from bot.messages import Attachment

WHO = {"customer": "🧑", "bot": "🤖", "staff": "👤"}
BARRED = {Delivery.HELD: "🚫", Delivery.FAILED: "⚠️"}
"""What did not reach the customer: a person took over before, or the channel refused it."""
LONGEST_TITLE = 128
MOST_CAUSES = 3


@dataclass(frozen=True, slots=True)
class Post:
    """One message in the topic. `seq`: lines up to there are shown with it, as a whole."""

    seq: int
    text: str = ""
    file: Attachment | None = None


def words_of(line: Line, names: Mapping[str, str]) -> str:
    """Who said what, with buttons and with what has no file; "" for nothing but files. `names`: the colleagues'."""
    said = [line.text] if line.text else []
    said += [f"[{file.name}]" if file.name else f"[{file.kind}]" for file in line.attachments if not file.ref]
    said += [" ".join(f"[{choice.label}]" for choice in line.choices)] if line.choices else []
    if not said:
        return ""
    author = names.get(line.author, line.author)
    signs = [WHO.get(line.sender, "•"), BARRED.get(line.delivery, ""), author, "▸" if line.pressed else ""]
    return f"{' '.join(filter(None, signs))} " + "\n".join(said)


def posts(lines: Sequence[Line], names: Mapping[str, str], seq: int, before: str = "", after: str = "") -> list[Post]:
    """The lines in as few messages as they fit into, because a group takes few; files are messages of their own.

    `seq`: the newest line that is shown already; `before` stands first and `after` last.
    """
    found: list[Post] = []
    text, done = before, seq
    for line in lines:
        said = words_of(line, names)
        if said and text and length(f"{text}\n{said}") > MAX_TEXT:
            found += _pieces(text, done, done)
            text = ""
        text = f"{text}\n{said}" if text and said else text or said
        files = [file for file in line.attachments if file.ref]
        if files:
            found += [*_pieces(text, done, done), *(Post(done, file=file) for file in files[:-1])]
            found.append(Post(line.seq, file=files[-1]))
            text = ""
        done = line.seq
    last = f"{text}\n\n{after}" if text and after else text or after
    return [*found, *_pieces(last, found[-1].seq if found else seq, done)]


def title(row: Waiting, language: str) -> str:
    """What the topic is called."""
    texts = words(language)
    parts = (row.customer or texts["staff_guest"], _channel(row.channel, texts), _reason(row.reason, texts))
    return " · ".join(parts)[:LONGEST_TITLE].strip()


def opening(row: Waiting, brief: Brief, language: str) -> str:
    """What stands first in it: why a person is wanted, what is known, and what can be done here."""
    texts = words(language)
    known = {"staff_wish": brief.wish, "staff_order": brief.order}
    about = [f"📌 {_reason(row.reason, texts)} · {_channel(row.channel, texts)} · {texts[_spoken(row.language)]}"]
    about += [texts[key].format(it=it) for key, it in known.items() if it]
    return "\n".join([*about, *(f"• {cause}" for cause in brief.diagnosis[:MOST_CAUSES]), texts["staff_how"], ""])


def _pieces(text: str, before: int, done: int) -> Iterator[Post]:
    """`done`: the seq that is shown with the last of them, `before` with those ahead of it."""
    pieces = split(text)
    yield from (Post(before, piece) for piece in pieces[:-1])
    yield from (Post(done, piece) for piece in pieces[-1:])


def _reason(reason: str, texts: Mapping[str, Any]) -> str:
    return str(texts.get(f"staff_reason_{reason}", reason))


def _channel(channel: str, texts: Mapping[str, Any]) -> str:
    return str(texts.get(f"staff_channel_{channel}", channel))


def _spoken(language: str) -> str:
    return "staff_speaks_en" if language == "en" else "staff_speaks_zh"
