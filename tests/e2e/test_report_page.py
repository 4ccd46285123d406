"""The HTML report in a real browser: headless Chromium, driven over its debugging pipe.

The pipe carries the DevTools protocol as JSON messages that end in NUL, on file descriptors 3 and 4: nothing has to be
installed but the browser. Without one these tests are skipped.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import re
import select
import shutil
import subprocess
import tempfile
import time
from typing import TYPE_CHECKING, Any

import pytest

import convert
from convert.check.issue import Issue, Severity
from convert.mapping.load import load_mapping
from convert.model import Location, Outcome
from convert.registry import reporter_named
from convert.report import Report, Tally
from convert.report.rows import Reread
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium here (Debian: apt-get install chromium)")

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--remote-debugging-pipe", "--hide-scrollbars",
)  # fmt: skip


class Browser:
    """One page. ``requests`` are the addresses that it asked for, ``complaints`` what its console said."""

    def __init__(self, program: str, *, script: bool = True) -> None:
        self._folder = tempfile.mkdtemp(prefix="chromium-")
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()

        def wire() -> None:
            a, b = os.dup(theirs_in), os.dup(theirs_out)
            os.dup2(a, 3)
            os.dup2(b, 4)

        self._process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={self._folder}", "about:blank"],
            preexec_fn=wire,  # noqa: PLW1509 - no other way to the descriptors 3 and 4, and no threads run here
            pass_fds=(3, 4, theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._in, self._out, self._rest = ours_in, ours_out, b""
        self._number = itertools.count(1)
        self._session: str | None = None
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.blocked: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        if not script:
            self.call("Emulation.setScriptExecutionDisabled", value=True)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command of the DevTools protocol and wait for its answer."""
        number = next(self._number)
        message = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next(30)
            if answer.get("id") == number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]
            self._note(answer)

    def _next(self, seconds: float) -> dict[str, Any]:
        end = time.monotonic() + seconds
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], max(0, end - time.monotonic()))
            data = os.read(self._in, 1 << 20) if ready else b""
            if not data:
                raise AssertionError("Chromium says nothing")
            self._rest += data
        message, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found

    def _note(self, event: dict[str, Any]) -> None:
        method, params = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Network.loadingFailed":
            self.blocked.append(params.get("blockedReason", "not at all"))
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(params["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
            self.complaints.append(json.dumps(params["args"]))
        elif method == "Log.entryAdded":
            self.complaints.append(params["entry"]["text"])

    def open(self, path: Path) -> None:
        self.requests.clear()
        self.blocked.clear()
        self.complaints.clear()
        self.call("Page.navigate", url=path.as_uri())
        while True:
            event = self._next(30)
            self._note(event)
            if event.get("method") == "Page.loadEventFired":
                return

    def run(self, script: str) -> Any:
        answer = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def size(self, width: int, height: int = 800, *, mobile: bool = False) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)

    def media(self, **features: str) -> None:
        named = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.call("Emulation.setEmulatedMedia", features=named)

    def key(self, key: str, code: int, text: str = "") -> None:
        about = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", **about, **({"text": text} if text else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    def pdf(self) -> bytes:
        return base64.b64decode(self.call("Page.printToPDF", printBackground=True)["data"])

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)
        shutil.rmtree(self._folder, ignore_errors=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert PROGRAM is not None
    found = Browser(PROGRAM)
    yield found
    found.close()


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory, fixtures: Path) -> Callable[[str], Path]:
    """The report of the example of the README, in a language."""
    top = fixtures.parents[1]
    folder = tmp_path_factory.mktemp("page")
    mapping = load_mapping("museum/csv-to-japansearch")
    source = Source.of(top / "examples" / "museum.csv", name="examples/museum.csv")
    report = convert.Job(mapping).run(source, None)
    report.sources = [Reread(source, mapping.source, mapping.source_options)]
    report.statistics = STATISTICS
    for lang in ("ja", "en"):
        reporter_named("html")(folder / f"{lang}.html", lang=lang).close(report)
    return lambda lang: folder / f"{lang}.html"


STATISTICS = {
    "records": 240,
    "source": [{"field": "資料名", "filled": 236, "distinct": 190, "longest": 24}],
    "target": [{"field": "解説_h", "filled": 220, "distinct": None, "longest": 330}],
    "rights": [{"code": "cc0", "records": 150}, {"code": "incr_edu", "records": 60}, {"code": "cc-by", "records": 10}],
    "dates": {"1890": 100, "1900": 20, "1980": 3},
}
SHOWN = '[...document.querySelectorAll("details.code")].filter((code) => !code.hidden).length'
COUNTED = 'document.getElementById("counted").textContent'


def opened(browser: Browser, path: Path, width: int = 1200) -> Browser:
    browser.media(prefers_color_scheme="light")
    browser.size(width, mobile=width < 500)
    browser.open(path)
    return browser


def search(browser: Browser, text: str) -> None:
    browser.run(f"""(() => {{ const box = document.getElementById("find"); box.value = {json.dumps(text)};
        box.dispatchEvent(new Event("input")); }})()""")


# ── The page as a whole ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_no_network_and_no_complaint(browser: Browser, example: Callable[[str], Path], lang: str) -> None:
    opened(browser, example(lang))
    assert browser.requests == [example(lang).as_uri()]
    assert browser.complaints == []
    assert browser.run("document.documentElement.lang") == lang


def test_the_policy_forbids_the_network(browser: Browser, example: Callable[[str], Path]) -> None:
    opened(browser, example("ja"))
    assert browser.run("fetch('https://museum.example.jp/').then(() => 'sent', () => 'refused')") == "refused"
    browser.run("""new Promise((done) => { const image = new Image(); image.onerror = done;
        image.src = "https://museum.example.jp/a.png"; document.body.append(image); })""")
    assert browser.blocked == ["csp"]


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("width", [360, 768, 1200])
def test_no_width_needs_to_be_scrolled(browser: Browser, example: Callable[[str], Path], width: int, lang: str) -> None:
    opened(browser, example(lang), width)
    browser.run('document.querySelectorAll("details").forEach((part) => { part.open = true; })')
    assert browser.run("document.documentElement.scrollWidth") == width


def test_the_answer_stands_first(browser: Browser, example: Callable[[str], Path]) -> None:
    opened(browser, example("en"))
    first = browser.run('document.querySelector("main section").innerText')
    assert first.startswith("Can I submit?")
    assert "Not yet" in first
    assert "220 of 240 records were written. Records missing because of faults: 9." in first


# ── What a person does ───────────────────────────────────────────────────────────────────────────


def test_filter_by_severity_effect_field_and_words(browser: Browser, example: Callable[[str], Path]) -> None:
    opened(browser, example("ja"))
    every = browser.run(SHOWN)
    assert every == browser.run('document.querySelectorAll("details.code").length') > 10
    browser.run('document.querySelector("button.level[data-severity=error]").click()')
    without = browser.run(SHOWN)
    assert 0 < without < every
    assert browser.run(COUNTED) == f"{every} 種類のうち {without} 種類を表示"
    rows = '[...document.querySelectorAll("#matrix tbody tr")].filter((row) => !row.hidden).length'
    assert browser.run(rows) < browser.run('document.querySelectorAll("#matrix tbody tr").length')
    browser.run('document.getElementById("clear").click()')
    assert browser.run(SHOWN) == every
    for name, value in (("effect", "出力しない"), ("field", "権利区分")):
        browser.run(f"""(() => {{ const box = document.getElementById("{name}");
            box.value = [...box.options].find((option) => option.text === "{value}").value;
            box.dispatchEvent(new Event("change")); }})()""")
    assert browser.run(SHOWN) == 1
    browser.run('document.getElementById("clear").click()')
    search(browser, "ＪＰＳ-ｈｔｍｌ")
    assert browser.run(SHOWN) == 1
    search(browser, "そのような語はない")
    assert browser.run(SHOWN) == 0
    assert browser.run('document.getElementById("nothing").hidden') is False


def test_a_search_leaves_the_samples_that_have_the_words(browser: Browser, example: Callable[[str], Path]) -> None:
    opened(browser, example("ja"))
    search(browser, "昭和65年")
    left = browser.run('[...document.querySelectorAll("details.code:not([hidden]) .samples > li:not([hidden])")]'
                       ".map((item) => item.innerText || item.textContent)")  # fmt: skip
    assert left
    assert all("昭和65年" in text for text in left)


def test_open_and_close_all(browser: Browser, example: Callable[[str], Path]) -> None:
    opened(browser, example("ja"))
    count = 'document.querySelectorAll("details.code[open]").length'
    assert 0 < browser.run(count) < browser.run(SHOWN)
    browser.run('document.getElementById("open").click()')
    assert browser.run(count) == browser.run(SHOWN)
    browser.run('document.getElementById("close").click()')
    assert browser.run(count) == 0


def test_a_link_to_a_code_opens_it_and_takes_the_focus_there(browser: Browser, example: Callable[[str], Path]) -> None:
    opened(browser, example("ja"))
    search(browser, "そのような語はない")
    browser.run("""document.querySelector('a[href="#c-JPS-HTML-warning"]').click()""")
    browser.run("new Promise((done) => setTimeout(done, 100))")
    assert browser.run('document.getElementById("c-JPS-HTML-warning").open') is True
    assert browser.run('document.activeElement.closest("details").id') == "c-JPS-HTML-warning"


def test_copy_hands_over_lines_for_the_lookup_table(browser: Browser, example: Callable[[str], Path]) -> None:
    opened(browser, example("ja"))
    browser.call("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    browser.call("Page.bringToFront")
    rights = '[...document.querySelectorAll("button.copy")].find((button) => button.innerText.includes("rights"))'
    browser.run(f"{rights}.click()")
    browser.run("new Promise((done) => setTimeout(done, 100))")
    assert browser.run(f'{rights}.parentElement.querySelector("[role=status]").textContent') == "コピーしました"
    assert browser.run("navigator.clipboard.readText()") == "フリー,\n要問合せ,\n"


def test_everything_works_by_keyboard(browser: Browser, example: Callable[[str], Path]) -> None:
    opened(browser, example("ja"))
    browser.call("Page.bringToFront")
    seen = []
    for _ in range(80):
        browser.key("Tab", 9)
        seen.append(
            browser.run("""(() => { const at = document.activeElement, style = getComputedStyle(at);
            return [at.tagName, at.id || at.className, style.outlineStyle, at.offsetHeight !== 0]; })()""")
        )
    assert seen[0][:2] == ["A", "skip"]
    assert seen[1][:2] == ["A", "skip"]
    names = {(tag, name) for tag, name, _, _ in seen}
    assert {("INPUT", "find"), ("SELECT", "effect"), ("BUTTON", "open")} <= names
    assert any(tag == "SUMMARY" for tag, _, _, _ in seen)
    assert all(style == "solid" and there for tag, _, style, there in seen if tag != "BODY")
    browser.run('document.querySelector("details.code:not([open]) summary").focus()')
    before = browser.run('document.querySelectorAll("details.code[open]").length')
    browser.key("Enter", 13, "\r")
    assert browser.run('document.querySelectorAll("details.code[open]").length') == before + 1


def test_every_control_has_a_name(browser: Browser, example: Callable[[str], Path]) -> None:
    opened(browser, example("ja"))
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    roles = ("button", "textbox", "searchbox", "combobox", "link", "region", "navigation", "image", "img")
    found = [node for node in nodes if node.get("role", {}).get("value") in roles and not node.get("ignored")]
    assert len(found) > 40
    assert [node["role"]["value"] for node in found if not node.get("name", {}).get("value")] == []
    levels = browser.run('[...document.querySelectorAll("h1, h2, h3, h4, h5")].map((head) => Number(head.tagName[1]))')
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


# ── Paper, dark, without script ──────────────────────────────────────────────────────────────────


def test_paper_shows_everything(browser: Browser, example: Callable[[str], Path]) -> None:
    opened(browser, example("ja"))
    browser.run('document.getElementById("close").click()')
    closed = pages(browser.pdf())
    browser.run('document.getElementById("open").click()')
    assert closed == pages(browser.pdf()) > 3
    browser.run('document.getElementById("close").click()')
    browser.call("Emulation.setEmulatedMedia", media="print")
    heights = browser.run('[...document.querySelectorAll("details.code dl")].map((part) => part.offsetHeight)')
    shown = browser.run('getComputedStyle(document.getElementById("controls")).display')
    browser.call("Emulation.setEmulatedMedia", media="")
    assert min(heights) > 0
    assert shown == "none"


def pages(pdf: bytes) -> int:
    assert pdf.startswith(b"%PDF-")
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


LUMINANCE = """(() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => { const [r, g, b] = rgb.slice(0, 3).map((v) => { v /= 255;
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = (at) => { for (; at; at = at.parentElement) { const c = parse(getComputedStyle(at).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
  const found = [];
  for (const at of document.querySelectorAll("main *")) {
    if (![...at.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || !at.offsetParent) continue;
    const [a, b] = [light(parse(getComputedStyle(at).color)), light(ground(at))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.push([at.tagName, at.className, at.textContent.slice(0, 20), ratio]);
  }
  return found;
})()"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_in_either_scheme(browser: Browser, example: Callable[[str], Path], scheme: str) -> None:
    """WCAG 2.2, 1.4.3: a contrast of 4.5."""
    opened(browser, example("ja"))
    browser.media(prefers_color_scheme=scheme)
    browser.run('document.getElementById("open").click()')
    dark = browser.run("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")
    assert browser.run(LUMINANCE) == []


def test_without_script_everything_is_there(example: Callable[[str], Path]) -> None:
    assert PROGRAM is not None
    browser = Browser(PROGRAM, script=False)
    try:
        opened(browser, example("ja"))
        tree = browser.call("DOMSnapshot.captureSnapshot", computedStyles=["display"])
        assert browser.complaints == []
        texts = " ".join(tree["strings"])
        assert "要問合せ" in texts
        page = browser.call("DOM.getDocument")["root"]["nodeId"]
        for selector, shown in (
            ("#controls", False),
            ("button.copy", False),
            ("details.code", True),
            ("textarea", True),
        ):
            node = browser.call("DOM.querySelector", nodeId=page, selector=selector)["nodeId"]
            assert node, selector
            try:
                box = browser.call("DOM.getBoxModel", nodeId=node)["model"]["height"]
            except AssertionError:  # nothing is drawn for it
                box = 0
            assert (box > 0) == shown, selector
    finally:
        browser.close()


# ── Hostile content, few issues and many ─────────────────────────────────────────────────────────

HOSTILE = (
    "<script>alert(1)</script>",
    "</textarea><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "</style><b>",
    "=cmd|'/C calc'!A0",
    "\x00\x1b[2J\x7f",
    "\ud800",
    "\u202egnp.exe\u2069",
    "あ" * 1_000_000,
    "]]>",
    "{n}{0}",
    "javascript:x",
)


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_nothing_of_the_data_acts(browser: Browser, tmp_path: Path, lang: str) -> None:
    tally = Tally(samples=50)
    for number, text in enumerate(HOSTILE, start=1):
        at = Location(f"{text[:300]}.csv", line=number, row=number, column=1, field=text, sheet=text[:300])
        tally.add([Issue("X-" + text[:99], at, Severity.ERROR, text, number, text, text, text, {}, text)])
        tally.count(Outcome.REJECTED)
        tally.miss(text, text)
    report = Report(tally, inputs=[{"name": text} for text in HOSTILE], statistics={
        "records": 1, "source": [{"field": text, "filled": 1, "distinct": 1, "longest": 1} for text in HOSTILE],
        "target": [], "rights": [{"code": text, "records": 1} for text in HOSTILE], "dates": {"x": 1, "1890": 1},
    })  # fmt: skip
    path = tmp_path / "hostile.html"
    reporter_named("html")(path, lang=lang).close(report)
    assert path.stat().st_size < 1_000_000
    opened(browser, path, 360)
    assert browser.complaints == []
    assert browser.run('document.querySelectorAll("script").length') == 1
    assert browser.run('document.querySelectorAll("img, [onerror], [onmouseover], style ~ b").length') == 0
    assert browser.run(SHOWN) == len({"X-" + text[:99] for text in HOSTILE})
    assert not set(browser.run("document.body.textContent")) & set("\x00\x1b\x7f\ud800\u202e\u2069")
    browser.run('document.querySelectorAll("details").forEach((part) => { part.open = true; })')
    assert browser.run("document.documentElement.scrollWidth") == 360


def test_one_issue_and_a_million(browser: Browser, tmp_path: Path) -> None:
    at = [Location("m.csv", line=n + 2, row=n + 2, column=1, field=f"列{n}") for n in range(300)]
    for times in (1, 1_000_000):
        tally = Tally(samples=1000)
        tally.add([Issue(f"X-{n % 200}", at[n % 300], ordinal=n, value="値" * 150) for n in range(min(times, 3000))])
        for code in tally.codes if times > 1 else ():
            code.instances += (times - 3000) // len(tally.codes)
        path = tmp_path / f"{times}.html"
        reporter_named("html")(path, lang="ja").close(Report(tally))
        assert path.stat().st_size < 3_000_000
        opened(browser, path)
        assert browser.complaints == []
        assert browser.run(SHOWN) == min(times, 200)
        assert f"{tally.instances():,} 件" in browser.run('document.querySelector("main").innerText')


def test_a_run_that_broke_off_says_where(browser: Browser, tmp_path: Path) -> None:
    tally = Tally()
    tally.add([Issue("X-ONE", Location("m.csv", line=12, row=11, column=1, field="受入日"), ordinal=10)])
    for _ in range(10):
        tally.count(Outcome.WRITTEN)
    path = tmp_path / "part.html"
    reporter_named("html")(path, lang="en").close(Report(tally, complete=False, incomplete_reason="interrupted"))
    opened(browser, path)
    first = browser.run('document.querySelector("main section").innerText')
    for said in ("part of the run only", "interrupted", "complete: false", "m.csv:12 A11 受入日"):
        assert said in first
