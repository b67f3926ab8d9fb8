"""Completing an address: city and district from the one it replaces, the door from what was sent later. Pure."""

from __future__ import annotations

import re

_HAN = "一-鿿"
_BUILT = "小园社景校厂城库东南西北一二三四五六七八九十"
"""What stands before 区 where it is no district: 小区, 园区, 东区, 三区."""
_REGION = re.compile(
    rf"(?:[{_HAN}]{{2,7}}?(?:省|自治区))?(?:[{_HAN}]{{2,5}}?市)?(?:[{_HAN}]{{1,6}}?(?:(?<![{_BUILT}])区|(?<=[东西]城)区|县))?"
)
_DISTRICT = re.compile(rf"(?P<name>(?<=市)[{_HAN}]{{2,4}}?)(?:新区|区|县)$")
_CITIES = ("北京", "上海", "广州", "深圳", "天津", "重庆", "成都", "杭州", "武汉", "南京", "苏州", "西安")
_NUMBER = r"(?<![A-Za-z\d])[A-Za-z]?\d{1,5}[A-Za-z]?(?![A-Za-z\d])"
_PAUSE = r"[,，。;；]?\s*"
_ROOM = r"(?:room\s*)?"
_UNIT = r"\s*(?:号楼|号|室|楼|层|栋|单元|弄)?\s*"
_EXCHANGES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?P<new>{_NUMBER}){_UNIT}{_PAUSE}(?:and\s+)?(?:not|instead of|而?不是)\s*{_ROOM}(?P<old>{_NUMBER})",
        rf"(?:not|不是)\s*{_ROOM}(?P<old>{_NUMBER}){_UNIT}{_PAUSE}(?:but|而?应?该?是|it is|it's)"
        rf"\s*{_ROOM}(?P<new>{_NUMBER})",
        rf"(?P<old>{_NUMBER}){_UNIT}(?:改成|改为|换成|should be|to|->|→)\s*{_ROOM}(?P<new>{_NUMBER})",
    )
)
_HAN_LETTER = re.compile(f"[{_HAN}]")
_LATIN_REGION = re.compile(r"[A-Za-z][A-Za-z .'-]*")


def completed(address: str, former: str) -> str:
    """The address with the former one's city and district, where it names none itself and both are written alike."""
    if bool(_HAN_LETTER.search(address)) != bool(_HAN_LETTER.search(former)):
        return address
    return _in_chinese(address, former) if _HAN_LETTER.search(address) else _in_english(address, former)


def swapped(said: str, former: str) -> str | None:
    """The former address with one number exchanged: "1305, not 1203", "不是1203是1305", "1203改成1305". None where the
    text says no such thing, or the former address does not have the old number exactly once."""
    found = next(filter(None, (pattern.search(said) for pattern in _EXCHANGES)), None)
    if found is None or found["old"] == found["new"]:
        return None
    old = re.compile(rf"(?<![A-Za-z\d]){re.escape(found['old'])}(?![A-Za-z\d])", re.IGNORECASE)
    return old.sub(found["new"], former) if len(old.findall(former)) == 1 else None


def with_door(house: str, door: str) -> str:
    """The house's address with the door behind it."""
    return f"{house} {door}" if _HAN_LETTER.search(house) else f"{house}, {door}"


def _in_chinese(address: str, former: str) -> str:
    region = _region(former)
    if _region(address) or address.startswith(_CITIES):
        return address
    district = _DISTRICT.search(region)
    if district and address.startswith(district["name"]):  # "浦东世纪大道" says 浦东新区 already
        return region.removesuffix(district.group()) + address
    return region + address


def _region(address: str) -> str:
    found = _REGION.match(address)
    return found.group() if found else ""


def _in_english(address: str, former: str) -> str:
    """ "88 Jianguo Road, Chaoyang, Beijing": what has no number behind the street is district and city."""
    region = _ending(former)
    return address if _ending(address) or not region else f"{address}, {', '.join(region)}"


def _ending(address: str) -> list[str]:
    parts = [part.strip() for part in address.split(",")]
    ending: list[str] = []
    while parts and _LATIN_REGION.fullmatch(parts[-1]) and not _STREET.search(parts[-1]):
        ending.insert(0, parts.pop())
    return ending if parts else []


_STREET = re.compile(r"\b(?:road|rd|street|st|avenue|ave|lane|plaza|tower|building|lobby|reception)\b", re.IGNORECASE)
