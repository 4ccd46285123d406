"""XML: a record is an element; a path is XPath 1.0 from it (W3C XPath 1.0, Namespaces in XML 1.0)."""

from __future__ import annotations

from convert.formats.base import Format, Option
from convert.formats.options import encoding, max_record, namespaces
from convert.formats.xml.names import record_problem

FORMATS = (
    Format(
        name="xml",
        ja="XML（要素1つが1件）",
        en="XML (an element is a record)",
        suffixes=(".xml",),
        reader="convert.formats.xml.reader:XmlReader",
        read_options=(
            Option(
                "record",
                ja="1件にあたる要素の名前か道順（例 item、dc:record、/root/list/item）。省略時は根のすぐ下の要素",
                en="record element: item, dc:record or /root/list/item; without it every child of the root",
                check=record_problem,
            ),
            namespaces(),
            encoding(),
            max_record(),
        ),
        nodes=True,
    ),
)
