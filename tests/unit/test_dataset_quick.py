"""Columns of a delivery: every quick way finds what the plain way finds."""

from __future__ import annotations

import gc
from collections import Counter
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convert.check.dataset import scan
from convert.check.dataset.columns import Cells, Column, Known
from convert.check.dataset.languages import simplified
from convert.check.dataset.survey import COLLECT, collecting_seldom
from convert.check.dataset.texts import _doubt
from convert.check.dataset.titles import Frequent
from convert.check.dataset.urls import _all_on, fault_of, server_of

COLUMN = Column("名称", "名称")
SIGNS = (
    "",
    " ",
    "\u3000",
    "〃",
    "（同上）",
    " 合　計",
    "??",
    "(？？)",
    "〓",
    "\x07",
    "\ue000",
    "\U000f0001",
    "𠮷",
    "东",
    "縺薙",
    "a\n同上",
)
TEXTS = st.one_of(st.sampled_from(SIGNS), st.text(max_size=4))
CELLS = st.one_of(TEXTS, st.none(), st.integers(0, 2), st.lists(TEXTS, max_size=2), st.just(1.0), st.booleans())
BATCHES = st.lists(
    st.one_of(
        st.lists(TEXTS, min_size=1), st.lists(st.one_of(st.none(), TEXTS), min_size=1), st.lists(CELLS, min_size=1)
    ),
    min_size=1,
    max_size=4,
)
LONG = "架空の資料に付く説明の文である。" * 10


@pytest.mark.parametrize("few", [-1, 3, 1000])
@given(batches=BATCHES)
def test_what_is_known_changes_nothing_but_what_is_looked_at(few: int, batches: list[list[Any]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("convert.check.dataset.columns"), "FEW", few)
        known, longest = Known(), 0
        met: set[str] = set()
        for raw in batches:
            plain, quick = Cells(COLUMN, raw), Cells(COLUMN, raw, known=known).look(closely=True)
            for one in ("kinds", "filled", "distinct", "blanks", "joined", "plain"):
                assert getattr(quick, one) == getattr(plain, one), one
            assert list(quick.texts) == list(plain.texts)
            met, longest = met | set(quick.fresh), max(longest, quick.longest)
            assert plain.distinct <= met
            assert longest >= max(map(len, plain.texts), default=0)


@given(st.lists(st.text(min_size=1).filter(lambda text: not text.isspace()), min_size=1))
def test_a_column_of_the_same_texts_is_taken_over(texts: list[str]) -> None:
    other = Cells(COLUMN, texts, trimmed=True).look(closely=True)
    like, plain = Cells.like(other, COLUMN), Cells(COLUMN, texts)
    assert other.lonely
    for one in ("kinds", "filled", "distinct", "blanks", "joined", "longest", "fresh", "texts"):
        assert getattr(like, one) == getattr(plain, one), one


@given(st.lists(st.tuples(TEXTS, st.sampled_from(("", LONG))), min_size=1))
def test_long_texts_are_scanned_as_short_ones_are(parts: list[tuple[str, str]]) -> None:
    texts = [text for sign, end in parts if (text := sign + end) and not text.isspace()]
    found = bool(texts) and scan.suspect_column(texts, "\n".join(texts))
    assert found <= scan.suspect(texts)
    if any(_doubt(text, named=True) or simplified().search(text) for text in texts):
        assert found


@given(st.lists(st.sampled_from(["a", "b:c", " ", "\n", "", "://", "https://x.jp/", "あ"]), max_size=4).map("".join))
def test_addresses_on_one_server_are_plain_ones(end: str) -> None:
    server = "https://x.jp/"
    texts = [f"{server}1", f"{server}{end}", f"{server}2"]
    good = all(server_of(text) == server and fault_of(text) is None for text in texts)
    assert _all_on("\n".join(texts), len(texts), server) <= good
    if good and end.isascii() and not {" ", "\n"} & set(end) and "://" not in end:
        assert _all_on("\n".join(texts), len(texts), server)


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 60)), max_size=12))
def test_a_title_of_the_share_is_never_missed(batches: list[tuple[bool, int]]) -> None:
    frequent, counts = Frequent(room=40, share=0.1), Counter[str]()
    for number, (repeated, size) in enumerate(batches):
        titles = [f"{number}-{at}" for at in range(size)] + ["同じ"] * (size // 8 + 1 if repeated else 1)
        frequent.add(titles)
        counts.update(titles)
    least = 0.1 * counts.total()
    assert {title for title, count in counts.items() if count >= least} <= frequent.likely(least) or not batches


def test_python_looks_for_cycles_as_before_when_records_no_longer_wait() -> None:
    before = gc.get_threshold()
    with collecting_seldom():
        assert gc.get_threshold()[0] == max(COLLECT, before[0])
    assert gc.get_threshold() == before
