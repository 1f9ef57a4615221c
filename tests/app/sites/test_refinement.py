"""What is said of refined sites."""

from patterson_gui.app.sites.refinement import refined_words
from patterson_gui.crystal.differences.heavy_atoms import HeavySite, RefinedSites


def refined(*rows: tuple[float, float]) -> RefinedSites:
    """Sites with these scores that moved by so many Å."""
    sites = tuple(HeavySite("Hg", (0.1, 0.2, 0.3), 1.0, 5.0, score) for score, _ in rows)
    return RefinedSites(sites, 50.0, tuple(moved for _, moved in rows))


def test_names_sites_that_moved_far_and_those_that_explain_nothing() -> None:
    words = refined_words(refined((20.0, 0.3), (20.0, 2.4), (1.0, 3.0)), ("Hg1", "Hg2", "Hg3"))
    assert words == (
        "Refined 3 sites: the log-likelihood of the differences is 50 above that without sites. "
        "Hg3 explains nothing of the differences: remove it. "
        "Hg2 (2.4 Å) moved far: compare with the map."
    )


def test_says_no_more_of_good_sites() -> None:
    words = refined_words(refined((20.0, 0.3)), ("Hg1",))
    assert words.endswith("is 50 above that without sites.")
