"""From config.yaml and the environment to an account."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from adapters.wechat import Notice
from bot.config import Settings, load
from bot.errors import ConfigError
from bot.store.database import Database
from bot.wechat import wechat
from tests.wechat import platform

SECRETS = {
    "TEPAI_SECRET": "a secret of the tests",
    "TEPAI_WECHAT_SECRET": platform.SECRET,
    "TEPAI_WECHAT_TOKEN": platform.TOKEN,
    "TEPAI_WECHAT_AES_KEY": platform.AES_KEY,
}
WRITTEN = """
wechat:
  app_id: wx5a1e2f3c4d5e6f70
  account: gh_0a1b2c3d4e5f
  verified: false
  base_url: https://api2.weixin.qq.com
  ready_by: 4
  notice: {kind: subscription, template: T1, fields: {thing1: 您有新的回复}, url: https://a.example}
"""


def settings(folder: Path, written: str, **environ: str) -> Settings:
    file = folder / "config.yaml"
    file.write_text(written, encoding="utf-8")
    return load(file, {**SECRETS, **environ})


def test_without_an_app_id_it_is_off(tmp_path: Path, sqlite_url: str) -> None:
    assert wechat(settings(tmp_path, "demo: true"), Database(sqlite_url), time.time) is None


def test_the_settings_become_an_account(tmp_path: Path, sqlite_url: str) -> None:
    read = settings(tmp_path, WRITTEN, TEPAI_WECHAT_OLD_AES_KEY="b" * 43)
    adapter = wechat(read, Database(sqlite_url), time.time)
    assert adapter is not None
    found = adapter.channel.account
    assert (found.app_id, found.name, found.verified) == ("wx5a1e2f3c4d5e6f70", "gh_0a1b2c3d4e5f", False)
    assert (found.secret, found.token, found.aes_key) == (platform.SECRET, platform.TOKEN, platform.AES_KEY)
    assert (found.old_aes_key, found.api, found.ready_by) == ("b" * 43, "https://api2.weixin.qq.com", 4)
    assert found.notice == Notice("T1", "subscription", {"thing1": "您有新的回复"}, "https://a.example")
    assert not found.allow_plain


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("wechat: {secret: x}", "wechat.secret: no such setting"),
        ("wechat_secret: x", "TEPAI_WECHAT_SECRET"),
        ("wechat: {ready_by: 5}", "wechat.ready_by"),
        ("wechat: {menu: [{name: a, says: b}]}", "wechat.menu.0.says"),
    ],
)
def test_what_is_set_wrongly_is_named(written: str, named: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=named):
        settings(tmp_path, written)
