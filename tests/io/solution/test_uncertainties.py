"""Numbers with standard uncertainties."""

import pytest

from patterson_gui.io.solution.uncertainties import with_esd


@pytest.mark.parametrize(
    ("value", "sigma", "text"),
    [
        (1.23456, 0.0012, "1.2346(12)"),
        (1.23456, 0.0019, "1.2346(19)"),
        (1.23456, 0.00196, "1.235(2)"),
        (1.23456, 0.0020, "1.235(2)"),
        (1.23456, 0.0097, "1.235(10)"),
        (-0.00012, 0.0003, "-0.0001(3)"),
        (1234.6, 12.0, "1235(12)"),
        (1234.5, 46.0, "1230(50)"),
        (0.25, 0.0, "0.2500"),
        (-0.00001, 0.0, "0.0000"),
        (0.25, float("nan"), "0.2500"),
        (float("nan"), 0.1, "?"),
    ],
)
def test_uncertainties_are_in_units_of_the_last_digit(
    value: float, sigma: float, text: str
) -> None:
    assert with_esd(value, sigma) == text
