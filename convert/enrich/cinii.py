"""Enrichments from CiNii: ``cinii.holdings``, the libraries that hold a book, by its NCID."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from convert.enrich.base import Enrichment, missing
from convert.errors import OptionError, UsageError
from convert.formats.base import Option
from convert.harvest.cinii.query import PARAMETERS, check_parameters
from convert.store.place import Place, parse_place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def _parameter(name: str) -> Option:
    item = PARAMETERS[name]
    kind = "choice" if item.values else "text"
    return Option(name, kind=kind, choices=item.values, ja=item.ja, en=item.en)


def _problems(options: Mapping[str, Any]) -> Iterator[OptionError]:
    """Whether the store and the parameters can be understood."""
    try:
        _, chosen = parse_place(options["store"])
        more = str(replace(chosen, source=None))
        if more:
            en, ja = f"takes source= only, not {more}", f"書けるのは source= だけです（{more} は使えません）"
            yield OptionError("store", Place(options["store"]).shown, en, ja)
    except UsageError as error:
        yield OptionError("store", Place(options["store"]).shown, str(error), error.ja or str(error))
    for name in PARAMETERS:
        try:
            check_parameters({name: options[name]} if options.get(name) is not None else {})
        except OptionError as error:
            yield error


ENRICHMENTS = (
    Enrichment(
        name="cinii.holdings",
        ja="CiNii の所蔵館（mokuroku harvest cinii holdings で集めたもの）",
        en="libraries that hold a book, as mokuroku harvest cinii holdings fetched them",
        key=Option("ncid", ja="NCID の列・パス", en="path of the NCID"),
        options=(
            Option("store", default="cinii.db", ja="収集したストア", en="the store they were fetched into"),
            missing(),
            *map(_parameter, PARAMETERS),
        ),
        paths={
            "ncid": ("NCID", "the NCID"),
            "total": ("所蔵館の数", "number of libraries"),
            "libraries[]": ("所蔵館", "the libraries"),
            "libraries[].fano": ("FA 番号", "FA number"),
            "libraries[].name": ("図書館の名称", "name of the library"),
            "libraries[].uri": ("CiNii の図書館のページ", "its page at CiNii"),
            "libraries[].opac": ("その館の蔵書検索へのリンク（あれば）", "the book in its own catalogue, where given"),
        },
        finder="convert.enrich.holdings:Holdings",
        check=_problems,
    ),
)
