"""URLs and HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convert.transforms._markup import pieces
from convert.transforms.html import _plain_carefully, _plain_quickly, clean, html, plain
from convert.transforms.urls import problem, url

NOTE = '<div class="note"><b>染付</b>の<a href="https://x.example/">皿</a>。<script>alert(1)</script></div>'


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("https://museum.example.jp/item/1?x=1#a", None),
        ("HTTPS://Museum.example.jp", None),
        ("https://例え.jp/収蔵品/皿.jpg", None),
        ("http://user@example.jp:8080/", None),
        ("http://[2001:db8::1]/", None),
        ("www.example.jp/x", "scheme"),
        ("//example.jp/x", "scheme"),
        ("ftp://example.jp/", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("", "scheme"),
        ("https://", "no-host"),
        ("https:///x", "no-host"),
        ("https:example.jp", "no-host"),
        ("https://./", "no-host"),
        ("https://example.jp:x/", "no-host"),
        (" https://example.jp/", "space"),
        ("https://example.jp/a b", "space"),
        ("https://example.jp/a　b", "space"),
        ("https://example.jp/a\nb", "space"),
        ("https://example.jp/a\x00", "control"),
        ("https://example.jp/\u200b", "control"),
        ("ｈｔｔｐｓ：//example.jp/", "fullwidth"),
    ],
)
def test_problem(value: str, wanted: str | None) -> None:
    assert problem(value) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (" https://Museum.Example.JP/Item \n", "https://museum.example.jp/Item"),
        ("HTTP://User@EXAMPLE.jp:80/A", "http://User@example.jp:80/A"),
        ("ｈｔｔｐｓ：／／ｅｘａｍｐｌｅ．ｊｐ／～ａ", "https://example.jp/~a"),
        ("\ufeffhttps://example.jp/a\u200bb", "https://example.jp/ab"),
        ("https://example.jp/a　b c", "https://example.jp/a%20b%20c"),
        ("https://example.jp/収蔵品", "https://example.jp/収蔵品"),
        ("https://web.example.jp/2010/http://example.jp/", "https://web.example.jp/2010/http://example.jp/"),
        ("https://exa mple.jp/", None),
        ("https://example.jp/a https://example.jp/b", None),
        ("https://example.jp/a\nhttps://example.jp/b", None),
        ("//example.jp/x", None),
        ("www.example.jp/x", None),
        ("mailto:a@example.jp", None),
        ("https:///x", None),
        ("", None),
    ],
)
def test_url(value: str, wanted: str | None) -> None:
    assert url(value) == wanted


@given(st.text(st.one_of(st.characters(), st.sampled_from("htps:/.@[] %　ａ")), max_size=30).map("https://a".__add__))
def test_a_tidied_url_has_no_problem_and_stays(value: str) -> None:
    tidied = url(value)
    if tidied is not None:
        assert problem(tidied) is None
        assert url(tidied) == tidied


@pytest.mark.parametrize(
    "value",
    [
        "染付の皿",
        "a < b、1<2、3 <= 4 << 5",
        "<br />",
        "<br/>",
        "<BR>",
        '<p style="color:#333">甲</p >',
        "<td style='text-align: center; width: 10%'>乙</td>",
        "<p style=color:red>丙",
        '<p\nstyle = "font-family: &quot;Gothic&quot;"\t>丁',
        "<h1>戊</h1><h6>己</h6><table><tr><th>庚</th></tr></table><span>辛</span>",
        "&lt;script&gt; &amp; &",
    ],
)
def test_clean_leaves_permitted_text_as_it_is(value: str) -> None:
    cleaned, removed = clean(value)
    assert cleaned is value
    assert removed == []


@pytest.mark.parametrize(
    ("value", "wanted", "removed"),
    [
        (NOTE, "<div>染付の皿。</div>", ["class=", "b", "a", "script"]),
        ('<table border="1" CELLPADDING=0>', "<table>", ["border=", "cellpadding="]),
        ('<br class="x" />', "<br />", ["class="]),
        ("<P OnClick=x STYLE='a'>", "<P STYLE='a'>", ["onclick="]),
        ("<p style='x' style='y'>", "<p style='x'>", ["style="]),
        ('<p/style="x">', '<p style="x">', ["/"]),
        ("</p id=x>", "</p>", ["id="]),
        ("<h7>甲</h7><ul><li>乙</li></ul><img src=x>", "甲乙", ["h7", "ul", "li", "img"]),
        ("<STYLE>p{}</STYLE >甲", "甲", ["style"]),
        ("<script/>甲", "甲", ["script"]),
        ("甲<script>乙", "甲", ["script"]),
        ("<!-- 甲 -->乙<!DOCTYPE html><?php x ?><![CDATA[丙]]>", "乙", ["comment", "doctype", "instruction", "cdata"]),
        ("<!-->甲<!--乙--!>丙", "甲丙", ["comment"]),
        ("<<b>script>alert(1)</script>", "&lt;script>alert(1)", ["b", "<", "script"]),
        ("<<!---->/p>", "&lt;/p>", ["comment", "<"]),
        ("<scr<script>ipt>alert(1)</script>", "&lt;scr", ["<", "script"]),
        ("甲<script", "甲&lt;script", ["<"]),
        ("<p onclick=x", "&lt;p onclick=x", ["<"]),
        ("a<b と c<d <br>", "a&lt;b と c&lt;d <br>", ["<"]),
        ("<!-- 甲", "&lt;!-- 甲", ["<"]),
        ("<p　style='x'>甲", "甲", ["p　style='x'"]),
        ("<svg/onload=x>", "", ["svg"]),
        ('<p a="<script>">甲', "<p>甲", ["a="]),
        ('<p style="<script>">甲', "<p>甲", ["style="]),
        ('<p style="a:b">c">甲', '<p style="a:b">c">甲', []),
    ],
)
def test_clean(value: str, wanted: str, removed: list[str]) -> None:
    assert clean(value) == (wanted, removed)


@pytest.mark.parametrize(
    ("style", "wanted", "removed"),
    [
        ("color:red;background:url(data:image/png;base64,x);margin:0", "color:red; margin:0", "url()"),
        ("background:u\\72l(x); color:red", "color:red", "url()"),
        ("background:u/**/rl(x); color:red", "color:red", "url()"),
        ("background:&#117;rl(x); color:red", "color:red", "url()"),
        ("color:red; /*url(x)", "color:red", "url()"),
        ("background:URL (x); color:red", "color:red", "url()"),
        ("width:expression(x);color:red", "color:red", "expression()"),
        ("width:ｅｘｐｒｅｓｓｉｏｎ(x);color:red", "color:red", "expression()"),
        ("a:javascript:x;color:red", "color:red", "javascript:"),
        ("@import 'x';color:red", "color:red", "@import"),
        ("behavior:x;color:red", "color:red", "behavior"),
        ("-moz-binding:x;color:red", "color:red", "-moz-binding"),
        ("color:red;a:url((;b:c", "color:red", "url()"),
        ("font-family:&quot;A;B&quot;;a:url(x)", "font-family:&quot;A;B&quot;", "url()"),
    ],
)
def test_dangerous_declarations_go(style: str, wanted: str, removed: str) -> None:
    assert clean(f'<p style="{style}">') == (f'<p style="{wanted}">', [f"style:{removed}"])


def test_a_style_of_danger_only_goes_whole() -> None:
    assert clean('<p style="a:url(x)">甲') == ("<p>甲", ["style:url()"])
    assert clean("<p style=a:url(x)>甲") == ("<p>甲", ["style:url()"])


def test_harmless_words_stay() -> None:
    value = '<p style="scroll-behavior:smooth; font-family:\\FF2D\\FF33">'
    assert clean(value) == (value, [])


FRAGMENTS = (
    *"<>/=\"' !-?&;p　甲\x00\n\\",
    *("<p", "</p>", "<b>", "<script", "<script>", "</script>", "<!--", "-->", "<![CDATA[", "]]>", "<br/", "<P "),
    *(" style=", '"color:red', "<style>", "</style", " onclick=x", "url(", "/*", "*/", "&lt;", "&quot;"),
)
HOSTILE = st.lists(st.sampled_from(FRAGMENTS), max_size=25).map("".join)

PERMITTED = {"h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "div", "span", "table", "tr", "th", "td"}


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.other: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        self.tags.add(tag)

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


@settings(max_examples=600)
@given(HOSTILE)
def test_cleaned_html_holds_only_what_is_permitted(value: str) -> None:
    cleaned, _ = clean(value)
    seen = _Seen()
    seen.feed(cleaned)
    seen.close()
    assert seen.tags <= PERMITTED
    assert seen.attributes <= {"style"}
    assert seen.other == []
    assert {name.lower() for name in re.findall("</?([A-Za-z][^ \t\n/>]*)", cleaned)} <= PERMITTED
    assert not re.search("<[!?]", cleaned)


@settings(max_examples=600)
@given(HOSTILE)
def test_cleaning_twice_changes_nothing_more(value: str) -> None:
    cleaned, removed = clean(value)
    assert clean(cleaned) == (cleaned, [])
    assert (cleaned != value) is bool(removed)


@given(HOSTILE)
def test_pieces_cover_the_value_without_gaps(value: str) -> None:
    ends = [0, *(piece.end for piece in pieces(value))]
    assert [piece.start for piece in pieces(value)] == ends[:-1]
    assert ends[-1] == len(value)


class _Counting(str):
    """Counts the characters that are looked at by ``find``, the one search that may run to the end."""

    __slots__ = ("looked",)
    looked: int

    def find(self, *args: object) -> int:  # type: ignore[override]
        found = str.find(self, *args)  # type: ignore[arg-type]
        self.looked = getattr(self, "looked", 0) + (found if found >= 0 else len(self)) - int(args[1])  # type: ignore[call-overload]
        return found


UNITS = ['<a "', "<", "<script", '<a b="', '<a b=">" ', '<a b="<a c" d="', "<![CDATA[", "<a b='\"", '="', "<p ", "<<b>"]


@pytest.mark.parametrize("unit", UNITS)
def test_no_search_is_repeated(unit: str) -> None:
    value = _Counting(unit * 2000)
    value.looked = 0
    list(pieces(value))
    assert value.looked <= 3 * len(value)


@pytest.mark.parametrize(
    "unit",
    [
        *UNITS,
        " ",
        " =",
        "(",
        "\\",
        "/*",
        "a:b;",
        "url(",
        "<!--",
        "<!",
        "</",
        "</script ",
        '<p style="url(',
        '<p style="(;url(">',
        '<p style="/*url(">',
        "<p    ",
    ],
)
def test_hostile_text_is_cleaned_in_one_go(unit: str) -> None:
    value = unit * (200_000 // len(unit))
    for text in (value, value + ">", "<p " + value + ">", f"<p {value}x>", f"<p style='{value}'>"):
        cleaned, _ = clean(text)
        assert clean(cleaned) == (cleaned, [])


def test_the_transform_refuses_what_leaves_nothing() -> None:
    assert html(NOTE) == "<div>染付の皿。</div>"
    assert html("<script>x</script>") is None


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (NOTE, "染付の皿。"),
        ("染付&amp;色絵", "染付&色絵"),
        ("<p>甲</p><p>乙<br>丙</p>", "甲\n乙\n丙"),
        ("<div><p>甲</p></div>乙", "甲\n乙"),
        ("甲<br><br/>乙", "甲\n\n乙"),
        ("1<2、a <b", "1<2、a <b"),
        ("&lt;b&gt;", "<b>"),
        ("<br>", None),
    ],
)
def test_plain(value: str, wanted: str | None) -> None:
    assert plain(value) == wanted


_TAGS = ["<br>", "<br/>", "<BR />", "<p>", "</p>", "<b>", "</b>", "<li>", "</li>", "</div>", "<script>", "<a href='x'>"]
_WORDS = ["文", "。", " ", "\n", "&amp;", "&#10;", "&", "amp;", "<", ">", "< ", "\u3000"]
USUAL = st.lists(st.sampled_from([*_TAGS, *_WORDS]), max_size=12).map("".join)


@given(USUAL)
def test_the_quick_way_to_plain_text_gives_what_the_careful_one_gives(value: str) -> None:
    if "<" in value:
        quick = _plain_quickly(value)
        assert quick is None or (quick or None) == _plain_carefully(value)


def test_usual_tags_take_the_quick_way() -> None:
    assert _plain_quickly("<p>一行目<br>二行目</p><p>三行目</p>") == "一行目\n二行目\n三行目"
