"""SFAC, DISP and NEUT: the scattering factors of a SHELX file that are not built into SHELXL."""

from collections.abc import Mapping
from functools import lru_cache

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.measured.intensities import Radiation
from patterson_gui.crystal.reciprocal.scattering_factors import dispersion

# Wavelengths, Å, of which SHELXL knows the dispersion: Kα of Cu, Mo and Ag.
_KNOWN_WAVELENGTHS = (1.54178, 0.71073, 0.56087)
_SAME_WAVELENGTH = 0.0015
_LARGEST_S = 1.6  # Å⁻¹, sin θ/λ to which electron factors are fitted: d = 0.31 Å


def factor_lines(
    counts: Mapping[str, float], radiation: Radiation, wavelength: float | None
) -> list[str]:
    """The instructions that name the elements of `counts`, in its order, and UNIT.

    X-rays of a wavelength that SHELXL does not know get DISP with f′ and f″; electrons get SFAC
    with factors of their own; neutrons NEUT, which makes SHELXL take scattering lengths.
    """
    lines = []
    elements = list(counts)
    if radiation == "electron":
        lines += [line for element in elements for line in _electron_lines(element)]
    else:
        if radiation == "neutron":
            lines.append("NEUT")
        lines.append("SFAC " + " ".join(elements))
        if radiation == "xray" and wavelength is not None and not _is_known(wavelength):
            lines += [_dispersion_line(element, wavelength) for element in elements]
    lines.append("UNIT " + " ".join(f"{n:.6g}" for n in counts.values()))
    return lines


def _is_known(wavelength: float) -> bool:
    return any(abs(wavelength - known) < _SAME_WAVELENGTH for known in _KNOWN_WAVELENGTHS)


def _dispersion_line(element: str, wavelength: float) -> str:
    f_prime, f_double_prime = dispersion(element, wavelength)
    return f"DISP {element} {f_prime:.5f} {f_double_prime:.5f}"


def _electron_lines(element: str) -> list[str]:
    """The long form of SFAC: a1 b1 ... a4 b4 c f′ f″ μ r weight."""
    a, b, c = electron_gaussians(element)
    pairs = [f"{x:.4f} {y:.4f}" for x, y in zip(a, b, strict=True)]
    entry = gemmi.Element(element)
    tail = f"{c:.4f} 0 0 0 {entry.covalent_r:.2f} {entry.weight:.3f}"
    return [f"SFAC {element} {' '.join(pairs[:3])} =", f" {pairs[3]} {tail}"]


@lru_cache(maxsize=128)
def electron_gaussians(
    element: str,
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Four Gaussians and a constant for electrons, f = Σ a exp(−b s²) + c, Å.

    SFAC has room for four, International Tables C (4.3.2.2) give five: these are fitted to them
    for s = sin θ/λ up to 1.6 Å⁻¹.
    """
    table = gemmi.Element("H" if element == "D" else element).c4322
    s2 = np.linspace(0.0, _LARGEST_S, 161) ** 2
    wanted = np.exp(-np.outer(s2, table.b)) @ np.array(table.a)
    order = np.argsort(table.b)
    # The Gaussian of smallest b is nearly flat: the constant takes its place.
    start = np.concatenate(
        [np.array(table.a)[order[1:]], np.log(np.array(table.b)[order[1:]]), [0.0]]
    )

    def difference(p: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.exp(-np.outer(s2, np.exp(p[4:8]))) @ p[:4] + p[8] - wanted)

    from scipy.optimize import least_squares  # takes a while to load

    fitted = least_squares(difference, start, x_scale="jac").x
    return fitted[:4], np.exp(fitted[4:8]), float(fitted[8])
