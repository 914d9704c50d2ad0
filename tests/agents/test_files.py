import pytest

from agents.files import write_text


def test_text_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    file = tmp_path / "deep" / "text.json"
    write_text(file, "first")
    with pytest.raises(UnicodeEncodeError):
        write_text(file, "half \ud800")
    assert file.read_text() == "first"
    assert list(file.parent.iterdir()) == [file]
