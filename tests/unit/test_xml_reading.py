"""All paths read in one walk: what XPath gives, in its order; and what is learnt of which paths are asked."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

import convert
from convert.formats.onix.path import OnixPath, text_of
from convert.formats.xml.path import XmlPath
from convert.formats.xml.plain import in_scope, parser, real
from convert.formats.xml.reading import LEARN, Reading, _Writer, function_of
from convert.formats.xml.steps import Beyond
from convert.mapping.bind import Binding


def shipped() -> list[str]:
    """The paths of the shipped mappings of ONIX, those within the product."""
    found: set[str] = set()
    for name in ("onix/onix-to-dcndl", "onix/onix-to-japansearch"):
        binding = Binding(convert.load_mapping(name), convert.read(b"<ONIXMessage/>", "onix"))
        found |= {path for path, _ in binding.selectors if not path.startswith("/")}
    return sorted(found)


SHIPPED = shipped()
TEXTS = (
    "01", "02", "03", "04", "15", "27", "78", "20", " 01 ", "01 01", "", "0", "1500", "0.0", "-0", "12.50", "1,500",
    "mm", "JPY", "9784949999106", "http://example.jp/a", "https://jpro-api.jpo.or.jp/a", "20250101T0900", "　01",
)  # fmt: skip


def onix(path: str) -> OnixPath:
    return OnixPath(path, {}, text=text_of, leaf="{}.strip()")


def grown(random: Random, name: str, wanted: dict[str, Any] | None, depth: int = 0) -> Any:
    """An element with some of what paths go to, in any order."""
    element = etree.Element(name)
    if random.random() < 0.2:
        element.set("collationkey", random.choice(TEXTS))
    names = [one for one in wanted or () if one.isalpha()]
    if not names or depth > 5 or random.random() < 0.05:
        element.text = random.choice(TEXTS)
        if random.random() < 0.1:
            etree.SubElement(element, random.choice(("p", "em", "x"))).tail = random.choice(TEXTS)
        return element
    for one in random.choices(names, k=random.randint(1, 2 + len(names))):
        element.append(grown(random, one, (wanted or {})[one], depth + 1))
    return element


class Owner:
    """Gives the elements of a document by their number."""

    def __init__(self, root: Any) -> None:
        self.elements = list(root.iter("*"))

    def element(self, order: int) -> Any:
        return self.elements[order]


def plain_twin(element: Any) -> Any:
    """The same element as one of a plain record; None where its document is none."""
    root = element.getroottree().getroot()
    owner = Owner(root)
    made = parser(in_scope({prefix or "": uri for prefix, uri in root.nsmap.items()}))
    found: Any = made and made.parse(etree.tostring(root, encoding="utf-8"), owner)
    for order in range(owner.elements.index(element)) if found is not None else ():
        found = next_one(found, order)
    return found


def next_one(element: Any, order: int) -> Any:
    """The element that follows in document order, which is number ``order`` + 1."""
    while element is not None:
        below = [child for child in element.children() if child.order > order]
        if below:
            return below[0]
        element = element.getparent()
    raise AssertionError(order)


def compared(element: Any, paths: list[XmlPath], default: str = "") -> int:
    """Compare the function of these paths with XPath; answer how often it had nothing to say."""
    asked = {mark + path.path: path for path in paths for mark in ("", ":")}
    function = function_of(asked, default)
    found, left = {} if function is None else function(element), 0
    if function is not None and (twin := plain_twin(element)) is not None:
        told = function(twin)
        assert {what: of and [real(item) for item in of] for what, of in told.items()} == found
    for what, path in asked.items():
        given_ = found.get(what)
        wanted = path.compile(default)(element)
        wanted = wanted if isinstance(wanted, list) else [wanted]
        if given_ is None:
            left += 1
        elif what.startswith(":"):
            assert given_ == [item for item in wanted if isinstance(item, etree._Element)], what
        else:
            assert given_ == [path.text(item) for item in wanted], (what, etree.tostring(element))
    return left


def test_what_the_shipped_mappings_ask_for_is_told() -> None:
    for path in SHIPPED:
        known = {path: (onix(path).parsed(""), onix(path))}
        assert _Writer(known).code()
    assert len(SHIPPED) > 100


WANTED = _Writer({path: (onix(path).parsed(""), onix(path)) for path in SHIPPED})
WANTED.code()


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_shipped_paths_give_what_xpath_gives(seed: int) -> None:
    random = Random(seed)  # noqa: S311
    product = grown(random, random.choice(("Product", "DistinctiveTitle")), WANTED.wanted)
    compared(product, [onix(path) for path in random.sample(SHIPPED, 8)])
    inside = random.choice([*product.iter("TitleElement", "Contributor", "Publisher", "Title", "Price"), product])
    compared(inside, [onix(path) for path in random.sample(SHIPPED, 8)])


def drawn(random: Random, depth: int = 0) -> str:
    """A path of those that can be told."""
    paths = [single(random, depth) for _ in range(random.choice((1, 1, 1, 2, 3)))]
    path = " | ".join(paths)
    if random.random() < 0.1:
        return random.choice((f"({path})[1]", f"({path} | a)[2]", f"(a | {path})/b", f"concat({path}, '1')"))
    return path


def single(random: Random, depth: int) -> str:
    """A path without others beside it."""
    if random.random() < 0.1:
        return random.choice((".", "..", "@k", "self::a", "../@k"))
    steps = [
        random.choice("abc") + "".join(f"[{test(random, depth + 1)}]" for _ in range(random.choice((0, 0, 1, 2))))
        for _ in range(random.choice((1, 1, 2, 3)))
    ]
    return random.choice(("", "", "", "./", "../")) + "/".join(steps) + random.choice(("", "", "/@k"))


def test(random: Random, depth: int) -> str:
    """A condition or a position."""
    kind = random.choice((
        "1", "2", "3", "a", "not(b)", "b='1'", ".='1'", "a=0", "b='2' or a='1'", "a | b", "(a='1' or b='2') and not(c)",
        *(() if depth > 2 else (
            "PATH", "not(PATH)", "PATH='1'", "PATH=2", "PATH = PATH", "starts-with(PATH, '1')", "contains(., PATH)",
            "(a='1' or PATH) and b", "normalize-space(PATH)='1'", "concat(PATH, '1')='11'", "'1'=PATH",
            "substring-before(PATH, '2')='1'",
        )),
    ))  # fmt: skip
    while "PATH" in kind:
        kind = kind.replace("PATH", single(random, depth), 1)
    return kind


test.__test__ = False  # type: ignore[attr-defined]


def tree(random: Random, depth: int = 0, *, mixed: bool = False) -> Any:
    element = etree.Element(random.choice("abc"))
    if random.random() < 0.3:
        element.set("k", random.choice(("1", " 1 ", "")))
    if depth > 3 or random.random() < 0.3:
        element.text = random.choice(("1", "2", "0", " 1 ", "", "12", "1.0", "x"))
        return element
    element.text = random.choice((None, "1" if mixed else " \n"))
    element.extend([tree(random, depth + 1, mixed=mixed) for _ in range(random.randint(1, 4))])
    return element


@settings(max_examples=30)
@given(st.integers(0, 2**32))
def test_any_paths_give_what_xpath_gives(seed: int) -> None:
    random = Random(seed)  # noqa: S311
    whole = tree(random, mixed=random.random() < 0.3)
    paths = list(dict.fromkeys(drawn(random) for _ in range(4)))
    element = random.choice(list(whole.iter()))
    compared(element, [onix(path) for path in paths])
    compared(element, [XmlPath(path, {}) for path in paths])


def test_names_with_namespaces() -> None:
    text = '<r xmlns="urn:r" xmlns:o="urn:o"><a xml:lang="ja" o:k="1">x</a><o:a>y</o:a><b><a>z</a></b></r>'
    paths = ["a", "q:a", "a/@xml:lang", "a[@q:k='1']", "b/a | q:a", "a/@k", "b[a='z']"]
    made = [XmlPath(path, {"q": "urn:o"}) for path in paths]
    assert compared(etree.fromstring(text), made, "urn:r") == 4  # b/a | q:a, and attributes as nodes
    function = function_of({path.path: path for path in made}, "urn:r")
    assert function is not None
    found = function(etree.fromstring(text))
    assert [found[path] for path in paths] == [["x"], ["y"], ["ja"], ["x"], None, [], ["z"]]


@pytest.mark.parametrize(
    "path",
    [
        "count(a)", "a//b", ".//a", "/a", "*", "@*", "a/*", "a[last()]", "a[b > 1]", "a[b != '1']", "following::a",
        "a[0]", "a[1.5]", "'x'", "1", "a | 'x'", "a/.", "a/..", "a/@b/c", "text()", "not(a)", "a = b",
        "a[string(b)='1']",
        "a/" * 12 + "a", "a[" * 9 + "a" + "]" * 9, "concat(a)", "normalize-space()", "a['x']", "(a | b)/@c/d",
    ],
)  # fmt: skip
def test_what_is_left_to_xpath(path: str) -> None:
    with pytest.raises(Beyond):
        _Writer({path: (XmlPath(path, {}).parsed(""), XmlPath(path, {}))}).code()


def test_what_the_walk_cannot_tell_in_a_record_is_left_to_xpath() -> None:
    element = etree.fromstring("<r><b>1</b><a>2</a></r>")
    paths = {path: XmlPath(path, {}) for path in ("a | b", "(a | b)[1]", "concat(a | b, 'x')", "../r")}
    function = function_of(paths, "")
    assert function is not None
    assert function(element) == dict.fromkeys(paths)


def test_what_stands_too_deep_for_python_is_left_to_xpath() -> None:
    element = etree.fromstring("<a>" * 30 + "1" + "</a>" * 30)
    inner = "[a" * 6 + "]" * 6
    for path in ("/".join("a" * 13), "a[" + "/".join("a" * 13) + "]", "/".join(["a" + inner] * 12), "a" + "[a]" * 90):
        compared(element, [XmlPath(path, {})])
    group = "a"
    for _ in range(7):
        group = f"({group})[1]/a/a/a"
    assert not compared(element, [XmlPath(group, {})])
    assert compared(element, [XmlPath(f"(({group})[1])", {})]) == 2


def product(number: int, inner: str = "") -> str:
    return (
        f"<Product><RecordReference>{number}</RecordReference><NotificationType>03</NotificationType>"
        f"<DescriptiveDetail><Contributor><PersonName>架空{number}</PersonName>{inner}</Contributor></DescriptiveDetail>"
        "</Product>"
    )


def test_paths_are_learnt_from_what_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []
    find = OnixPath.find

    def noted(path: OnixPath, node: Any) -> list[Any]:
        searched.append(path.path)
        return find(path, node)

    monkeypatch.setattr(OnixPath, "find", noted)
    count = LEARN[1] + 4
    text = "".join(product(number, "<KeyNames>鍵</KeyNames>" if number > 20 else "") for number in range(count))
    reader: Any = convert.read(f'<ONIXMessage release="3.0"><Header/>{text}</ONIXMessage>'.encode(), "onix")
    name, people = reader.selector("RecordReference"), reader.selector("DescriptiveDetail/Contributor")
    person, key = reader.selector("PersonName", inner=True), reader.selector("KeyNames", inner=True)
    for number, record in enumerate(reader):
        searched.clear()
        assert name.values(record.body) == [str(number)] == [record.body.get("RecordReference", "")]
        for node in people.nodes(record.body):
            assert person.values(node) == [f"架空{number}"]
            if number > 20:
                assert key.values(node) == ["鍵"]
        if number < LEARN[0]:
            assert searched == ["RecordReference", "DescriptiveDetail/Contributor", "PersonName"]
        elif number <= 20 or number >= LEARN[1]:
            assert not searched
        else:
            assert searched == ["KeyNames"]


def test_a_reading_does_not_ask_for_ever() -> None:
    reading = Reading("", learn=(1,))
    reading.ask("a", XmlPath("a", {}))
    element = etree.fromstring("<r><a>1</a><b>2</b></r>")
    assert [reading.read(element) for _ in range(3)] == [{}, {"a": ["1"]}, {"a": ["1"]}]
    reading.ask("b", XmlPath("b", {}))
    assert reading.read(element) == {"a": ["1"]}
