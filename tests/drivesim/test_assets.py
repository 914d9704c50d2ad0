import pytest

from drivesim import assets
from drivesim.errors import FileFormatError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "checkout" / "models").mkdir(parents=True)
    (tmp_path / "checkout" / "models" / "driver.safetensors").write_bytes(b"weights")
    (tmp_path / "secret").write_text("outside")
    monkeypatch.setattr(assets, "_ROOTS", (tmp_path / "_assets", tmp_path / "checkout"))
    return tmp_path


def test_an_asset_is_found_by_its_name(folder):
    assert assets.path("models/driver.safetensors").read_bytes() == b"weights"


def test_the_installed_copy_comes_first(folder):
    (folder / "_assets" / "models").mkdir(parents=True)
    (folder / "_assets" / "models" / "driver.safetensors").write_bytes(b"installed")
    assert assets.path("models/driver.safetensors").read_bytes() == b"installed"


def test_a_missing_asset_is_refused_with_the_nearest(folder):
    with pytest.raises(FileFormatError, match=r"no asset 'models/drive.safetensors'; did you mean 'models/driver"):
        assets.path("models/drive.safetensors")


def test_a_name_cannot_leave_the_folder(folder):
    with pytest.raises(FileFormatError, match="no asset '../secret'"):
        assets.path("../secret")


def test_an_installation_without_assets_says_where_it_looked(folder, monkeypatch):
    monkeypatch.setattr(assets, "_ROOTS", (folder / "nowhere",))
    with pytest.raises(FileFormatError, match="this installation has none; looked in .*nowhere"):
        assets.root()
