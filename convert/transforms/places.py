"""Transforms of coordinates. Nothing is converted between datums: those of old maps (Tokyo datum) stay."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final, Literal

from convert.transforms import transform
from convert.transforms._tables import FULLWIDTH_ASCII

_LONGEST: Final = 120
_FOLD: Final[dict[int, str]] = FULLWIDTH_ASCII | {
    0x3000: " ", 0x00A0: " ", 0x2212: "-", ord("、"): ",", ord("º"): "°", ord("˚"): "°",
    ord("′"): "'", ord("’"): "'", ord("‘"): "'", ord("″"): '"', ord("”"): '"', ord("“"): '"',
}  # fmt: skip
_NAMES: Final = "北緯|南緯|東経|西経|緯度|経度|lat(?:itude)?|lon(?:gitude)?|lng|[NSEW]"
_ONE: Final = (
    rf"(?:(?P<before>{_NAMES})[.: =]*)?(?P<sign>[+-])?(?P<degrees>[0-9]{{1,3}}(?:\.[0-9]+)?)"
    r"(?:(?: ?[°度] ?|:| (?=[0-9]))(?:(?P<minutes>[0-9]{1,2}(?:\.[0-9]+)?)(?:(?: ?['分] ?|:| (?=[0-9]))"
    r"(?:(?P<seconds>[0-9]{1,2}(?:\.[0-9]+)?)(?: ?(?:\"|''|秒))?)?)?)?)?(?: ?(?P<after>[NSEW]))?"
)
_SINGLE: Final = re.compile(_ONE, re.IGNORECASE)
_PAIR_SIGNS: Final = re.compile(
    " ?[,;/] ?| (?=[NSEW+-]|北緯|南緯|東経|西経|緯度|経度|lat|lon|lng)|(?<=[NSEW秒分度]) ?(?=[東西南北])| ",
    re.IGNORECASE,
)
_AXES: Final[dict[str, tuple[str, int]]] = {
    "北緯": ("lat", 1), "南緯": ("lat", -1), "東経": ("lon", 1), "西経": ("lon", -1), "緯度": ("lat", 1),
    "経度": ("lon", 1),
    "n": ("lat", 1), "s": ("lat", -1), "e": ("lon", 1), "w": ("lon", -1), "lat": ("lat", 1), "latitude": ("lat", 1),
    "lon": ("lon", 1), "longitude": ("lon", 1), "lng": ("lon", 1),
}  # fmt: skip
_MOST: Final = {"lat": 90, "lon": 180}
_JAPAN: Final = {"lat": (Decimal(20), Decimal(46)), "lon": (Decimal(122), Decimal(154))}
_PLACES: Final = Decimal("0.000001")

_Angle = tuple[str, Decimal]
"""Axis (lat, lon or nothing) and degrees."""


@transform()
def degrees(value: str, axis: Literal["lat", "lon"]) -> str | None:
    """Write one latitude or longitude as decimal degrees: six places where minutes are given, else as written.

    >>> degrees("北緯35度21分38.26秒", "lat"), degrees("138°43′39″E", "lon"), degrees("-33.5", "lat")
    ('35.360628', '138.7275', '-33.5')
    >>> degrees("東経138度", "lat"), degrees("35度61分", "lat"), degrees("91", "lat")
    (None, None, None)
    """
    found = _angle(_folded(value))
    if found is None or found[0] not in ("", axis) or abs(found[1]) > _MOST[axis]:
        return None
    return _written(found[1])


@transform()
def coordinates(value: str, swapped: Literal["refuse", "repair"] = "refuse", japan: bool = False) -> str | None:
    """Write a latitude and longitude as ``lat,lon`` in decimal degrees.

    Taken: decimal degrees, degrees with minutes and seconds (35°21′38″N 138°43′39″E, 北緯35度21分 東経138度43分);
    where both say their axis they may stand in either order. Two bare numbers are latitude and longitude; where they
    make sense for Japan only the other way round they are ``refuse``d or ``repair``ed.
    ``japan`` refuses points not near Japan.

    >>> coordinates("北緯35度21分38秒、東経138度43分39秒"), coordinates("E138.7274 N35.3606")
    ('35.360556,138.7275', '35.3606,138.7274')
    >>> coordinates("138.72,35.36"), coordinates("138.72,35.36", swapped="repair"), coordinates("48.8,2.3", japan=True)
    (None, '35.36,138.72', None)
    """
    pair = _pair(_folded(value))
    if pair is None:
        return None
    first, second = pair
    if (first[0], second[0]) == ("lon", "lat") or (not first[0] and _other_way(first[1], second[1])):
        if not first[0] and swapped == "refuse":
            return None
        first, second = second, first
    if (first[0], second[0]) not in (("", ""), ("lat", "lon")) or abs(first[1]) > 90 or abs(second[1]) > 180:
        return None
    return f"{_written(first[1])},{_written(second[1])}" if not japan or _near_japan(first[1], second[1]) else None


def _folded(value: str) -> str:
    return "" if len(value) > _LONGEST else " ".join(value.translate(_FOLD).split()).strip("()")


def _pair(text: str) -> tuple[_Angle, _Angle] | None:
    """The two angles of a text that can be cut into two in one way only."""
    found = []
    for sign in _PAIR_SIGNS.finditer(text):
        first, second = _angle(text[: sign.start()]), _angle(text[sign.end() :])
        if first and second and bool(first[0]) is bool(second[0]):
            found.append((first, second))
    return found[0] if len(set(found)) == 1 else None


def _angle(text: str) -> _Angle | None:
    match = _SINGLE.fullmatch(text)
    if match is None or (match["before"] and match["after"]):
        return None
    minutes, seconds = match["minutes"], match["seconds"]
    number = Decimal(match["degrees"])
    if minutes:
        if (
            "." in match["degrees"]
            or Decimal(minutes) >= 60
            or (seconds and (Decimal(seconds) >= 60 or "." in minutes))
        ):
            return None
        number = (number + Decimal(minutes) / 60 + Decimal(seconds or 0) / 3600).quantize(_PLACES).normalize()
    axis, direction = _AXES.get((match["before"] or match["after"] or "").lower(), ("", 1))
    if match["sign"] == "-":
        if direction < 0:
            return None
        direction = -1
    return axis, number * direction


def _written(number: Decimal) -> str:
    return f"{number:f}"


def _near_japan(lat: Decimal, lon: Decimal) -> bool:
    return _JAPAN["lat"][0] <= lat <= _JAPAN["lat"][1] and _JAPAN["lon"][0] <= lon <= _JAPAN["lon"][1]


def _other_way(lat: Decimal, lon: Decimal) -> bool:
    return _near_japan(lon, lat) or (abs(lat) > 90 >= abs(lon))
