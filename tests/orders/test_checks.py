"""Addresses, phone numbers and names that a courier can or cannot work with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.orders.checks import (
    address_problem,
    normal,
    normal_address,
    normal_phone,
    phone_problem,
    problem,
    recipient_problem,
    tidy,
)
from bot.orders.model import Field


@pytest.mark.parametrize(
    "address",
    [
        "北京市朝阳区建国路88号现代城5号楼1203室",
        "朝阳区望京SOHO T1 2108",
        "上海市静安区南京西路1266号恒隆广场1座12层",
        "三号楼二单元501",
        "幸福路12号",
        "5号楼前台",
        "西湖区文三路 478 号 华星时代广场 A座 1102",
        "Room 1203, Building 5, 88 Jianguo Road, Beijing",
        "88 Jianguo Road, Chaoyang",
        "Apartment 4B, 12 Huaihai Middle Road",
    ],
)
def test_addresses_that_can_be_found(address: str) -> None:
    assert address_problem(address) is None


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("", "missing"),
        (" \u200b\n", "missing"),
        ("😀😀", "unreadable"),
        ("12", "unreadable"),
        ("北京市海淀区中关村大街", "no_building"),
        ("第一大街", "no_building"),
        ("Suzhou Street", "no_building"),
        ("幸福小区3号楼", "no_door"),
        ("上海市静安区南京西路1266号恒隆广场", "no_door"),
        ("上海市黄浦区人民大道 200 号 创新大厦", "no_door"),
        ("Building 5, Beijing", "no_door"),
        ("路1号" * 100, "too_long"),
    ],
)
def test_addresses_that_cannot(address: str, why: str) -> None:
    assert address_problem(address) == why


@pytest.mark.parametrize(
    ("phone", "saved"),
    [
        ("13800138000", "+8613800138000"),
        (" 138-0013 8000 ", "+8613800138000"),
        ("+86 138 0013 8000", "+8613800138000"),
        ("１３８００１３８０００", "+8613800138000"),
        ("010-65881234", "+861065881234"),
        ("+44 20 7946 0958", "+442079460958"),
        ("+1 415 555 2671", "+14155552671"),
    ],
)
def test_phone_numbers(phone: str, saved: str) -> None:
    assert phone_problem(phone) is None
    assert normal_phone(phone) == saved
    assert phone_problem(saved) is None


@pytest.mark.parametrize(
    ("phone", "why"),
    [
        ("", "missing"),
        ("没有电话", "not_a_number"),
        ("1-800-FLOWERS", "not_a_number"),
        ("1380013800", "too_short"),
        ("138001380001", "too_long"),
        ("110", "too_short"),
        ("12345678901", "impossible"),
        ("9" * 100_000, "not_a_number"),
    ],
)
def test_what_is_no_phone_number(phone: str, why: str) -> None:
    assert phone_problem(phone) == why


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("林女士", None),
        ("Amy Carter", None),
        ("", "missing"),
        ("无", "missing"),
        ("N/A", "missing"),
        ("12345", "not_a_name"),
        ("😀", "not_a_name"),
        ("x" * 41, "too_long"),
    ],
)
def test_recipients(name: str, why: str | None) -> None:
    assert recipient_problem(name) == why


def test_full_width_and_invisible_characters() -> None:
    assert normal_address("　建国路８８号\u200b５栋\r\n１２０３室\ud800 ") == "建国路88号5栋 1203室"


@given(st.sampled_from(Field), st.text() | st.from_regex(r"[-+0-9号楼室 a-z]{1,250}"))
def test_what_is_saved_is_as_good_as_what_was_typed(field: Field, value: str) -> None:
    saved = normal(field, value)
    assert problem(field, saved) == problem(field, value)
    assert normal(field, saved) == saved
    saved.encode()


@given(st.text())
def test_tidying_twice_changes_nothing(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)
