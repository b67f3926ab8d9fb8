"""A street typed plainly keeps the order's city and district; one that names a place of its own stands as typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.orders.places import completed, swapped

PUDONG = "上海市浦东新区世纪大道"
CHAOYANG = "Room 1203, Building 5, 88 Jianguo Road, Chaoyang, Beijing"


@pytest.mark.parametrize(
    ("typed", "former", "whole"),
    [
        ("世纪大道100号3号楼502室", PUDONG, "上海市浦东新区世纪大道100号3号楼502室"),
        ("望京东园三区306号楼1单元2室", "北京市朝阳区望京街9号", "北京市朝阳区望京东园三区306号楼1单元2室"),
        ("阳光小区3号楼502室", PUDONG, "上海市浦东新区阳光小区3号楼502室"),
        ("徐汇区漕溪北路398号18层", PUDONG, "徐汇区漕溪北路398号18层"),
        ("北京市海淀区知春路113号8层", PUDONG, "北京市海淀区知春路113号8层"),
        ("浦东世纪大道100号3号楼502室", PUDONG, "上海市浦东世纪大道100号3号楼502室"),
        ("杭州文三路8号2室", PUDONG, "杭州文三路8号2室"),
        ("东城区王府井大街1号", PUDONG, "东城区王府井大街1号"),
        ("人民路1号2室", "四川省成都市青羊区人民中路二段", "四川省成都市青羊区人民路1号2室"),
        ("人民路1号2室", "—", "人民路1号2室"),
        ("9 Wukang Road, Room 15", CHAOYANG, "9 Wukang Road, Room 15, Chaoyang, Beijing"),
        ("9 Wukang Road, Room 15, Xuhui, Shanghai", CHAOYANG, "9 Wukang Road, Room 15, Xuhui, Shanghai"),
        ("9 Wukang Road, Room 15, Xuhui", CHAOYANG, "9 Wukang Road, Room 15, Xuhui"),
        ("9 Wukang Road", PUDONG, "9 Wukang Road"),
        ("世纪大道100号", CHAOYANG, "世纪大道100号"),
    ],
)
def test_city_and_district_are_kept_where_the_new_line_names_none(typed: str, former: str, whole: str) -> None:
    assert completed(typed, former) == whole


@given(st.text(), st.text())
def test_nothing_typed_is_ever_lost(typed: str, former: str) -> None:
    assert typed in completed(typed, former)


HOME = "北京市朝阳区望京东园三区306号楼2单元1502室"


@pytest.mark.parametrize(
    ("said", "former", "whole"),
    [
        ("room 1305 not 1203", CHAOYANG, CHAOYANG.replace("1203", "1305")),
        ("not 1203 but 1305", CHAOYANG, CHAOYANG.replace("1203", "1305")),
        ("change 1203 to 1305", CHAOYANG, CHAOYANG.replace("1203", "1305")),
        ("building 6 not 5", CHAOYANG, CHAOYANG.replace("Building 5", "Building 6")),
        ("是1503不是1502", HOME, HOME.replace("1502", "1503")),
        ("不是1502室，是1503室", HOME, HOME.replace("1502", "1503")),
        ("1502室改成1503室", HOME, HOME.replace("1502", "1503")),
        ("1503不是1501", HOME, None),  # there is no 1501 in it
        ("3不是3", HOME, None),
        ("88 not 8", "8 West Road, Room 8", None),  # which of the two?
        ("100 Century Avenue, Room 5", CHAOYANG, None),
    ],
)
def test_one_number_is_exchanged_for_another(said: str, former: str, whole: str | None) -> None:
    assert swapped(said, former) == whole
