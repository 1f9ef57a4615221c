"""The figures of a solution in words: titles, rows of tables, and numbers as people write them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_NOTHING = "–"
_RADIATION = {"xray": "X-rays", "electron": "electrons", "neutron": "neutrons"}
_MOST_TRIES = 40


@dataclass(frozen=True)
class Table:
    """A table of a report: texts, and which rows stand out."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    marked: frozenset[int] = frozenset()
    note: str = ""


def number(value: Any, digits: int) -> str:
    """A number with so many decimals; a dash where it is not known."""
    if value is None or not math.isfinite(float(value)):
        return _NOTHING
    return f"{float(value):.{digits}f}"


def count(value: Any) -> str:
    """A whole number with separators; a dash where it is not known."""
    return _NOTHING if value is None else f"{int(value):,}"


def _is_known(value: Any) -> bool:
    """Whether a figure is there and, if it is a number, defined."""
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def share(value: Any) -> str:
    """A share as a percentage."""
    return _NOTHING if value is None else f"{100 * float(value):.1f} %"


def with_sigma(value: Any, sigma: Any, digits: int) -> str:
    """'0.02 ± 0.03'."""
    return _NOTHING if value is None else f"{number(value, digits)} ± {number(sigma, digits)}"


def key_facts(f: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The few figures that stand beside the verdict."""
    atoms = count(f["n_atoms"])
    if f["n_hydrogen"]:
        atoms += f" + {f['n_hydrogen']} H"
    return [
        ("Space group", f["space_group"] or _NOTHING),
        ("Formula", f["formula"] or _NOTHING),
        ("R1, I > 2σ(I)", number(f["r1"], 4)),
        ("wR2, all", number(f["wr2"], 4)),
        ("Goodness of fit", number(f["goof"], 3)),
        ("Atoms", atoms),
    ]


def crystal_table(f: Mapping[str, Any]) -> Table:
    """Cell, contents and what follows from them."""
    cell, sigma = f["cell"], f["cell_sigma"]
    words = [
        number(value, 4 if i < 3 else 3)
        + (f" ± {number(sigma[i], 4 if i < 3 else 3)}" if sigma and sigma[i] else "")
        for i, value in enumerate(cell)
    ]
    rows = [
        ("a, b, c", f"{', '.join(words[:3])} Å"),
        ("α, β, γ", f"{', '.join(words[3:])}°"),
        ("Volume", f"{number(f['volume'], 2)} Å³"),
        ("Space group", f["space_group"] or _NOTHING),
        ("Formula, Z", f"{f['formula'] or _NOTHING}, {f['z'] or _NOTHING}"),
        ("Weight", f"{number(f['weight'], 2)} g/mol"),
        ("Density", f"{number(f['density'], 3)} g/cm³"),
        ("Volume for each non-hydrogen atom", f"{number(f['volume_per_atom'], 1)} Å³"),
    ]
    contents = f["contents"]
    if contents:
        stated = " ".join(contents["elements"])
        if contents["counts"]:
            stated = " ".join(f"{e}{n:g}" for e, n in contents["counts"].items()) + " in the cell"
        rows.append(("Contents as stated", f"{stated} ({contents['source'] or 'given'})"))
    matrix = f["change_of_axes"]
    if matrix and matrix != [[1, 0, 0], [0, 1, 0], [0, 0, 1]]:
        text = "; ".join(" ".join(str(v) for v in row) for row in matrix)
        rows.append(("Change of axes, h′ = M h", text))
    return Table("Crystal", (), tuple(rows))


def refinement_table(f: Mapping[str, Any]) -> Table:
    """The figures of the refinement."""
    if f["r1"] is None:
        return Table("Refinement", (), ())
    n, p = f["n_reflections"], f["n_parameters"]
    unit = " e/Å³" if f["data"].get("radiation", "xray") == "xray" else ""
    rows = [
        ("R1, I > 2σ(I)", f"{number(f['r1'], 4)} for {count(f['n_observed'])} reflections"),
        ("R1, all", f"{number(f['r1_all'], 4)} for {count(n)} reflections"),
        ("wR2", number(f["wr2"], 4)),
        ("Goodness of fit", number(f["goof"], 3)),
        ("Parameters", f"{count(p)}; {number(n / p if p else None, 1)} reflections for each"),
        ("Weights a, b", f"{number(f['weight_a'], 4)}, {number(f['weight_b'], 4)}"),
        ("Largest shift / esd", number(f["max_shift_over_esd"], 3)),
        ("Highest peak", _peak(f["highest_peak"], f["highest_peak_at"], unit)),
        ("Deepest hole", _peak(f["deepest_hole"], f["deepest_hole_at"], unit)),
    ]
    if f["flack"] is not None:
        rows.append(("Flack parameter", with_sigma(f["flack"], f["flack_sigma"], 3)))
    if f["extinction"]:
        rows.append(("Extinction", number(f["extinction"], 4)))
    if f["twin_law"]:
        law = "; ".join(" ".join(str(v) for v in row) for row in f["twin_law"])
        rows.append(("Twin law, share", f"{law}; {number(f['twin_fraction'], 3)}"))
    return Table("Refinement", (), tuple(rows))


def _peak(height: Any, at: Sequence[float], unit: str) -> str:
    if height is None:
        return _NOTHING
    return f"{number(height, 2)}{unit} at {' '.join(f'{x:.3f}' for x in at)}"


def data_table(f: Mapping[str, Any]) -> Table:
    """The measurements; only what is known."""
    d = f["data"]
    rows: list[tuple[str, str]] = []

    def add(label: str, *keys: str, text: str) -> None:
        if any(_is_known(d.get(key)) for key in keys):
            rows.append((label, text))

    radiation = _RADIATION.get(str(d.get("radiation")), str(d.get("radiation")))
    wavelength = d.get("wavelength")
    known = f", λ = {wavelength:.5g} Å" if wavelength else ", wavelength unknown"
    add("Radiation", "radiation", text=radiation + known)
    add("Resolution", "d_min", text=f"{number(d.get('d_max'), 2)} to {number(d.get('d_min'), 2)} Å")
    reflections = ", ".join(
        f"{count(d[key])} {word}"
        for key, word in (("n_read", "measured"), ("n_unique", "unique"), ("n_used", "with I > 0"))
        if d.get(key) is not None
    )
    add("Reflections", "n_read", text=reflections)
    left_out = ", ".join(
        f"{count(d[key])} {word}"
        for key, word in (("n_absent", "forbidden by symmetry"), ("n_rejected", "outliers"))
        if d.get(key)
    )
    add("Left out", "n_absent", "n_rejected", text=left_out or "none")
    if d.get("n_invented"):
        add("Filled in", "n_invented", text=f"{count(d['n_invented'])} that were not measured")
    add("R_int, R_pim, R_sigma", "r_int", "r_sigma", text=", ".join(
        number(d.get(key), 3) for key in ("r_int", "r_pim", "r_sigma")
    ))  # fmt: skip
    add("Redundancy", "redundancy", text=number(d.get("redundancy"), 1))
    add("Mean I/σ", "i_over_sigma", text=number(d.get("i_over_sigma"), 1))
    add("Completeness", "completeness", text=share(d.get("completeness")))
    between = share(d.get("completeness_1_2_to_1_0"))
    add("Completeness, 1.2 to 1.0 Å", "completeness_1_2_to_1_0", text=between)
    e2 = d.get("e2_minus_1") or {}
    if e2:
        zones = ", ".join(
            f"{zone} {number(value, 2)}"
            for zone, value in e2.items()
            if value is not None and math.isfinite(value)
        )
        expected = "0.97 centrosymmetric, 0.74 not, 0.54 perfect twin"
        rows.append(("⟨|E² − 1|⟩", f"{zones} (expected: {expected})"))
    test = d.get("l_test")
    if test:
        text = f"⟨|L|⟩ {number(test.get('mean_abs_l'), 3)}, ⟨L²⟩ {number(test.get('mean_l2'), 3)}"
        expected = "0.50, 0.33 untwinned; 0.38, 0.20 perfect twin"
        rows.append(("L test", f"{text} (expected: {expected})"))
    peak = d.get("patterson_peak")
    if peak:
        at = " ".join(f"{x:.3f}" for x in peak.get("at", ()))
        text = f"{share(peak.get('height'))} of the origin peak, at {at}"
        rows.append(("Largest Patterson peak", text))
    scale = d.get("wilson")
    if scale:
        rows.append(("Wilson B", f"{number(scale.get('b'), 2)} Å²"))
    return Table("Data", (), tuple(rows))


def laue_table(f: Mapping[str, Any]) -> Table:
    """Merging in each Laue class that the lattice allows."""
    rows = tuple(
        (
            str(row["name"]), number(row["r_int"], 3), number(row["r_pim"], 3),
            count(row["n_unique"]), number(row["redundancy"], 1), number(row["i_over_sigma"], 1),
        )
        for row in f["data"].get("laue_classes") or ()
    )  # fmt: skip
    head = ("Laue class", "R_int", "R_pim", "Unique", "Redundancy", "Mean I/σ")
    return Table("Laue classes", head, rows)


def absence_table(f: Mapping[str, Any]) -> Table:
    """Reflections that centrings, glide planes and screw axes forbid, the absent ones first."""
    order = ("absent", "not decided", "present")
    found = [row for row in f["data"].get("absences") or () if row.get("n")]
    rows = tuple(
        (
            str(row["name"]), str(row["finding"]), count(row["n"]), number(row["i_over_sigma"], 1),
            count(row.get("n_allowed")), number(row.get("allowed_i_over_sigma"), 1),
        )
        for row in sorted(found, key=lambda row: order.index(row["finding"]))
    )  # fmt: skip
    head = ("Symmetry", "Forbidden", "Number", "Mean I/σ", "Allowed", "Mean I/σ")
    marked = frozenset(i for i, row in enumerate(rows) if row[1] == "absent")
    return Table("Systematic absences", head, rows, marked)


def shell_table(f: Mapping[str, Any]) -> Table:
    """The data in shells of resolution."""
    rows = tuple(
        (
            f"{number(row['d_max'], 2)} – {number(row['d_min'], 2)}", count(row["n"]),
            share(row["completeness"]), number(row["redundancy"], 1),
            number(row["i_over_sigma"], 1), number(row["r_int"], 3),
        )
        for row in f["data"].get("shells") or ()
    )  # fmt: skip
    head = ("d, Å", "Unique", "Complete", "Redundancy", "Mean I/σ", "R_int")
    return Table("Shells of resolution", head, rows)


def tries_table(f: Mapping[str, Any]) -> Table:
    """The tries at phases, the best first."""
    tries = sorted(f["tries"], key=lambda t: -(t["figure"] or 0.0))
    rows = tuple(
        (
            str(t["number"]), str(t["method"]), count(t["iterations"]), number(t["r"], 3),
            number(t["agreement"], 3), number(t["r_weak"], 4), number(t["figure"], 3),
            "yes" if t["solved"] else "no",
        )
        for t in tries[:_MOST_TRIES]
    )  # fmt: skip
    head = ("Try", "Method", "Iterations", "R", "Agreement", "R(weak)", "Figure", "Low R")
    marked = frozenset(i for i, t in enumerate(tries[:_MOST_TRIES]) if t["solved"])
    more = len(tries) - _MOST_TRIES
    note = f"{more} tries with lower figures are left out." if more > 0 else ""
    return Table("Tries", head, rows, marked, note)


def group_table(f: Mapping[str, Any]) -> Table:
    """The space groups with their evidence."""
    rows = tuple(
        (
            str(row["name"]), number(row["agreement"], 3), number(row["r_ratio"], 2),
            number(row["r1"], 3), number(row["r_int"], 3), count(row["n_absences"]),
            number(row["absences_i_over_sigma"], 2), number(row["flack"], 2),
            str(row["reason"]) or ("chosen" if row["chosen"] else ""),
        )
        for row in f["space_groups"]
    )  # fmt: skip
    head = (
        "Space group", "Agreement", "R ratio", "R1", "R_int", "Absences", "Mean I/σ", "Flack",
        "Why",
    )  # fmt: skip
    marked = frozenset(i for i, row in enumerate(f["space_groups"]) if row["chosen"])
    return Table("Space groups", head, rows, marked)


def atom_table(f: Mapping[str, Any]) -> Table:
    """The atoms with the evidence for their elements."""
    rows = []
    for row in f["atoms"]:
        second = row["second"] or _NOTHING
        if row["second"] and row["margin"] is not None:
            second += f" ({row['margin']:.3f})"
        why = row["because"] or (f"rides on {row['rides_on']}" if row["rides_on"] else "")
        rows.append(
            (
                str(row["label"]), str(row["element"]), *(number(row[x], 4) for x in "xyz"),
                number(row["u_eq"], 4), number(row["occupancy"], 2),
                number(row["effective_z"], 1), second, why,
            )
        )  # fmt: skip
    head = (
        "Atom", "Element", "x", "y", "z", "U_eq, Å²", "Occupancy", "Effective Z", "Second (margin)",
        "Element from",
    )  # fmt: skip
    return Table("Atoms", head, tuple(rows))


def all_tables(f: Mapping[str, Any]) -> list[Table]:
    """All tables of a report that have rows."""
    tables = (
        crystal_table(f), refinement_table(f), group_table(f), tries_table(f), atom_table(f),
        data_table(f), shell_table(f), laue_table(f), absence_table(f),
    )  # fmt: skip
    return [table for table in tables if table.rows]
