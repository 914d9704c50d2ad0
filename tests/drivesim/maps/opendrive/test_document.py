import gzip

import pytest

from drivesim.errors import FileFormatError
from drivesim.maps.opendrive import document
from drivesim.maps.opendrive.document import read_document

BOMB = '<!DOCTYPE a [<!ENTITY l "lol">' + "".join(f'<!ENTITY l{k} "{"&l;" * 10}">' for k in range(9)) + "]><a>&l8;</a>"


def test_elements_know_their_lines_and_numbers(tmp_path):
    file = tmp_path / "a.xml"
    file.write_text('<a>\n<b id="7" x=" 1.5e+1"/>\n</a>')
    (child,) = read_document(file).all("b")
    assert (child.line, child.number("x"), child.integer("id"), child.number("y", 2.0)) == (2, 15.0, 7, 2.0)
    assert str(child.error("is odd")) == f"{file}: line 2, <b id='7'>: is odd"


@pytest.mark.parametrize("before", ["", "<!-- a licence -->\n", "\ufeff", "\n\n<!-- one --> <!-- two -->\n"])
def test_a_declaration_may_come_after_comments(tmp_path, before):
    file = tmp_path / "a.xml"
    file.write_text(before + '<?xml version="1.0" encoding="UTF-8"?>\n<a>\n<b/></a>', encoding="utf-8")
    root = read_document(file)
    assert root.tag == "a"
    assert root.children[0].line == before.count("\n") + 3


def test_a_packed_file_is_read_as_it_is_unpacked(tmp_path):
    file = tmp_path / "a.xml.gz"
    file.write_bytes(gzip.compress(b"<a/>"))
    assert read_document(file).tag == "a"


def test_name_spaces_do_not_matter(tmp_path):
    file = tmp_path / "a.xml"
    file.write_text('<o:a xmlns:o="urn:x"><o:b/></o:a>')
    assert read_document(file).one("b") is not None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "line 1: the file is empty"),
        (b" \n\t ", "line 1: the file is empty"),
        (b"<a>\n<b>", "line 2 within <b>: no element found"),
        (b"<a>\n</b></a>", "line 2 within <a>: mismatched tag"),
        (b"\x00\x01\x02", "line 1"),
        (b"<a b='1' b='2'/>", "line 1: duplicate attribute"),
        (b"<a>&nothing;</a>", "line 1 within <a>: undefined entity"),
        (BOMB.encode(), "line 1: document types and entities are not accepted"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document types and entities are not accepted"),
        (b"<a>" * 1000, "levels"),
        (b"\x1f\x8b\x08\x00junk", "cannot be unpacked"),
        (gzip.compress(b"<a/>" * 1000, mtime=0)[:-20], "cannot be unpacked"),
    ],
)
def test_a_bad_document_ends_in_one_error_with_its_line(tmp_path, data, message):
    file = tmp_path / "bad.xodr"
    file.write_bytes(data)
    with pytest.raises(FileFormatError, match=message) as caught:
        read_document(file)
    assert str(caught.value).startswith(str(file))


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(document, "BYTES_MAX", 10_000)
    file = tmp_path / "big.xodr.gz"
    file.write_bytes(gzip.compress(b"<a>" + b" " * 100_000 + b"</a>"))
    with pytest.raises(FileFormatError, match="is longer than"):
        read_document(file)


def test_too_many_elements_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(document, "ELEMENTS_MAX", 100)
    file = tmp_path / "many.xodr"
    file.write_text("<a>" + "<b/>\n" * 200 + "</a>")
    with pytest.raises(FileFormatError, match="line 100, <b>: more than 100 elements"):
        read_document(file)
