import pytest

from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.io.file_names import file_stem, map_stem


@pytest.mark.parametrize(
    ("name", "stem"),
    [("1yjp A:6-7", "1yjp-A-6-7"), ("", "untitled"), ("../../etc", "etc"), ("Ä;b", "Ä-b")],
)
def test_makes_file_names_valid_on_every_system(name: str, stem: str) -> None:
    assert file_stem(name) == stem


def test_file_names_of_maps_tell_their_kind_and_alignment() -> None:
    assert map_stem("1yjp A:6-7", MapKind.PREDICTED, aligned=True) == "1yjp-A-6-7-predicted-aligned"
    assert map_stem("1yjp", MapKind.TRUE, aligned=True) == "1yjp-true"
    assert map_stem("1yjp", MapKind.DENSITY, aligned=False) == "1yjp-map"
