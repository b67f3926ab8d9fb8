"""The product itself behind the strict server: `tepai run`, killed in the middle of a push."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command.tepai import start
from tests.wechat import platform
from tests.wechat.household import OPENID, texts, until
from tests.wechat.platform import Platform

SETTINGS = """
wechat:
  app_id: {app_id}
  account: {account}
  base_url: {url}
"""
SECRETS = {
    "TEPAI_WECHAT_SECRET": platform.SECRET,
    "TEPAI_WECHAT_TOKEN": platform.TOKEN,
    "TEPAI_WECHAT_AES_KEY": platform.AES_KEY,
}


class Product:
    """`tepai run` in a folder of its own, always on the same port."""

    def __init__(self, folder: Path, wechat: Platform) -> None:
        written = SETTINGS.format(app_id=platform.APP_ID, account=platform.NAME, url=wechat.url)
        (folder / "config.yaml").write_text(written, encoding="utf-8")
        with socket.create_server(("127.0.0.1", 0)) as door:
            self.port = door.getsockname()[1]
        wechat.hook = f"http://127.0.0.1:{self.port}/wechat"
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None

    async def start(self) -> None:
        self._process = start(self._folder, "run", PORT=str(self.port), **SECRETS)
        await asyncio.to_thread(self._until_ready)

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _until_ready(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        assert any("Ctrl+C" in line for line in self._process.stdout), "it did not start"


@pytest.fixture
def product(tmp_path: Path, wechat: Platform) -> Iterator[Product]:
    made = Product(tmp_path, wechat)
    yield made
    made.kill()


async def test_a_push_outlives_kill_9(product: Product, wechat: Platform) -> None:
    await product.start()
    reached = asyncio.Event()

    async def hold(path: str) -> None:
        if path == "user/info" and not reached.is_set():
            reached.set()
            await asyncio.Event().wait()

    wechat.before_answer = hold
    pushing = asyncio.ensure_future(wechat.says(OPENID, "你好"))
    await reached.wait()
    product.kill()
    await product.start()
    pushed = await pushing
    assert pushed.answers[0] is None
    assert pushed.answers[-1] is not None
    await until(lambda: len(texts(wechat)) == 1)
    assert "您好" in texts(wechat)[0]
    assert not wechat.faults
    again = await wechat.says(OPENID, "我的订单")
    assert again.answers[0] is not None
    assert len(texts(wechat)) == 2
