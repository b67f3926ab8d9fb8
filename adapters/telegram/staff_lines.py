"""A conversation's lines as staff read them in their group on Telegram."""

from __future__ import annotations

from bot.desk.talk import Delivery, Line

WHO = {"customer": "🧑", "bot": "🤖", "staff": "👤"}
BARRED = {Delivery.HELD: "🚫", Delivery.FAILED: "⚠️"}
"""What did not reach the customer: a person took over before, or the channel refused it."""


def words_of(line: Line) -> str:
    """Who said what, with buttons and with what has no file; "" for nothing but files."""
    said = [line.text] if line.text else []
    said += [f"[{file.name}]" if file.name else f"[{file.kind}]" for file in line.attachments if not file.ref]
    said += [" ".join(f"[{choice.label}]" for choice in line.choices)] if line.choices else []
    if not said:
        return ""
    signs = [WHO.get(line.sender, "•"), BARRED.get(line.delivery, ""), line.author, "▸" if line.pressed else ""]
    return f"{' '.join(filter(None, signs))} " + "\n".join(said)
