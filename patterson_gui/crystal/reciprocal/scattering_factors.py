"""Scattering factors of atoms for X-rays, electrons and neutrons, with anomalous dispersion.

X-rays: International Tables C (1992), 6.1.1.4, four Gaussians and a constant, in electrons.
Dispersion f′ + i f″: Cromer & Liberman (Acta Cryst. A37, 267, 1981), as gemmi calculates it.
Electrons: International Tables C (2011), 4.3.2.2, five Gaussians, in Å. Neutrons: bound coherent
scattering lengths (Neutron News 3, 29, 1992), in fm.
"""

from functools import lru_cache

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.errors import UserError

_NAMES = {"xray": "X-ray", "electron": "electron", "neutron": "neutron"}


def scattering_factor(element: str, radiation: str, s2: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) scattering factor without dispersion at s² = (sin θ/λ)² = 1/(4d²), Å⁻².

    `radiation` is "xray" (electrons), "electron" (Å) or "neutron" (fm).

    Raises
    ------
    UserError : nothing is tabulated for the element.
    """
    amplitudes, exponents, constant = _coefficients(element, radiation)
    total = np.full(len(s2), constant)
    for a, b in zip(amplitudes, exponents, strict=True):
        total += a * np.exp(-b * s2)
    return total


@lru_cache(maxsize=512)
def _coefficients(
    element: str, radiation: str
) -> tuple[tuple[float, ...], tuple[float, ...], float]:
    entry = gemmi.Element(element)
    if radiation == "neutron":
        length = entry.neutron92.get_coefs()[0] if entry.atomic_number else 0.0
        if length:
            return (), (), length
    elif radiation == "electron":
        # Hydrogen and deuterium share a table entry in charge, not in mass.
        table = gemmi.Element("H" if element == "D" else element).c4322
        if table is not None:
            return tuple(table.a), tuple(table.b), 0.0
    else:
        x_ray = gemmi.Element("H" if element == "D" else element).it92
        if x_ray is not None:
            return tuple(x_ray.a), tuple(x_ray.b), x_ray.c
    raise UserError(
        f"No {_NAMES[radiation]} scattering factor is tabulated for '{element}': "
        "change the element or leave the atom out."
    )


@lru_cache(maxsize=1024)
def dispersion(element: str, wavelength: float | None) -> tuple[float, float]:
    """(f′, f″) in electrons at `wavelength` (Å); zeros where it is unknown, and for H and He."""
    number = gemmi.Element(element).atomic_number
    if wavelength is None or not wavelength > 0 or number < 3 or number > 92:
        return 0.0, 0.0
    f_prime, f_double_prime = gemmi.cromer_liberman(z=number, energy=gemmi.hc / wavelength)
    return float(f_prime), float(f_double_prime)
