import pytest

from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.io.file_names import file_stem, map_stem


@pytest.mark.parametrize(
    ("name", "stem"),
    [("1yjp A:6-7", "1yjp-A-6-7"), ("", "untitled"), ("../../etc", "etc"), ("Ä;b", "Ä-b")],
)
def test_names_become_file_names_that_every_system_takes(name: str, stem: str) -> None:
    assert file_stem(name) == stem


def test_names_of_maps_say_what_they_show_and_whether_they_are_aligned() -> None:
    assert map_stem("1yjp A:6-7", MapKind.PREDICTED, aligned=True) == "1yjp-A-6-7-predicted-aligned"
    assert map_stem("1yjp", MapKind.TRUE, aligned=True) == "1yjp-true"
    assert map_stem("1yjp", MapKind.DENSITY, aligned=False) == "1yjp-map"
