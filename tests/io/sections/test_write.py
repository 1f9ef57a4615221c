import re
import xml.etree.ElementTree as ET
import zlib
from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.maps.peaks import Peak
from patterson_gui.crystal.sections.contours import ContourLevels
from patterson_gui.crystal.sections.harker import harker_sections
from patterson_gui.crystal.sections.marks import PeakMark, VectorMark
from patterson_gui.crystal.sections.planes import axis_plane, harker_plane
from patterson_gui.crystal.sections.sampling import CENTRED, SectionSampler
from patterson_gui.errors import UserError
from patterson_gui.io.sections.drawing import SectionDrawing, ticks
from patterson_gui.io.sections.write import write_sections

CELL = gemmi.UnitCell(9.7, 8.9, 7.6, 90, 112.7, 90)
SVG = "{http://www.w3.org/2000/svg}"
POINT = 25.4 / 72  # mm


@pytest.fixture(scope="module")
def drawing() -> SectionDrawing:
    grid = np.random.default_rng(3).normal(size=(12, 12, 12)).astype(np.float32)
    density = DensityMap(grid, CELL, gemmi.SpaceGroup("P 1"), MapKind.PATTERSON, 2.0, "Patterson")
    section = SectionSampler(density).sample(axis_plane("v", 0.5), CENTRED)
    peak = Peak(5.0, 4.2, (0.1, 0.5, 0.2), 3.0, 1)
    marks = [PeakMark(0.1, 0.2, 0.0, True, 1, peak), PeakMark(-0.1, -0.2, 0.4, False, 2, peak)]
    return SectionDrawing(section, ContourLevels(1.0, 0.5), "A & <B> $x^2$", 10.0, marks)


def frame_of_svg(path: Path) -> tuple[ET.Element, np.ndarray]:
    root = ET.parse(path).getroot()
    (group,) = (g for g in root.iter(f"{SVG}g") if g.get("id") == "frame")
    numbers = re.findall(r"-?[\d.]+", group.find(f"{SVG}path").get("d"))
    return root, np.array(numbers, float).reshape(-1, 2)[:4]


def check_edges(corners: np.ndarray) -> None:
    """mm: a is horizontal, c at β to it, both with 10 mm for each Å."""
    along, up = corners[1] - corners[0], corners[3] - corners[0]
    assert np.linalg.norm(along) == pytest.approx(97.0, abs=0.01)
    assert np.linalg.norm(up) == pytest.approx(76.0, abs=0.01)
    angle = np.degrees(np.arccos(along @ up / np.linalg.norm(along) / np.linalg.norm(up)))
    assert angle == pytest.approx(112.7, abs=0.02)
    assert along[1] == pytest.approx(0, abs=1e-3)


def test_svg_is_exactly_to_scale(drawing, tmp_path):
    write_sections(tmp_path / "s.svg", [drawing])
    root, corners = frame_of_svg(tmp_path / "s.svg")
    check_edges(corners * POINT * [1, -1])
    width, height = (float(root.get(name).removesuffix("pt")) for name in ("width", "height"))
    assert (width * POINT, height * POINT) == pytest.approx(drawing.page, abs=1e-3)
    assert root.get("viewBox") == f"0 0 {root.get('width')[:-2]} {root.get('height')[:-2]}"


def test_pdf_is_exactly_to_scale(drawing, tmp_path):
    write_sections(tmp_path / "s.pdf", [drawing])
    content = (tmp_path / "s.pdf").read_bytes()
    box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+) ?\]", content)
    assert [float(x) * POINT for x in box.groups()] == pytest.approx(drawing.page, abs=0.01)
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    pages = []
    for stream in streams:
        try:
            pages.append(zlib.decompress(stream))
        except zlib.error:
            continue
    frames = [
        np.array([float(x) for x in found], float).reshape(-1, 2)
        for page in pages
        for found in re.findall(
            rb"([-\d.]+) ([-\d.]+) m\n([-\d.]+) ([-\d.]+) l\n([-\d.]+) ([-\d.]+) l\n"
            rb"([-\d.]+) ([-\d.]+) l\n(?:h|[-\d.]+ [-\d.]+ l\nh)",
            page,
        )
    ]
    expected = drawing.from_angstrom(drawing.section.corners) / POINT
    fits = [frame for frame in frames if np.abs(frame - expected).max() < 0.01]
    assert fits
    check_edges(fits[0] * POINT)


def test_the_scale_can_be_chosen(drawing, tmp_path):
    write_sections(tmp_path / "s.svg", [replace(drawing, scale=4.0)])
    _, corners = frame_of_svg(tmp_path / "s.svg")
    assert np.linalg.norm(corners[1] - corners[0]) * POINT == pytest.approx(38.8, abs=0.01)


def test_shows_title_levels_and_heights_of_peaks_as_text(drawing, tmp_path):
    write_sections(tmp_path / "s.svg", [drawing])
    root = ET.parse(tmp_path / "s.svg").getroot()
    texts = ["".join(each.itertext()).strip() for each in root.iter(f"{SVG}text")]
    assert "A & <B> $x^2$ · Patterson map · u, ½, w" in texts
    assert any("levels 1, 1.5, 2 … rmsd" in text and "10 mm = 1 Å" in text for text in texts)
    assert texts.count("4.2") == 2
    filled = {
        group.get("id"): "fill: #c0392b" in group.find(f"{SVG}path").get("style")
        for group in root.iter(f"{SVG}g")
        if (group.get("id") or "").startswith("peak-")
    }
    assert filled == {"peak-1": True, "peak-2": False}


def test_negative_levels_are_dashed(drawing, tmp_path):
    write_sections(tmp_path / "s.svg", [drawing])
    text = (tmp_path / "s.svg").read_text(encoding="utf-8")
    positive, negative = text.split('id="positive-1"')[1], text.split('id="negative-1"')[1]
    assert "dasharray" not in positive.split("</g>")[0]
    assert "stroke-dasharray" in negative.split("</g>")[0]


def test_a_pdf_has_a_page_for_each_section_and_a_picture_shows_all(drawing, tmp_path):
    write_sections(tmp_path / "s.pdf", [drawing] * 2)
    assert (tmp_path / "s.pdf").read_bytes().count(b"/Type /Page ") == 2
    write_sections(tmp_path / "one.pdf", [drawing] * 2, columns=2)
    assert (tmp_path / "one.pdf").read_bytes().count(b"/Type /Page ") == 1
    write_sections(tmp_path / "s.svg", [drawing] * 2)
    assert (tmp_path / "s.svg").read_text(encoding="utf-8").count('id="frame"') == 2
    write_sections(tmp_path / "s.png", [drawing])
    assert (tmp_path / "s.png").read_bytes().startswith(b"\x89PNG")


def test_a_harker_line_is_drawn_in_its_plane(drawing, tmp_path):
    _, line = harker_sections(gemmi.SpaceGroup("P 1 21/c 1"))
    sampler = SectionSampler(drawing.section.density)
    section = sampler.sample(harker_plane(line, CELL), CENTRED)
    drawn = SectionDrawing(section, drawing.levels, harker=line)
    assert drawn.title == "Patterson map · Harker line 0, v, ½ in u, v, ½"
    assert any(
        np.allclose(ends[:, 0], drawn.millimetres(np.zeros((1, 2)))[0, 0])
        for ends in drawn.harker_lines
    )


def test_numbers_at_the_axes_have_room():
    assert ticks(-0.5, 0.5, 60) == pytest.approx([-0.5, -0.25, 0, 0.25, 0.5])
    for length in (5, 20, 80, 400):
        places = ticks(-0.5, 0.5, length)
        assert len(places) < 2 or (places[1] - places[0]) * length >= min(length, 11)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("s.jpg", {}, "PDF, SVG or PNG"),
        ("s.svg", {"scale": 1000.0}, "choose a smaller scale"),
        ("missing/s.pdf", {}, "could not be written"),
    ],
)
def test_refuses_what_cannot_be_drawn(drawing, tmp_path, name, change, words):
    with pytest.raises(UserError, match=words):
        write_sections(tmp_path / name, [replace(drawing, **change)])
    assert list(tmp_path.iterdir()) == []


def test_refuses_an_empty_list(tmp_path):
    with pytest.raises(UserError, match="no section to draw"):
        write_sections(tmp_path / "s.pdf", [])


def test_vectors_are_diamonds(drawing: SectionDrawing, tmp_path: Path) -> None:
    marks = (VectorMark(0.1, 0.1, 0.0, True, 4), VectorMark(0.2, 0.1, 0.6, False, 9))
    write_sections(tmp_path / "a.svg", [replace(drawing, vectors=marks)])
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    filled, open_ = (text.split(f'id="vector-{row}"')[1].split("</g>")[0] for row in (4, 9))
    assert "fill: #1a6fe0" in filled
    assert "fill: none" in open_
