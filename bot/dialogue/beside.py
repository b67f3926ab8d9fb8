"""What the engine says beside the open question."""

from __future__ import annotations

from bot.dialogue.reading import GREETING
from bot.dialogue.stage import Stage
from bot.dialogue.wishes import Reply, Suggest


def say_in_between(stage: Stage, wish: Suggest) -> None:
    """In the middle of something a greeting is passed over, and what was asked about is told without ways on."""
    if wish.text.partition(".")[0] == GREETING:
        stage.say("common.let_us_go_on")
    else:
        stage.say(wish.text, **wish.values)


def offer_to_correct_the_address(place: str) -> Suggest:
    """Who sends a place out of the blue may want the parcel there. `place`: its address, where the channel knows it."""
    known = {"address": place} if place else {}
    replies = (
        Reply("fix_address", start="fix_order", field="address", **known),
        Reply("my_orders", start="track_order"),
        Reply("human", start="escalate", reason="asked"),
    )
    return Suggest("common.what_next", replies, {})
