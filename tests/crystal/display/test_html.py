import base64
import re
from dataclasses import replace
from html.parser import HTMLParser

import gemmi
import numpy as np

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.display.html import summary
from patterson_gui.crystal.display.words import cell_words, named
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind

CELL = gemmi.UnitCell(8, 9, 10, 80, 95, 110)
ATTACK = "<script>alert(1)</script>\" onerror='x'"


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.seen, self.attributes, self.text = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data):
        self.text += data


def some_map(name=""):
    grid = np.random.default_rng(0).normal(size=(6, 8, 10)).astype(np.float32)
    return DensityMap(grid, CELL, p1(), MapKind.DENSITY, name=name)


def test_escapes_markup_from_files():
    html = summary(ATTACK, [(ATTACK, ATTACK)], some_map(ATTACK))
    tags = Tags(html)
    assert "script" not in tags.seen
    assert set(tags.attributes) <= {"style", "alt", "src"}
    assert tags.text.count(ATTACK) == 4


def test_a_crystal_named_by_a_file_is_escaped_too():
    crystal = Crystal(
        ATTACK, CELL, p1(), provenance=ATTACK, notes=(ATTACK,), truth=some_map(ATTACK)
    )
    assert "script" not in Tags(crystal._repr_html_()).seen
    assert ATTACK in Tags(crystal._repr_html_()).text


def test_the_picture_is_an_inline_png():
    (data,) = re.findall(r'src="data:image/png;base64,([^"]+)"', summary("map", [], some_map()))
    assert base64.b64decode(data).startswith(b"\x89PNG\r\n\x1a\n")


def test_describes_cells_in_a_few_words():
    assert cell_words(gemmi.UnitCell(12, 12, 13.5, 90, 90, 90)) == "12 × 12 × 13.5 Å"
    assert cell_words(CELL) == "8 × 9 × 10 Å, 80° 95° 110°"


def test_short_texts_name_their_object():
    density = some_map("2Fo−Fc")
    assert named("Crystal", "") == "Crystal"
    assert repr(density).startswith("<DensityMap '2Fo−Fc': density, 6 × 8 × 10 points of 8 × 9")
    crystal = Crystal("1aba", CELL, p1(), opened_map=density)
    assert repr(crystal) == "<Crystal '1aba': P 1, 8 × 9 × 10 Å, 80° 95° 110°, map>"
    assert "\n" not in repr(replace(crystal, name="two\nlines"))
