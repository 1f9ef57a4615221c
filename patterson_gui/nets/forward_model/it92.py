"""X-ray scattering factors of the elements that proteins consist of.

International Tables for Crystallography C (1992), table 6.1.1.4: f(s) = Σ a exp(−b s²) + c,
s = sin θ/λ in Å⁻¹. They stand here, and are not asked of gemmi as elsewhere, so that training
runs on machines that have nothing but torch; a test holds them against gemmi's.
"""

import torch
from torch import Tensor

from patterson_gui.errors import UserError

# atomic number: a1..a4, b1..b4, c
_GAUSSIANS = {
    1: (0.493002, 0.322912, 0.140191, 0.04081, 10.5109, 26.1257, 3.14236, 57.7997, 0.003038),  # H
    6: (2.31, 1.02, 1.5886, 0.865, 20.8439, 10.2075, 0.5687, 51.6512, 0.2156),  # C
    7: (12.2126, 3.1322, 2.0125, 1.1663, 0.0057, 9.8933, 28.9975, 0.5826, -11.529),  # N
    8: (3.0485, 2.2868, 1.5463, 0.867, 13.2771, 5.7011, 0.3239, 32.9089, 0.2508),  # O
    15: (6.4345, 4.1791, 1.78, 1.4908, 1.9067, 27.157, 0.526, 68.1645, 1.1149),  # P
    16: (6.9053, 5.2034, 1.4379, 1.5863, 1.4679, 22.2151, 0.2536, 56.172, 0.8669),  # S
    34: (17.0006, 5.8196, 3.9731, 4.3543, 2.4098, 0.2726, 15.2372, 43.8163, 2.8409),  # Se
}


def form_factors(numbers: Tensor, s2: Tensor) -> Tensor:
    """(E, …) electrons, of the E atomic `numbers` at s² (…), Å⁻².

    Raises
    ------
    UserError : an element that is not tabulated here.
    """
    rows = []
    for number in numbers.tolist():
        if number not in _GAUSSIANS:
            known = ", ".join(map(str, sorted(_GAUSSIANS)))
            raise UserError(
                f"Networks know no scattering factor for atomic number {number}, only for "
                f"{known}: leave such atoms out of the data set."
            )
        *ab, c = _GAUSSIANS[number]
        terms = [a * torch.exp(-b * s2) for a, b in zip(ab[:4], ab[4:], strict=True)]
        rows.append(torch.stack(terms).sum(0) + c)
    return torch.stack(rows)
