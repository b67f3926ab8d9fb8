"""The core's errors as the desk tells them: a status, a stable code and what the page needs to know."""

from __future__ import annotations

from adapters.web.problems import Problem, unavailable
from bot.errors import HeldByOther, NewerWords, NoSuchThing, NotTaken, OrderServiceDown, StoreUnavailable


def problem_of(error: Exception) -> Problem:
    """What an endpoint answers, or a page says."""
    match error:
        case Problem():
            return error
        case StoreUnavailable():
            return unavailable()
        case OrderServiceDown():
            return Problem(503, "order_service_down", "The order service does not answer.", retry_after=5)
    return _refused(error)


def _refused(error: Exception) -> Problem:
    match error:
        case HeldByOther(owner=owner):
            return Problem(409, "held_by_other", "A colleague has the conversation.", owner=owner)
        case NewerWords(seq=seq):
            return Problem(409, "newer_words", "The customer has said more.", seq=seq)
        case NotTaken(key=key):
            return Problem(422, "not_taken", "This cannot be taken.", key=key)
        case NoSuchThing():
            return Problem(404, "no_such_thing", "There is no such thing.")
    return Problem(403, "refused", "This is refused.")
