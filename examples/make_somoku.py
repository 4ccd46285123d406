"""Write the example somoku.dat: 60 records of a library system that does not exist, in a form no layout knows.

Everything is made up: the system, its form of records, the books, the people, the numbers. It is not the union
catalogue common format (総合目録共通フォーマット). The same bytes come out at every run.

    python examples/make_somoku.py
"""

from __future__ import annotations

from pathlib import Path

BOOKS = (
    ("架空町史　通史編", "カクウチョウシ　ツウシヘン", "213.9"),
    ("はじめての目録と索引", "ハジメテ　ノ　モクロク　ト　サクイン", "014.3"),
    ("見本の植物図鑑", "ミホン　ノ　ショクブツ　ズカン", "470.38"),
    ("例示川の魚たち", "レイジガワ　ノ　サカナタチ", "487.5"),
    ("模擬山の民話", "モギヤマ　ノ　ミンワ", "388.1"),
)
PEOPLE = (("架空太郎", "カクウ，タロウ"), ("見本花子", "ミホン，ハナコ"), ("例示三郎", "レイジ，サブロウ"))


def field(tag: str, *subs: tuple[str, str]) -> bytes:
    """Tag, length in four digits, and subfields that each begin with 1F and a letter."""
    data = b"".join(f"\x1f{name}{text}".encode("euc_jp") for name, text in subs)
    return f"{tag}{len(data):04d}".encode() + data


def record(number: int) -> bytes:
    """One record: length, status, date, then the fields."""
    title, reading, ndc = BOOKS[number % len(BOOKS)]
    author, author_reading = PEOPLE[number % len(PEOPLE)]
    key = f"B{number + 1:07d}".encode()
    fields = [b"001" + f"{len(key):04d}".encode() + key]
    fields.append(field("200", ("t", title), ("k", reading)))
    fields.append(field("210", ("t", author), ("k", author_reading)))
    if number % 3 == 0:
        date = f"{2000 + number % 20}.{number % 12 + 1}"
        fields.append(field("220", ("p", "架空町"), ("n", "架空出版"), ("d", date)))
    fields.append(field("300", ("n", ndc)))
    for copy in range(number % 3 + 1):
        shelf = "郷土資料" if number % 4 == 0 else "一般"
        fields.append(field("900", ("b", f"9900{number:05d}{copy}"), ("c", f"{ndc}/カ"), ("s", shelf)))
    body = b"".join(fields)
    status = "D" if number % 20 == 19 else "C" if number % 5 == 4 else "N"
    label = f"{status}202401{number % 28 + 1:02d}".encode()
    return f"{len(label) + len(body) + 7:06d}".encode() + label + body + b"\x1d"


def main() -> None:
    """Write the file beside this program."""
    Path(__file__).with_name("somoku.dat").write_bytes(b"".join(record(number) + b"\r\n" for number in range(60)))


if __name__ == "__main__":
    main()
