"""Sites of heavy atoms, and phases from them, on the terminal."""

from patterson_gui.crystal.differences.heavy_atoms import FoundSites
from patterson_gui.crystal.differences.heavy_phases import Phased


def site_lines(found: FoundSites) -> list[str]:
    """The reason, a table of the sites, and how sure they are."""
    lines = [found.reason]
    if found.sites:
        lines.append("element        x        y        z  occupancy  score    ± Å")
        for site in found.sites:
            x, y, z = site.frac
            lines.append(
                f"{site.element:<7} {x:8.4f} {y:8.4f} {z:8.4f}  {site.occupancy:9.2f} "
                f"{site.score:6.1f} {site.uncertainty:6.2f}{'  uncertain' if site.doubt else ''}"
            )
        lines += [
            f"Site {i} is uncertain. {site.doubt}"
            for i, site in enumerate(found.sites, start=1)
            if site.doubt
        ]
        lines.append(
            f"Score of all sites {found.score:.1f}; lowest Patterson values over their vectors "
            f"{found.patfom:.1f} rmsd."
        )
        lines.append("The origin and the hand are one choice of several that fit as well.")
    lines.append(
        f"{found.n_differences:,} {found.kind} differences to {found.d_min:.2f} Å; CPU time "
        f"{found.seconds:.0f} s"
    )
    return lines


def phase_lines(phased: Phased) -> list[str]:
    """Sites and figures of both hands, and which is better."""
    lines = []
    hands = [("this hand", phased.best)] + ([("other hand", phased.other)] if phased.other else [])
    for name, hand in hands:
        sites = ", ".join(f"{len(each.frac)} {each.element}" for each in hand.derivatives)
        lines.append(
            f"{name:<11} {hand.spacegroup.xhm()}: {sites}; figure of merit {hand.fom_heavy:.2f} "
            f"of the heavy atoms, {hand.fom:.2f} at the end; agreement {hand.agreement:.2f}, "
            f"contrast {hand.contrast:.2f}"
        )
    best = phased.best
    lines.append(phased.reason)
    lines.append(
        f"{len(best.f):,} reflections to {best.d_min:.2f} Å; CPU time of phasing "
        f"{phased.seconds:.0f} s"
    )
    return lines
