"""MARC 21 in ISO 2709 falls out of the layouts; pymarc is the referee."""

from __future__ import annotations

import io

import pymarc

from convert.formats.somoku.load import load_layout
from convert.formats.somoku.structure import Codec
from convert.formats.somoku.texts import Texts
from tests.somoku_data import Maker

LAYOUT = load_layout("iso2709-marc21")


def test_pymarc_reads_what_is_written() -> None:
    texts = Texts(LAYOUT)
    maker = Maker(LAYOUT, 11)
    descriptions = [maker.description(number) for number in range(40)]
    data = b"".join(maker.codec.write(description) for description in descriptions)
    read = list(pymarc.MARCReader(io.BytesIO(data), to_unicode=True, force_utf8=True))
    assert len(read) == 40
    for description, record in zip(descriptions, read, strict=True):
        assert record is not None
        ours = [
            (field.tag, [(sub.id, texts.text(field.tag, sub)) for sub in field.subs]) for field in description.fields
        ]
        theirs = [
            (field.tag, [("", field.data)] if field.control_field else [(sub.code, sub.value) for sub in field])
            for field in record.fields
        ]
        assert ours == theirs


def test_what_pymarc_writes_is_read_and_written_alike() -> None:
    record = pymarc.Record(force_utf8=True)
    record.add_field(pymarc.Field("001", data="0000012345"))
    title = [
        pymarc.Subfield("a", "架空の本 :"),
        pymarc.Subfield("b", "目録と𠮷 /"),
        pymarc.Subfield("c", "架空太郎著."),
    ]
    record.add_field(pymarc.Field("245", indicators=pymarc.Indicators("1", "0"), subfields=title))
    record.add_field(pymarc.Field("852", subfields=[pymarc.Subfield("h", "913.6/ｶ")]))
    data = record.as_marc()
    codec = Codec(LAYOUT)
    description = codec.read(data)
    assert [field.tag for field in description.fields] == ["001", "245", "852"]
    assert description.fields[1].indicators == b"10"
    assert codec.write(description) == data
