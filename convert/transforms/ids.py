"""Transforms of identifiers: one form each, None where the text is not exactly one such number."""

from __future__ import annotations

import re
from typing import Final, Literal

from convert.model import Changed
from convert.transforms import transform
from convert.values import ccode as ccodes
from convert.values import doi as dois
from convert.values import isbn, isni
from convert.values import isil as isils
from convert.values import issn as issns
from convert.values import jan as jans
from convert.values import jpno as jpnos
from convert.values import ncid as ncids
from convert.values import ndc as ndcs
from convert.values._common import Reason, folded

_VIAF: Final = re.compile(r"(?:https?://(?:www\.)?viaf\.org/viaf/|VIAF[: ]*)?([1-9][0-9]{0,21})/?", re.IGNORECASE)


@transform()
def isbn13(value: str) -> str | None:
    """Write an ISBN of ten or thirteen digits, however typed, as thirteen digits; None: not one ISBN.

    >>> isbn13("ISBN4-257-76907-6"), isbn13("978ー4ー87259ー254ー2"), isbn13("9784101010053")
    ('9784257769071', '9784872592542', None)
    """
    return isbn.to_13(value)


@transform()
def isbn10(value: str) -> str | None:
    """Write an ISBN, however typed, as ten characters; None: not one ISBN, or one of prefix 979.

    >>> isbn10("978-4-10-101005-2"), isbn10("4101010056"), isbn10("410101005X")
    ('4101010056', '4101010056', None)
    """
    return isbn.to_10(value)


@transform()
def isbn_hyphens(value: str, other: Literal["refuse", "digits"] = "refuse") -> str | None:
    """Write an ISBN as thirteen digits with hyphens, which is known for Japan (978-4); wrong hyphens are put right.

    ``other``: what to answer for other countries, whose publisher ranges are not here: nothing, or the digits alone.

    >>> isbn_hyphens("978-4-1010-1005-2"), isbn_hyphens("4101010056"), isbn_hyphens("7806572856")
    ('978-4-10-101005-2', '978-4-10-101005-2', None)
    >>> isbn_hyphens("7806572856", other="digits")
    '9787806572856'
    """
    found = isbn.format(value)
    return found if found is None or "-" in found or other == "digits" else None


@transform()
def issn(value: str) -> str | None:
    """Write an ISSN as ``NNNN-NNNC``; None: not one ISSN, or its check character is wrong.

    >>> issn("ＩＳＳＮ 1348530x"), issn("0386-2187"), issn("0000-0000")
    ('1348-530X', None, None)
    """
    return issns.format(value)


@transform()
def jan(value: str) -> str | None:
    """Write a JAN (EAN-13) as its digits; a magazine's with the add-on has 18. None where the check digit is wrong.

    >>> jan("4910012340819"), jan("4910012340819 00690"), jan("4910012340810")
    ('4910012340819', '491001234081900690', None)
    """
    return None if jans.validate(value) is not None else jans.compact(value)


@transform()
def jan_part(
    value: str, part: Literal["kind", "magazine", "issue", "year", "ccode", "price", "isbn", "addon"]
) -> str | None:
    """Give one part of a JAN: of a magazine's (491) magazine, issue, year (last digit), addon, price; of a book's ccode
    and price (192) or isbn. ``kind`` is magazine, book, book-price or article. None where it has no such part.

    The two digits of the issue may be above 12 (running numbers), and magazine codes are used again over time.

    >>> jan_part("4910012340819", "magazine"), jan_part("1920193006001", "price"), jan_part("1920193006001", "isbn")
    ('01234', '600', None)
    """
    found = jans.parse(value)
    return None if found is None else getattr(found, part) or None


@transform()
def ncid(value: str, check: bool = True, refuse: bool = False) -> str | Changed | None:
    """Write an NCID (NACSIS-CAT book, serial or author number) in capitals; None: not of the form.

    The rule of its check character is inferred from real numbers, not published. With ``check`` a number that breaks it
    stays and is reported (``VAL-NCID``); with ``refuse`` it has no answer (local keys look the same).

    >>> ncid("ba51293930"), ncid("AA1070693X"), ncid("BB20647182", check=False), ncid("B51293930")
    ('BA51293930', 'AA1070693X', 'BB20647182', None)
    >>> ncid("bb20647182").value, ncid("bb20647182").code
    ('BB20647182', 'VAL-NCID')
    """
    return _nacsis(value, "NCID", check, refuse)


@transform()
def library_id(
    value: str, kind: Literal["FA", "KI"] = "FA", check: bool = True, refuse: bool = False
) -> str | Changed | None:
    """Write a NACSIS-CAT number of a library (FA) or organisation (KI) in capitals; ``check`` and ``refuse`` as for
    ``ncid``.

    >>> library_id("fa00014x"), library_id("KI000221", kind="KI"), library_id("FA001008").code
    ('FA00014X', 'KI000221', 'VAL-NCID')
    """
    return _nacsis(value, kind, check, refuse)


def _nacsis(value: str, form: str, check: bool, refuse: bool) -> str | Changed | None:
    fault = ncids.validate(value, form, check=check)
    number = ncids.compact(value)
    if fault is Reason.CHECK:
        slots = {"kind": form, "check": ncids.check_character(number[:-1])}
        return Changed(number, "VAL-NCID", slots, keep=not refuse)
    return number if fault is None else None


@transform()
def jpno(value: str) -> str | None:
    """Write a JP number (全国書誌番号) as eight digits; its prefix goes.

    >>> jpno("JP-20123772"), jpno("全国書誌番号：20123772"), jpno("2012377")
    ('20123772', '20123772', None)
    """
    return jpnos.compact(value)


@transform()
def ndc(value: str, part: Literal["all", "number", "edition"] = "all", short: bool = False) -> str | None:
    """Write one NDC class: ``913.6``, or ``NDC9 547.4833`` where the edition is said; or one of the two parts.

    ``short`` also takes main classes and divisions (9, 91), which may be what a spreadsheet left of 009. Call numbers
    (913.6/N58), local marks (K913.6, E) and numbers without their zeros or point (7.64, 9136) have no answer.

    >>> ndc("NDC9:547.4833"), ndc("NDC9:547.4833", part="number"), ndc("９１３．６"), ndc("7.64"), ndc("91")
    ('NDC9 547.4833', '547.4833', '913.6', None, None)
    """
    found = ndcs.parse(value)
    if found is None or (found.short and not short):
        return None
    if part == "number":
        return found.number
    if part == "edition":
        return found.edition or None
    return f"NDC{found.edition} {found.number}" if found.edition else found.number


@transform()
def ccode(value: str, assigned: bool = False, refuse: bool = False) -> str | Changed | None:
    """Write a C-code of a book as four digits. ``assigned`` reports (``VAL-CCODE``) contents that no list names
    (inferred); with ``refuse`` such a code has no answer.

    >>> ccode("Ｃ００９３"), ccode("C0093E"), ccode("193"), ccode("C0103"), ccode("C0103", assigned=True).code
    ('0093', '0093', None, '0103', 'VAL-CCODE')
    """
    digits = ccodes.compact(value)
    if digits is None or not assigned or ccodes.is_assigned(digits):
        return digits
    return Changed(digits, "VAL-CCODE", {"content": digits[2:]}, keep=not refuse)


@transform()
def isil(value: str) -> str | None:
    """Write an ISIL (``JP-1001234``) with its country in capitals; only its form can be checked.

    >>> isil("ｊｐ－1001234"), isil("1001234")
    ('JP-1001234', None)
    """
    return isils.compact(value)


@transform()
def doi(value: str, form: Literal["bare", "url"] = "bare") -> str | None:
    """Write a DOI bare, or as its address. Letters keep their case.

    >>> doi("http://dx.doi.org/10.11501/1234567"), doi("10.11501/1234567", form="url"), doi("doi:11501/1")
    ('10.11501/1234567', 'https://doi.org/10.11501/1234567', None)
    """
    found = dois.compact(value)
    return found if found is None or form == "bare" else dois.url(found)


@transform(name="isni")
def isni_(value: str, form: Literal["bare", "url"] = "bare") -> str | None:
    """Write an ISNI as sixteen characters, or as its address; its check character must be right.

    >>> isni_("ISNI 0000 0001 2103 2683"), isni_("0000 0001 2103 2684")
    ('0000000121032683', None)
    """
    if not isni.is_valid(value):
        return None
    return f"https://isni.org/isni/{isni.compact(value)}" if form == "url" else isni.compact(value)


@transform()
def orcid(value: str, form: Literal["bare", "url"] = "bare") -> str | None:
    """Write an ORCID iD as ``NNNN-NNNN-NNNN-NNNC``, or as its address; it must be of ORCID's blocks of ISNI.

    >>> orcid("https://orcid.org/0000000218250097"), orcid("0000-0002-1825-0098")
    ('0000-0002-1825-0097', None)
    """
    if not isni.is_orcid(value):
        return None
    text = isni.compact(value)
    bare = "-".join(text[place : place + 4] for place in range(0, 16, 4))
    return f"https://orcid.org/{bare}" if form == "url" else bare


@transform()
def viaf(value: str, form: Literal["bare", "url"] = "bare") -> str | None:
    """Write a VIAF number as digits, or as its address; only its form can be checked.

    >>> viaf("https://viaf.org/viaf/42633393/"), viaf("42633393", form="url"), viaf("VIAF")
    ('42633393', 'https://viaf.org/viaf/42633393', None)
    """
    match = _VIAF.fullmatch(folded(value))
    return None if match is None else f"https://viaf.org/viaf/{match[1]}" if form == "url" else match[1]
