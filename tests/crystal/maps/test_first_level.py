from patterson_gui.crystal.maps.density_map import MapKind
from patterson_gui.crystal.maps.first_level import first_level


def test_only_the_patterson_map_of_a_fragment_starts_lower():
    assert first_level(MapKind.PATTERSON, is_fragment=True) == 1.4
    assert first_level(MapKind.PATTERSON) == 2.5
    assert first_level(MapKind.TRUE, is_fragment=True) == 2.5
