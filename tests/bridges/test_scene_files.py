"""Files are checked and copied before they are sent, and checked after they are fetched."""

import sys
from pathlib import Path

import pytest

from patterson_gui.bridges.scene_files import (
    TAG,
    checked_scene,
    fetched_from,
    listed,
    new_folder,
    refuse_damaged_map,
    tagged_name,
)
from patterson_gui.errors import UserError
from patterson_gui.io.viewers.scene import Viewer, ViewerItem, ViewerScene
from tests.bridges.conftest import make_items


def test_sends_files_with_safe_paths_without_a_copy(items: list[ViewerItem]) -> None:
    scene = checked_scene(ViewerScene(tuple(items)))
    assert [item.path for item in scene.items] == [item.path.resolve() for item in items]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
@pytest.mark.parametrize("folder", ["a;b", "line\nbreak", 'say "x"', "it's", "$(x)", "`x`"])
def test_copies_files_with_unsafe_paths(tmp_path: Path, folder: str) -> None:
    items = make_items(tmp_path / folder)
    for item, told in zip(items, checked_scene(ViewerScene(tuple(items))).items, strict=True):
        assert folder not in str(told.path)
        assert told.path.read_bytes() == item.path.read_bytes()
        assert told.path.suffix == item.path.suffix


def test_copies_a_map_with_an_unknown_ending(items: list[ViewerItem], tmp_path: Path) -> None:
    odd = items[0].path.rename(tmp_path / "map.xplor")
    (told, *_) = checked_scene(ViewerScene((ViewerItem(odd, "m", items[0].kind),))).items
    assert told.path.suffix == ".ccp4"


@pytest.mark.parametrize("size", [0, 100, 1024, 2000])
def test_rejects_a_map_that_is_cut_short(items: list[ViewerItem], size: int) -> None:
    whole = items[0].path.read_bytes()
    refuse_damaged_map(items[0].path)
    items[0].path.write_bytes(whole[:size])
    with pytest.raises(UserError, match="cut short"):
        checked_scene(ViewerScene(tuple(items)))


def test_rejects_a_text_file_named_as_a_map(items: list[ViewerItem]) -> None:
    items[1].path.write_text("no map at all\n" * 200)
    with pytest.raises(UserError, match="damaged map header"):
        checked_scene(ViewerScene(tuple(items)))


def test_rejects_an_empty_scene_and_a_file_that_is_missing(items: list[ViewerItem]) -> None:
    with pytest.raises(UserError, match="nothing to send"):
        checked_scene(ViewerScene(()))
    items[0].path.unlink()
    with pytest.raises(UserError, match="no longer exists"):
        checked_scene(ViewerScene(tuple(items)))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("1abc predicted", "1abc predicted"),
        ('x"; close; open "\n', "x close open"),
        ("Ångström", "Ångström"),
        ("$HOME `id`", "HOME id"),
        (";\n", "map"),
    ],
)
def test_removes_unsafe_characters_from_names(name: str, said: str) -> None:
    assert tagged_name(ViewerItem(Path("x"), name)) == f"{said} {TAG}"


def test_joins_names_with_commas_and_and() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"


def test_ignores_a_fetched_file_outside_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.pdb").write_text("ATOM")
    answer = {"model": {"path": str(tmp_path / "secret.pdb"), "name": "m"}, "map": None}
    with (
        new_folder(tmp_path / "out", "coot") as place,
        pytest.raises(UserError, match="Neither a model nor a map is open in Coot"),
    ):
        fetched_from(Viewer.COOT, answer, place, 1)
    assert list((tmp_path / "out").iterdir()) == []


def test_rejects_a_damaged_fetched_map(tmp_path: Path) -> None:
    (tmp_path / "m.ccp4").write_bytes(b"MAP " * 400)
    answer = {"model": None, "map": {"path": str(tmp_path / "m.ccp4"), "name": "m"}}
    with pytest.raises(UserError, match="damaged map header"):
        fetched_from(Viewer.PYMOL, answer, tmp_path, 1)


def test_names_have_no_markup_and_are_not_long() -> None:
    item = ViewerItem(Path("m.ccp4"), '<b onclick="x">P</b> &amp; Q')
    assert tagged_name(item) == "b onclick= x P /b amp Q (patterson_gui)"
    long = tagged_name(ViewerItem(Path("m.ccp4"), "n" * 200 + " predicted"))
    assert len(long) <= 64 + len(" (patterson_gui)") + 1
    assert long.endswith("predicted (patterson_gui)")
