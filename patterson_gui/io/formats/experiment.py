"""How a crystal was measured, as CIF items and SHELX instructions state it: radiation, wavelength,
uncertainties of the cell."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import gemmi
from gemmi import cif

from patterson_gui.crystal.measured.intensities import Radiation
from patterson_gui.io.formats.cif_blocks import both_dialects, column, number, text_value

# Electrons of 40 keV have 0.060 Å, and 200 and 300 kV have 0.0251 and 0.0197 Å. X-rays that
# measure crystals are longer than 0.1 Å.
LONGEST_OF_ELECTRONS = 0.06
_WITH_SIGMA = re.compile(r"\d+(?:\.(\d*))?\((\d+)\)")
_WORDS: tuple[tuple[str, Radiation], ...] = (
    ("neutron", "neutron"),
    ("spallation", "neutron"),
    ("reactor", "neutron"),
    ("electron", "electron"),
    ("x-ray", "xray"),
)


@dataclass(frozen=True)
class Experiment:
    """What a file says about a measurement.

    Attributes
    ----------
    wavelength : Å; None where not given.
    radiation : as stated; None where the file says nothing.
    evidence : what states it, for the user: "NEUT of a.ins"; "" where nothing does.
    cell_sigma : standard uncertainties of a, b, c (Å), α, β, γ (°), 0 where none is given; None
        where no uncertainty is given.
    """

    wavelength: float | None = None
    radiation: Radiation | None = None
    evidence: str = ""
    cell_sigma: tuple[float, ...] | None = None

    def completed_by(self, other: "Experiment") -> "Experiment":
        """The same with what it lacks taken from another file of the same crystal."""
        stated = self if self.radiation is not None else other
        return Experiment(
            self.wavelength if self.wavelength is not None else other.wavelength,
            stated.radiation,
            stated.evidence,
            self.cell_sigma or other.cell_sigma,
        )

    def resolved(self) -> tuple[Radiation, str]:
        """The radiation, with a note for the user where it is not plainly stated ("" otherwise).

        A wavelength below 0.06 Å means electrons, whatever else the file says: programs write
        the items for X-rays into files of electron diffraction too.
        """
        short = self.wavelength is not None and self.wavelength < LONGEST_OF_ELECTRONS
        if short and self.radiation != "electron":
            return "electron", (
                f"The wavelength of {self.wavelength:.4f} Å is one of electrons: the data are "
                "taken as electron diffraction."
            )
        if self.radiation is None or self.radiation == "xray":
            return "xray", ""
        return self.radiation, f"The data are of {self.radiation}s ({self.evidence})."


def wavelength_in(value: float) -> float | None:
    """A wavelength in Å; None where the number cannot be one."""
    return value if 0.005 < value < 20.0 else None


def uncertainties(values: Sequence[float]) -> tuple[float, ...] | None:
    """Six uncertainties of a cell; None where they are not six, or not one is positive."""
    six = tuple(float(value) if 0 < value < 10 else 0.0 for value in values)
    return six if len(six) == 6 and any(six) else None


def _cell_sigma(block: cif.Block) -> tuple[float, ...] | None:
    """The uncertainties in brackets, "7.716(2)" is 0.002."""
    found = []
    for item in ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma"):
        match = _WITH_SIGMA.match(text_value(block, *both_dialects("_cell", item)))
        decimals = len(match[1] or "") if match else 0
        found.append(float(match[2]) / 10**decimals if match else 0.0)
    return uncertainties(found)


def experiment_of_block(block: cif.Block, wavelength_id: str = "") -> Experiment:
    """Radiation, wavelength and uncertainties of the cell in a CIF block (core or mmCIF).

    `wavelength_id` : of several wavelengths the one with this id; "": the first.
    """
    wavelength = _wavelength_of_id(block, wavelength_id) if wavelength_id else None
    for category in ("_diffrn_radiation_wavelength", "_diffrn_radiation"):
        for item in ("wavelength", "value", "pdbx_wavelength"):
            tags = (*both_dialects(category, item), category)
            for tag in tags:
                values = block.find_values(tag)
                if wavelength is None and len(values):
                    wavelength = wavelength_in(number(values[0]))
    for item in ("_probe", "_type", "_source", "_pdbx_scattering_type"):
        for tag in _radiation_tags(item):
            text = text_value(block, tag)
            for word, radiation in _WORDS:
                if text and word in text.lower().replace("xray", "x-ray"):
                    return Experiment(wavelength, radiation, f"{tag} '{text}'", _cell_sigma(block))
    if methods := " ".join(cif.as_string(value) for value in block.find_values("_exptl.method")):
        evidence = f"_exptl.method '{methods}'"
        return Experiment(wavelength, radiation_of_method(methods), evidence, _cell_sigma(block))
    return Experiment(wavelength, cell_sigma=_cell_sigma(block))


def _wavelength_of_id(block: cif.Block, wavelength_id: str) -> float | None:
    values = column(block, "_diffrn_radiation_wavelength", "wavelength") or column(
        block, "_diffrn_radiation_wavelength", "value"
    )
    ids = column(block, "_diffrn_radiation_wavelength", "id")
    if ids is None or values is None or len(ids) != len(values):
        return None
    pairs = zip(ids, values, strict=True)
    found = (number(v) for each, v in pairs if cif.as_string(each) == wavelength_id)
    return next((wavelength_in(value) for value in found), None)


def radiation_of_method(method: str) -> Radiation:
    """'NEUTRON DIFFRACTION' → neutron; X-rays where they were used as well."""
    text = method.lower()
    if "x-ray" in text:
        return "xray"
    if "neutron" in text:
        return "neutron"
    return "electron" if "electron" in text else "xray"


def _radiation_tags(item: str) -> tuple[str, ...]:
    if item == "_pdbx_scattering_type":
        return ("_diffrn_radiation.pdbx_scattering_type",)
    if item == "_source":
        return "_diffrn_radiation_source", "_diffrn_source", "_diffrn_source.source"
    return f"_diffrn_radiation{item}", f"_diffrn_radiation.{item[1:]}"


def radiation_of_factors(factors: Mapping[str, Sequence[float]]) -> Radiation | None:
    """The radiation to which scattering factors of SFAC instructions belong; None: unclear.

    Parameters
    ----------
    factors : for each element a1 b1 a2 b2 a3 b3 a4 b4 c, as SHELX has them, with
        f(s) = Σ a exp(−b s²) + c.

    Each element is compared at s = 0 with its atomic number (X-rays) and with the tabulated
    factor for electrons (gemmi's c4322, Peng 1999). Factors of neutrons do not depend on s.
    """
    votes: dict[Radiation, int] = {}
    for symbol, numbers in factors.items():
        element = gemmi.Element(symbol)
        if len(numbers) < 9 or element.atomic_number < 1:
            continue
        a, c = numbers[0:8:2], numbers[8]
        at_zero = sum(a) + c
        if all(abs(value) < 1e-6 for value in a):
            votes["neutron"] = votes.get("neutron", 0) + 1
            continue
        of_electrons = sum(element.c4322.a)
        near_x = abs(at_zero - element.atomic_number) / element.atomic_number
        near_e = abs(at_zero - of_electrons) / of_electrons if of_electrons else float("inf")
        kind: Radiation = "xray" if near_x < near_e else "electron"
        votes[kind] = votes.get(kind, 0) + 1
    return max(votes.items(), key=lambda vote: vote[1])[0] if votes else None
