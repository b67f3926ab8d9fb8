"""One official account: who it is, what it may do, and how long its pushes wait."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from bot.errors import ConfigError

API = "https://api.weixin.qq.com"
_AES_KEY = re.compile(r"[A-Za-z0-9+/]{43}")


@dataclass(frozen=True, slots=True)
class Notice:
    """A message that calls a customer back when nothing else may be sent. `kind`: "template" or "subscription";
    `fields`: the template's, as they are."""

    template: str
    kind: str = "template"
    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    url: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """What the platform's settings page shows, and our own choices.

    `name`: the original id (gh_…), whose pushes alone are taken; empty: any. `old_aes_key`: while the key is being
    changed. `verified`: it may call the customer-service API. `ready_by`: seconds until a push must be answered.
    `after_answer`: seconds to wait with a call that follows an answer, so that the call does not arrive first. `url`:
    our public address, for files that WeChat cannot carry; `signing`: signs the links to them.
    """

    app_id: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    aes_key: str = field(repr=False)
    old_aes_key: str = field(default="", repr=False)
    name: str = ""
    verified: bool = True
    allow_plain: bool = False
    api: str = API
    ready_by: float = 4.5
    after_answer: float = 0.5
    notice: Notice | None = None
    url: str = ""
    signing: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not self.token:
            raise ConfigError("TEPAI_WECHAT_TOKEN: missing; with an empty token anybody could forge pushes")
        if not self.secret and self.verified:
            raise ConfigError("TEPAI_WECHAT_SECRET: missing; without it nothing can be sent")
        if self.url and not self.signing:
            raise ConfigError("TEPAI_SECRET: missing; without it nobody could trust links to files")
        if not self.aes_key and not self.allow_plain:
            raise ConfigError("TEPAI_WECHAT_AES_KEY: missing; plain mode needs wechat.allow_plain: true")
        for variable, key in (("AES_KEY", self.aes_key), ("OLD_AES_KEY", self.old_aes_key)):
            if key and not _AES_KEY.fullmatch(key):
                raise ConfigError(f"TEPAI_WECHAT_{variable}: must be 43 letters and digits")
