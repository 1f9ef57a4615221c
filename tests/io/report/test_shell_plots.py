import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.report.shell_plots import PHASE_ERROR, shell_plot_svg, write_shell_plots

SVG = "{http://www.w3.org/2000/svg}"
SHELLS = [
    {"d_max": 12.0, "d_min": 3.0, "mean_phase_error_deg": 0.0, "fraction_below_60": 1.0},
    {"d_max": 3.0, "d_min": 2.0, "mean_phase_error_deg": 45.0, "fraction_below_60": 0.5},
    {"d_max": 2.0, "d_min": 1.5, "mean_phase_error_deg": 90.0, "fraction_below_60": 0.0},
]


def test_draws_points_at_their_values() -> None:
    root = ET.fromstring(shell_plot_svg(PHASE_ERROR, SHELLS, "3 cases"))
    heights = [float(circle.get("cy")) for circle in root.iter(f"{SVG}circle")]
    assert heights[1] == pytest.approx((heights[0] + heights[2]) / 2)
    assert heights[0] > heights[2]  # y grows downwards


def test_escapes_text_and_labels_every_shell() -> None:
    root = ET.fromstring(shell_plot_svg(PHASE_ERROR, SHELLS, "a < b & c"))
    words = [text.text for text in root.iter(f"{SVG}text")]
    assert "a < b & c" in words
    assert {"3.00", "2.00", "1.50"} <= set(words)


def test_writes_both_plots(tmp_path: Path) -> None:
    files = write_shell_plots(tmp_path / "plots", {"shells": SHELLS}, "3 cases")
    assert [path.name for path in files] == ["phase-error.svg", "below-60.svg"]
    for path in files:
        assert ET.parse(path).getroot().tag == f"{SVG}svg"


def test_reports_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "plots").write_text("")
    with pytest.raises(UserError, match="folder"):
        write_shell_plots(tmp_path / "plots", {"shells": SHELLS}, "")
