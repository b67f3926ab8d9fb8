"""Signatures, encryption and XML: Tencent's own examples, and everything that must not get in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wechatpy.crypto import PrpCrypto, WeChatCrypto

from adapters.wechat import Account
from adapters.wechat.envelope import LARGEST, Envelope, Rejected
from adapters.wechat.reading import menu_id_of, read, token_of
from bot.errors import ConfigError
from tests.wechat import crypto, platform
from tests.wechat.household import OPENID, account
from tests.wechat.platform import Platform

# The test of Tencent's Java example: the random part is fixed.
JAVA_APP_ID, JAVA_RANDOM = "wxb11529c136998cb6", b"aaaabbbbccccdddd"
JAVA_TEXT = "我是中文abcd123"
JAVA_SEALED = "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="
# The example of Tencent's documentation: a whole push.
DOC_APP_ID, DOC_TOKEN, DOC_TIME, DOC_NONCE = "wx2c2769f8efd9abc2", "spamtest", "1409735669", "1320562132"
DOC_SIGNATURE = "5d197aaffba7e9b25a30732f161a50dee96bd5fa"
DOC_SEALED = (
    "hyzAe4OzmOMbd6TvGdIOO6uBmdJoD0Fk53REIHvxYtJlE2B655HuD0m8KUePWB3+LrPXo87wzQ1QLvbeUgmBM4x6F8PGHQHFVAFmOD2LdJF9FrXpbUAh"
    "0B5GIItb52sn896wVsMSHGuPE328HnRGBcrS7C41IzDWyWNlZkyyXwon8T332jisa+h6tEDYsVticbSnyU8dKOIbgU6ux5VTjg3yt+WGzjlpKn6NPhRj"
    "pA912xMezR4kw6KWwMrCVKSVCZciVGCgavjIQ6X8tCOp3yZbGpy0VxpAe+77TszTfRd5RJSVO/HTnifJpXgCSUdUue1v6h0EIBYYI1BD1DlD+C0CR8e6"
    "OewpusjZ4uBl9FyJvnhvQl+q5rv1ixrcpCumEPo5MJSgM9ehVsNPfUM669WuMyVWQLCzpu9GhglF2PE="
)
NOW = 1_795_500_000.0


def envelope(**more: object) -> Envelope:
    return Envelope(account("http://127.0.0.1:1", **more), lambda: NOW)


def pushed(xml: str | None = None, **fields: str) -> tuple[dict[str, str], bytes]:
    """A push as WeChat signs it."""
    wechat = Platform(lambda: NOW)
    return wechat.signed(xml or wechat.written(OPENID, {"MsgType": "text", "Content": "hi", "MsgId": 7, **fields}))


def reason(query: dict[str, str], body: bytes, **more: object) -> str:
    with pytest.raises(Rejected) as caught:
        envelope(**more).open(query, body)
    return str(caught.value)


def test_tencents_java_example_is_encrypted_byte_by_byte() -> None:
    assert crypto.encrypt(platform.AES_KEY, JAVA_APP_ID, JAVA_TEXT, JAVA_RANDOM) == JAVA_SEALED
    theirs = PrpCrypto(WeChatCrypto("pamtest", platform.AES_KEY, JAVA_APP_ID).key)
    assert theirs.decrypt(JAVA_SEALED, JAVA_APP_ID) == JAVA_TEXT


def test_tencents_documented_push_is_opened() -> None:
    signed = crypto.sign(DOC_TOKEN, DOC_TIME, DOC_NONCE)
    query = {"signature": signed, "timestamp": DOC_TIME, "nonce": DOC_NONCE, "encrypt_type": "aes"}
    body = f"<xml><ToUserName><![CDATA[gh_10f6c3c3ac5a]]></ToUserName><Encrypt><![CDATA[{DOC_SEALED}]]></Encrypt></xml>"
    owner = Account(DOC_APP_ID, "s", DOC_TOKEN, platform.AES_KEY, name="gh_10f6c3c3ac5a")
    opened = Envelope(owner, lambda: 1409735670.0).open({**query, "msg_signature": DOC_SIGNATURE}, body.encode())
    push = read(opened.message)
    assert push.incoming is not None
    assert (push.openid, push.id, push.incoming.text) == (
        "oyORnuP8q7ou2gfYjqLzSIWZf0rs",
        "6054768590064713728",
        "abcdteT",
    )


def test_a_push_is_opened_and_its_answer_is_valid() -> None:
    wechat = Platform(lambda: NOW)
    door = envelope()
    opened = door.open(*pushed())
    for text in ("您好", "]]>", "a]]>b<![CDATA[c]]>", "</Content></xml>", "\x00\x07a\ud800b\ufffe", "&lt;&amp;<b>"):
        shown = wechat.read(door.seal(opened, text), OPENID)
        assert shown == text.translate(dict.fromkeys([0, 7, 0xD800, 0xFFFE]))


def test_the_old_key_opens_too_and_seals_the_answer() -> None:
    older = "z" * 42 + "w"
    wechat = Platform(lambda: NOW, aes_key=older)
    door = envelope(old_aes_key=older)
    opened = door.open(*wechat.signed(wechat.written(OPENID, {"MsgType": "text", "Content": "hi", "MsgId": 7})))
    assert wechat.read(door.seal(opened, "您好"), OPENID) == "您好"
    assert reason(*wechat.signed(wechat.written(OPENID, {"MsgType": "text", "Content": "hi"}))) == "decrypt"


@pytest.mark.parametrize("name", ["signature", "msg_signature", "timestamp", "nonce"])
@pytest.mark.parametrize("value", ["", "0" * 40, "一", "1795500000"])
def test_a_forged_query_is_refused(name: str, value: str) -> None:
    query, body = pushed()
    if query[name] != value:
        assert reason({**query, name: value}, body) in ("signature", "query")


def test_a_changed_body_is_refused() -> None:
    query, body = pushed()
    at = body.index(b"<Encrypt><![CDATA[") + 40
    assert reason(query, body[:at] + b"A" + body[at + 1 :]) == "signature"
    assert reason(query, body[: at + 100]) == "envelope"
    assert reason(query, body + body) == "envelope"
    assert reason(query, b"") == "envelope"


def test_a_copy_from_long_ago_is_refused() -> None:
    query, body = pushed()
    owner = account("http://127.0.0.1:1")
    for later in (16 * 60, -16 * 60):
        with pytest.raises(Rejected, match="age"):
            Envelope(owner, lambda later=later: NOW + later).open(query, body)  # type: ignore[misc]


def test_plain_mode_must_be_allowed() -> None:
    wechat = Platform(lambda: NOW, encrypted=False)
    plain = wechat.signed(wechat.written(OPENID, {"MsgType": "text", "Content": "hi", "MsgId": 7}))
    assert reason(*plain) == "plain"
    opened = envelope(allow_plain=True).open(*plain)
    assert wechat.read(envelope(allow_plain=True).seal(opened, "您好"), OPENID) == "您好"


def test_a_push_for_another_account_is_refused() -> None:
    assert reason(*pushed(ToUserName="gh_somebody_else")) in ("account", "fields")
    query, _ = pushed()
    sealed = crypto.encrypt(platform.AES_KEY, "wx0000000000000000", "<xml></xml>")
    query["msg_signature"] = crypto.sign(platform.TOKEN, query["timestamp"], query["nonce"], sealed)
    assert reason(query, f"<xml><Encrypt>{sealed}</Encrypt></xml>".encode()) == "app_id"


HOSTILE = {
    "no xml": "hello",
    "empty": "<xml></xml>",
    "entity": '<!DOCTYPE x [<!ENTITY e "boo">]><xml><MsgType>&e;</MsgType></xml>',
    "billion laughs": '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><xml><Content>&b;</Content></xml>',
    "external": '<!DOCTYPE x SYSTEM "file:///etc/passwd"><xml/>',
    "cut short": "<xml><MsgType>text</MsgType>",
    "deep": "<xml>" + "<a>" * 9000 + "</a>" * 9000 + "</xml>",
    "wide": "<xml>" + "<a/>" * 10000 + "</xml>",
    "no sender": "<xml><MsgType>text</MsgType><CreateTime>1</CreateTime></xml>",
    "list": "<xml><MsgType>text</MsgType><MsgType>event</MsgType></xml>",
    "nested": "<xml><MsgType><a>text</a></MsgType></xml>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_xml_is_refused_even_with_a_right_signature(name: str) -> None:
    assert reason(*pushed(HOSTILE[name])) in ("xml", "fields")


@pytest.mark.parametrize("name", ["MsgId", "Content", "bizmsgmenuid", "Recognition", "Title", "Location_X", "FileName"])
def test_a_repeated_or_nested_field_is_refused(name: str) -> None:
    wechat = Platform(lambda: NOW)
    xml = wechat.written(OPENID, {"MsgType": "voice", name: "1"})
    assert reason(*pushed(xml.replace("</xml>", f"<{name}>2</{name}></xml>"))) == "fields"
    nested = wechat.written(OPENID, {"MsgType": "voice"}).replace("</xml>", f"<{name}><a>1</a></{name}></xml>")
    assert reason(*pushed(nested)) == "fields"


def test_blanks_and_control_characters_of_wechats_own_are_taken() -> None:
    opened = envelope().open(*pushed(MsgType=" text\n", Content="a\x00\x08b\x1f"))
    push = read(opened.message)
    assert push.incoming is not None
    assert push.incoming.text == "ab"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.dictionaries(st.text(max_size=12), st.text(max_size=60), max_size=6))
def test_whatever_comes_is_refused_and_nothing_else_happens(body: bytes, query: dict[str, str]) -> None:
    reason(query, body)
    right, _ = pushed()
    reason({**right, **query}, body)
    reason(right, b"<xml><Encrypt>" + body + b"</Encrypt></xml>")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_whatever_was_encrypted_is_refused_or_read(data: bytes) -> None:
    query, _ = pushed()
    sealed = crypto.encrypt(platform.AES_KEY, platform.APP_ID, data.decode("utf-8", "replace"))
    query["msg_signature"] = crypto.sign(platform.TOKEN, query["timestamp"], query["nonce"], sealed)
    reason(query, f"<xml><Encrypt>{sealed}</Encrypt></xml>".encode())


FIELDS = (
    "Content",
    "MediaId",
    "Title",
    "Url",
    "Label",
    "Recognition",
    "bizmsgmenuid",
    "Event",
    "EventKey",
    "Location_X",
)
KINDS = ("text", "image", "voice", "video", "location", "link", "event", "file", "odd")


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=40)))
def test_every_push_of_wechats_can_be_read(kind: str, fields: dict[str, str]) -> None:
    wechat = Platform(lambda: NOW)
    event = fields.get("Event", "").strip() or "subscribe"
    xml = wechat.written(OPENID, {**fields, "Event": event, "MsgType": kind, "MsgId": 7})
    push = read(envelope().open(*wechat.signed(xml.encode("utf-8", "replace").decode())).message)
    assert push.openid == OPENID
    assert push.incoming is None or push.opens


@given(st.text())
def test_a_choices_number_leads_back_to_it(token: str) -> None:
    safe = token.encode("utf-8", "replace").decode()
    assert menu_id_of(safe).isdecimal()
    assert token_of(menu_id_of(safe)) == safe


@given(st.text(max_size=40))
def test_any_other_menu_id_is_itself_or_some_token(id: str) -> None:
    assert isinstance(token_of(id), str)


def test_an_account_without_a_token_or_key_is_not_opened() -> None:
    with pytest.raises(ConfigError, match="TEPAI_WECHAT_TOKEN"):
        account("http://127.0.0.1:1", token="")
    with pytest.raises(ConfigError, match="TEPAI_WECHAT_SECRET"):
        account("http://127.0.0.1:1", secret="")
    assert account("http://127.0.0.1:1", secret="", verified=False).secret == ""
    with pytest.raises(ConfigError, match="TEPAI_WECHAT_AES_KEY"):
        account("http://127.0.0.1:1", aes_key="")
    with pytest.raises(ConfigError, match="43 letters"):
        account("http://127.0.0.1:1", aes_key="short")


def test_the_account_shows_no_secret() -> None:
    shown = repr(account("http://127.0.0.1:1"))
    assert not any(secret in shown for secret in (platform.SECRET, platform.TOKEN, platform.AES_KEY))


def test_the_limit_is_large_enough_for_every_real_push() -> None:
    query, body = pushed(Content="字" * 2048)
    assert len(body) < LARGEST
    assert envelope().open(query, body).message.content == "字" * 2048
