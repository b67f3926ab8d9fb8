"""How long things are kept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ages:
    """In seconds; what each one covers stands in config.yaml, section `housekeeping`."""

    conversations: float
    files: float
    bookkeeping: float
    codes: float
    mails: float
    dead_letters: float
    sign_ins: float
    records: float
