"""The sentence on found sites."""

import gemmi
import pytest

from patterson_gui.crystal.differences.heavy_atoms import FoundSites, HeavySite

SURE = HeavySite("Au", (0.1, 0.2, 0.3), 1.0, 5.0, 40.0)
DOUBTFUL = HeavySite("Au", (0.4, 0.2, 0.3), 1.0, 5.0, 30.0, 2.0, "Its position is open.")


@pytest.mark.parametrize(
    ("sites", "words"),
    [
        ((), "No site stands out"),
        ((SURE,), "shuffled differences."),
        ((DOUBTFUL,), "It is uncertain."),
        ((SURE, DOUBTFUL), "1 of them is uncertain."),
        ((DOUBTFUL, DOUBTFUL), "2 of them are uncertain."),
    ],
)
def test_the_reason_counts_doubtful_sites(sites: tuple[HeavySite, ...], words: str) -> None:
    found = FoundSites(
        sites, "isomorphous", gemmi.UnitCell(30, 30, 30, 90, 90, 90), gemmi.SpaceGroup("P 1"),
        50.0, 20.0, (9.0,), 2.0, 500, 3.0, 0.1,
    )  # fmt: skip
    assert words in found.reason
    assert ("uncertain" in found.reason) == any(site.doubt for site in sites)
