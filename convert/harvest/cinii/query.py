"""What OpenSearch for Holdings may be asked: services, parameters and the values they take.

Names and values are those of NII's description of the API, which CiNii Books and CiNii Research share.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

from convert.errors import OptionError, UnknownName, UsageError
from convert.harvest.web import check_address, without_secrets
from convert.values._common import Reason
from convert.values.ncid import compact, validate

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVICES: Final = {
    "books": "https://ci.nii.ac.jp/books/opensearch/holder",
    "research": "https://cir.nii.ac.jp/opensearch/holder",
}
"""Addresses by service: CiNii Books, and CiNii Research into which it is being merged."""
FORMATS: Final = ("json", "atom", "rss")
SECRET: Final = "CINII_APPID"  # noqa: S105 - where it is, not what it is
"""The variable of the environment that holds the application id."""
PREFIX: Final = "holder"
"""What the records of a store are, when nothing but the NCID was asked for."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter beside ``ncid``, ``format`` and ``appid``; ``values`` empty: any text. ``serial``: CiNii heeds it
    for serials only.
    """

    name: str
    values: tuple[str, ...]
    ja: str
    en: str
    serial: bool = False


PARAMETERS: Final = {
    item.name: item
    for item in (
        Parameter("ill", ("A", "N"), "ILLへの参加", "takes part in ILL"),
        Parameter("ill_stat", ("A", "N"), "ILLの受付状況", "ILL status"),
        Parameter("ill_copys", ("A", "C", "N"), "複写サービス（C：ほかの窓口）", "copies; C: at another desk"),
        Parameter("ill_loans", ("A", "C", "N"), "貸借サービス（C：ほかの窓口）", "loans; C: at another desk"),
        Parameter("ill_faxs", ("A", "C", "N"), "FAXサービス（C：条件あり）", "fax; C: with conditions"),
        Parameter("ill_oclc", ("A", "N"), "日米ILLへの参加", "Japan-US ILL"),
        Parameter("ill_keris", ("A", "N"), "日韓ILLへの参加", "Japan-Korea ILL"),
        Parameter("ill_offset", ("A", "N"), "料金相殺への参加", "fee offsetting"),
        Parameter("fano", (), "図書館（FA番号）", "library (FA number)"),
        Parameter("year", (), "所蔵年（雑誌）", "year held (serials)", serial=True),
        Parameter("vol", (), "所蔵巻（雑誌）", "volume held (serials)", serial=True),
        Parameter("issue", (), "所蔵号（雑誌）", "issue held (serials)", serial=True),
        Parameter("cont", ("0", "1"), "継続受入中（雑誌）", "still received (serials)", serial=True),
    )
}


def check_parameters(given: Mapping[str, str]) -> dict[str, str]:
    """The parameters as they are sent, in the order of the description.

    Raises :class:`UnknownName` and :class:`OptionError` that say what is allowed.

    >>> check_parameters({"cont": "1", "ill": "a"})
    {'ill': 'A', 'cont': '1'}
    """
    for name, value in given.items():
        if name not in PARAMETERS:
            raise UnknownName("option", name, list(PARAMETERS))
        _check(PARAMETERS[name], value)
    return {name: _sent(PARAMETERS[name], given[name]) for name in PARAMETERS if name in given}


def _sent(parameter: Parameter, value: str) -> str:
    if parameter.name == "fano":
        return compact(value)
    return value.strip().upper() if parameter.values else value.strip()


def _check(parameter: Parameter, value: str) -> None:
    sent = _sent(parameter, value)
    if parameter.values and sent not in parameter.values:
        some = ", ".join(parameter.values)
        en, ja = f"expects one of {some} ({parameter.en})", f"{some} のどれかを書いてください（{parameter.ja}）"
        raise OptionError(parameter.name, value, en, ja)
    if parameter.name == "fano" and validate(value, "FA", check=False) is not None:
        en = "expects an FA number such as FA001120"
        raise OptionError(parameter.name, value, en, "FA001120 のような FA 番号を書いてください")
    if not sent:
        raise OptionError(parameter.name, value, "expects a value", "値を書いてください")
    if parameter.serial and not parameter.values and (len(sent) > 20 or not sent.isprintable()):
        raise OptionError(parameter.name, value, "expects one year or number", "年か番号を一つだけ書いてください")


def check_ncid(value: str) -> str:
    """An NCID as it is sent. Raises :class:`OptionError` when it has not the form of one.

    >>> check_ncid("http://ci.nii.ac.jp/ncid/BA83739643")
    'BA83739643'
    """
    if validate(value, check=False) is not None:
        en = "expects an NCID such as BA83739643: two letters, seven digits, and a digit or X"
        raise OptionError(
            "ncid", value, en, "BA83739643 のような NCID（英字 2 字、数字 7 字、数字か X）を書いてください"
        )
    return compact(value)


def is_odd(ncid: str, form: str = "NCID") -> bool:
    """Whether a number of the right form has another check character than the one that was inferred.

    >>> is_odd("BA83739643"), is_odd("BA83739644")
    (False, True)
    """
    return validate(ncid, form) is Reason.CHECK


def prefix_of(parameters: Mapping[str, str]) -> str:
    """What the records of a store are that were asked for with these parameters.

    >>> prefix_of({}), prefix_of({"ill": "A", "year": "2020"})
    ('holder', 'holder?ill=A&year=2020')
    """
    return PREFIX + ("?" + urlencode(check_parameters(parameters)) if parameters else "")


def endpoint(service: str, base: str | None = None) -> str:
    """The address to ask: that of a service, or ``base``, to which what it lacks of the service's path is added.

    Raises :class:`UsageError`.

    >>> endpoint("books", "http://127.0.0.1:8000")
    'http://127.0.0.1:8000/books/opensearch/holder'
    """
    if service not in SERVICES:
        raise UnknownName("option", service, list(SERVICES))
    if base is None:
        return SERVICES[service]
    address = check_address(base)
    parts = urlsplit(address)
    if parts.query:
        shown = without_secrets(address)
        en = f"{shown}: an address without parameters is expected; the application id stands in {SECRET}"
        raise UsageError(
            en, f"{shown}：「?」以降のない URL を書いてください。アプリケーションIDは環境変数 {SECRET} に。"
        )
    start = address.rstrip("/")
    if parts.path.endswith(("/opensearch", "/opensearch/")):
        return f"{start}/holder"
    whole = urlsplit(SERVICES[service]).path
    if parts.path.strip("/") == "books" and whole.startswith("/books/"):
        return start.removesuffix("/books") + whole
    return address if parts.path.strip("/") else start + whole


def secret() -> str | None:
    """The application id of the environment. Raises :class:`UsageError`, without showing it, when it cannot be one."""
    found = os.environ.get(SECRET, "").strip()
    if found and not (found.isascii() and found.isprintable() and " " not in found and len(found) <= 200):
        en = f"{SECRET} does not hold an application id: letters, digits and signs without blanks are expected"
        raise UsageError(en, f"環境変数 {SECRET} の値がアプリケーションIDの形ではありません（空白のない英数字）。")
    return found or None
