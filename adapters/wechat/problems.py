"""What WeChat answers instead of "ok", and what to do about it."""

from __future__ import annotations

from enum import Enum, auto

from bot.errors import DeliveryError


class Verdict(Enum):
    """What a refusal means for a message."""

    TOKEN = auto()
    WINDOW = auto()
    COUNT = auto()
    FORBIDDEN = auto()
    NO_MENU = auto()
    GONE = auto()
    NEVER = auto()
    SETTINGS = auto()
    BUSY = auto()
    UNHEARD = auto()


_VERDICTS = {
    Verdict.TOKEN: (40001, 40014, 41001, 42001),
    Verdict.WINDOW: (45015,),
    Verdict.COUNT: (45047,),
    Verdict.FORBIDDEN: (48001, 48004, 50002),
    Verdict.NO_MENU: (40200,),
    Verdict.GONE: (40003, 43004, 43019, 48002),
    Verdict.NEVER: (40004, 40005, 40006, 40007, 40008, 44002, 44004, 45002, 45008, 47001, 87014),
    Verdict.SETTINGS: (40013, 40125, 40164),
}
_OF_CODE = {code: verdict for verdict, codes in _VERDICTS.items() for code in codes}


class ApiRefused(DeliveryError):
    """A call failed. `code` is WeChat's own, None when there was no answer of WeChat's. `unheard`: it may have been
    done all the same. Never holds a token."""

    def __init__(self, code: int | None, what: str, *, unheard: bool = False) -> None:
        super().__init__(f"WeChat: {what}" if code is None else f"WeChat: {what} ({code})")
        self.code = code
        self.what = what
        # Whatever is not known may be over in a while: better late than lost.
        self.verdict = Verdict.UNHEARD if unheard else _OF_CODE.get(code or 0, Verdict.BUSY)

    def before(self) -> ApiRefused:
        """The same of a call that only came before the one that matters."""
        return ApiRefused(self.code, self.what)
