"""A street typed plainly keeps the order's city and district; one that names a place of its own stands as typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.orders.places import completed

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
