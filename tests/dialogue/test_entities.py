"""What is read out of texts: a table for each entity, and round trips of generated ones in all writings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.rules import Rules
from bot.dialogue.times import FURTHEST

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 24, 15, 30, tzinfo=SHANGHAI)  # a Tuesday


def read(rules: Rules, text: str) -> dict[str, Any]:
    return dict(rules.entities(text, NOW.timestamp()))


FOUND: dict[str, dict[str, Any]] = {
    "order_number": {
        "TP12345678": "TP12345678",
        "tp12345678": "TP12345678",
        "ＴＰ１２３４５６７８": "TP12345678",
        "订单号是 tp 1234 5678 谢谢": "TP12345678",
        "T P-12-34-56-78": "TP12345678",
        "取消TP12345678吧": "TP12345678",
        "TP12345678 电话13800138000": "TP12345678",
        "order no. 1234": "1234",
        "单号 123456789012": "123456789012",
        "1234 5678": "12345678",
        "TP1234567": "TP1234567",
    },
    "phone": {
        "13800138000": "+8613800138000",
        "１３８ ００１３ ８０００": "+8613800138000",
        "138-0013-8000": "+8613800138000",
        "电话是13800138000，谢谢": "+8613800138000",
        "+86 138 0013 8000": "+8613800138000",
        "008613800138000": "+8613800138000",
        "8613800138000": "+8613800138000",
        "010-62345678": "+861062345678",
        "my number is +44 20 7946 0958": "+442079460958",
        "+1 (415) 555-2671": "+14155552671",
        "改成13912345678": "+8613912345678",
    },
    "bad_phone": {
        "1380013800": "1380013800",
        "138001380000": "138001380000",
        "12345678901": "12345678901",
        "电话是 12345": "12345",
        "my phone number is 99999": "99999",
        "+86 123": "+86 123",
        "+999 12345678": "+999 12345678",
    },
    "email": {
        "Anna.Smith@Example.COM": "anna.smith@example.com",
        "邮箱是wang+tepai@mail.example.cn，谢谢": "wang+tepai@mail.example.cn",
        "a@b": None,
        "@somebody": None,
    },
    "code": {
        "123456": "123456",
        "١٢٣٤٥٦": "123456",
        "验证码 123456": "123456",
        "the code is 004211.": "004211",
        "１２３４５６": "123456",
        "12345": None,
        "1234567": None,
        "TP123456": None,
    },
    "ordinal": {
        "2": 2,
        "②": 2,
        "二": 2,
        "第二个": 2,
        "第2单": 2,
        "取消第二个": 2,
        "第十二单": 12,
        "the second one": 2,
        "cancel the 3rd order": 3,
        "option 4": 4,
        "最后一个": -1,
        "the last one": -1,
        "取消最后那个": -1,
        "倒数第二个": None,
        "等了两个小时": None,
        "just a second please": None,
        "第一次用": None,
    },
    "yes_no": {
        "是": True,
        "好的呢": True,
        "恩": True,
        "嗯嗯": True,
        "yep": True,
        "YES!!": True,
        "👍🏻": True,
        "要": True,
        "不了": False,
        "不要": False,
        "nope": False,
        "👎": False,
        "是不是": None,
        "好吗": None,
        "你好": None,
        "maybe": None,
    },
    "amount": {
        "5元": 500,
        "¥5": 500,
        "￥5.5": 550,
        "5 yuan": 500,
        "五块": 500,
        "十元": 1000,
        "十五块钱": 1500,
        "加5块5": 550,
        "12.50元": 1250,
        "5": None,
        "5个": None,
        "99999999元": None,
    },
    "address": {
        "北京市朝阳区建国路88号3栋2单元1201室": "北京市朝阳区建国路88号3栋2单元1201室",
        "地址是上海市徐汇区漕溪北路1200号": "上海市徐汇区漕溪北路1200号",
        "改成中山路 12 号": "中山路 12 号",
        "3栋2单元1201": "3栋2单元1201",
        "1203室": "1203室",
        "幸福小区5号楼": "幸福小区5号楼",
        "臺北市中正區忠孝東路一段1號": "臺北市中正區忠孝東路一段1號",
        "My address is 12 Nanjing Road, Room 1203": "12 Nanjing Road, Room 1203",
        "88 Jianguo Road": "88 Jianguo Road",
        "Room 1203": "Room 1203",
        "Building 5, Unit 2": "Building 5, Unit 2",
        "我的订单到哪了": None,
        "TP12345678": None,
        "等了3个小时": None,
        "12号能送到吗": None,
        "how far is 12 Nanjing Road": None,
        "第二个": None,
    },
    "name": {
        "张伟": "张伟",
        "我叫李小明": "李小明",
        "收件人改成王芳": "王芳",
        "王先生": "王先生",
        "欧阳娜娜": "欧阳娜娜",
        "买买提·艾力": "买买提·艾力",
        "Anna Smith": "Anna Smith",
        "my name is Jean-Luc O'Neill": "Jean-Luc O'Neill",
        "Wang Wei": "Wang Wei",
        "john": "john",
        "小明": "小明",
        "改成王芳": "王芳",
        "change it to Anna Smith": "Anna Smith",
        "改成明天": None,
        "小区": None,
        "取消": None,
        "包裹": None,
        "你好": None,
        "where is my order": None,
        "yes": None,
        "Nope": None,
        "不知道": None,
        "13800138000": None,
    },
}


@pytest.mark.parametrize(
    ("name", "text", "value"), [(name, text, value) for name, cases in FOUND.items() for text, value in cases.items()]
)
def test_entities(rules: Rules, name: str, text: str, value: Any) -> None:
    assert read(rules, text).get(name) == value


@pytest.mark.parametrize(
    ("text", "expected"),
    {
        "今晚8点": "11-24 20:00",
        "明天上午10点半": "11-25 10:30",
        "明早八点": "11-25 08:00",
        "后天下午三点一刻": "11-26 15:15",
        "半小时后": "11-24 16:00",
        "半個小時後": "11-24 16:00",
        "2个半小时后": "11-24 18:00",
        "十五分钟后": "11-24 15:45",
        "3天后": "11-27 15:30",
        "8点": "11-24 20:00",
        "18:30": "11-24 18:30",
        "１８：３０": "11-24 18:30",
        "9:00": "11-25 09:00",
        "明天中午": "11-25 12:00",
        "晚上12点": "11-25 00:00",
        "周五晚上7点": "11-27 19:00",
        "下周一上午9点": "11-30 09:00",
        "11月30日14:00": "11-30 14:00",
        "in 2 hours": "11-24 17:30",
        "in half an hour": "11-24 16:00",
        "in an hour": "11-24 16:30",
        "30 minutes from now": "11-24 16:00",
        "tomorrow 10am": "11-25 10:00",
        "tomorrow at 10:15": "11-25 10:15",
        "day after tomorrow at 18:30": "11-26 18:30",
        "tonight at 8": "11-24 20:00",
        "next Monday 9am": "11-30 09:00",
        "5pm": "11-24 17:00",
        "20 December at 10 am": "12-20 10:00",
        "on November 30th, 9am": "11-30 09:00",
        "the 2nd of Dec 18:30": "12-02 18:30",
        "30 February at 10 am": None,
        "今天上午9点": None,
        "today 10am": None,
        "100000小时后": None,
        "快一点": None,
        "晚一点送": None,
        "等了2个小时": None,
        "几点": None,
        "25:00": None,
        "2月30日10:00": None,
        "8888888888点": None,
    }.items(),
)
def test_times(rules: Rules, text: str, expected: str | None) -> None:
    time = read(rules, text).get("time")
    assert (time and datetime.fromtimestamp(time, SHANGHAI).strftime("%m-%d %H:%M")) == expected


FULL_WIDTH = {ord(c): chr(ord(c) + 0xFEE0) for c in "0123456789TPtp"}
HIDDEN = st.sampled_from(["", "\u200b", "\u202e", "\ufeff", "\x00"])
AROUND = st.sampled_from([("", ""), ("我的订单", "怎么样了"), ("order ", " please"), ("【", "】"), ("取消 ", "！")])


@given(
    digits=st.text("0123456789", min_size=8, max_size=8),
    letters=st.sampled_from(["TP", "tp", "Tp", "T P", "TP-", "TP "]),
    gap=st.sampled_from(["", " ", "-"]),
    wide=st.booleans(),
    around=AROUND,
    hidden=HIDDEN,
)
def test_an_order_number_is_read_however_it_is_written(
    rules: Rules, digits: str, letters: str, gap: str, wide: bool, around: tuple[str, str], hidden: str
) -> None:
    written = letters + hidden + gap.join([digits[:4], digits[4:]])
    written = written.translate(FULL_WIDTH) if wide else written
    assert read(rules, around[0] + written + around[1]).get("order_number") == "TP" + digits


@given(
    number=st.from_regex(r"1(3[0-9]|5[0-35-9]|8[0-9])[0-9]{8}", fullmatch=True),
    country=st.sampled_from(["", "+86", "+86 ", "0086", "86"]),
    gap=st.sampled_from(["", " ", "-"]),
    wide=st.booleans(),
)
def test_a_mobile_number_is_read_however_it_is_written(
    rules: Rules, number: str, country: str, gap: str, wide: bool
) -> None:
    assert phonenumbers.is_valid_number(phonenumbers.parse(number, "CN"))
    written = country + gap.join([number[:3], number[3:7], number[7:]])
    found = read(rules, written.translate(FULL_WIDTH) if wide else written)
    assert found.get("phone") == "+86" + number and "bad_phone" not in found


CHINESE = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"]


def chinese(n: int) -> str:
    tens, ones = divmod(n, 10)
    return ("" if not tens else ("" if tens == 1 else CHINESE[tens]) + "十") + (
        CHINESE[ones] if ones or not tens else ""
    )


@given(n=st.integers(1, 20), form=st.sampled_from(["{}", "第{}个", "第{}单", "我选第{}个吧", "选{}", "{}."]))
def test_a_place_is_read_in_digits_and_characters(rules: Rules, n: int, form: str) -> None:
    assert read(rules, form.format(n)).get("ordinal") == n
    assert read(rules, form.format(chinese(n))).get("ordinal") == n
    assert read(rules, form.format(chr(0x2460 + n - 1))).get("ordinal") == n


@given(text=st.text(max_size=60), now=st.floats(0, 4e9))
def test_a_time_is_always_ahead_and_not_too_far(rules: Rules, text: str, now: float) -> None:
    for suffix in ("", "明天8点", " in 3 hours"):
        time = rules.entities(text + suffix, now).get("time")
        assert time is None or now < time <= now + FURTHEST.total_seconds() + timedelta(hours=1).total_seconds()
