"""Names of space groups as files write them, and the settings that they can mean."""

import gemmi
import pytest

from patterson_gui.crystal.stated_symmetry.space_group_names import settings_named


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("P 21/c", ["P 1 21/c 1", "P 21/c 1 1"]),
        ("P 21/b", ["P 1 1 21/b", "P 21/b 1 1"]),
        ("P 2(1)/c", ["P 1 21/c 1", "P 21/c 1 1"]),
        ("P2_1=c", ["P 1 21/c 1", "P 21/c 1 1"]),
        ("P 21/b (unique axis c)", ["P 1 1 21/b"]),
        ("P 1 21/n 1 (No. 14)", ["P 1 21/n 1"]),
        ("B 2", ["B 1 1 2", "B 1 2 1", "B 2 1 1"]),
        ("Fm3m", ["F m -3 m"]),
        ("F 4/m -3 2/m", ["F m -3 m"]),
        ("P 21/n 21/m 21/a", ["P n m a"]),
        ("R -3 2/m", ["R -3 m:H", "R -3 m:R"]),
        ("C m c e", ["C m c a"]),
        ("P 1-", ["P -1"]),
        ("F d -3 m", ["F d -3 m:1", "F d -3 m:2"]),
        ("F d -3 m Z", ["F d -3 m:2"]),
        ("F d -3 m S", ["F d -3 m:1"]),
        ("fd-3mz", ["F d -3 m:2"]),
        ("C c c a Z", ["C c c a:2"]),
        ("P 4/n (origin choice 2)", ["P 4/n:2"]),
        ("P n n n :1", ["P n n n:1"]),
        ("R 3", ["R 3:H", "R 3:R"]),
        ("R -3 m R", ["R -3 m:R"]),
        ("R3R", ["R 3:R"]),
        ("H 3 2", ["R 3 2:H"]),
        ("R -3 c (hexagonal axes)", ["R -3 c:H"]),
        ("Fd3m (227) O2", ["F d -3 m:2"]),
        ("I41/amd (origin at 2/m)", ["I 41/a m d:2"]),
        ("I 41/a m d (origin at -4m2)", ["I 41/a m d:1"]),
        ("P 21/c (14)", ["P 1 21/c 1", "P 21/c 1 1"]),
        ("I 1 2/n 1", []),
        ("P 21/cc", []),
        ("No.4", []),
    ],
)
def test_finds_the_settings_of_a_name(name: str, settings: list[str]):
    assert [group.xhm() for group in settings_named(name)] == settings


@pytest.mark.parametrize(
    ("name", "code", "setting"),
    [
        ("F d -3 m", "2", "F d -3 m:2"),
        ("R -3 c", "r", "R -3 c:R"),
        ("P 21", "c1", "P 1 1 21"),
        ("P n n n", "2abc", "P n n n:2"),
    ],
)
def test_uses_the_coordinate_system_code(name: str, code: str, setting: str):
    assert [group.xhm() for group in settings_named(name, code)] == [setting]


def test_knows_every_setting_of_the_tables_by_its_own_name():
    for group in gemmi.spacegroup_table():
        assert settings_named(group.xhm())[0].operations() == group.operations(), group.xhm()
