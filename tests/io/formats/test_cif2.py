"""CIF 2.0: triple quotes, lists and tables."""

from gemmi import cif

from patterson_gui.io.formats.cif2 import as_cif1, is_cif2
from patterson_gui.io.formats.cif_blocks import parse_cif

TEXT = """#\\#CIF_2.0
data_x
# a comment with [ brackets ' and quotes
_title \"\"\"a "title" in
;two lines\"\"\"
_other '''one line'''
_list [1 2 [3 'a ] b'] "c"]
_table {'a':1 "b]":[2 3]}
_field
;
text with [ and { and \"\"\"
;
loop_
_label
_x
O5' 0.1
'O [6]' 0.2
"""


def test_values_of_cif_2_become_text_fields():
    assert is_cif2(TEXT)
    block = parse_cif(TEXT, "a.cif").sole_block()
    assert block.find_value("_title").startswith(';a "title" in\n ;two lines')
    assert cif.as_string(block.find_value("_other")) == "one line"
    assert cif.as_string(block.find_value("_list")) == "[1 2 [3 'a ] b'] \"c\"]"
    assert cif.as_string(block.find_value("_table")) == "{'a':1 \"b]\":[2 3]}"
    assert "text with [ and { and" in block.find_value("_field")
    assert [cif.as_string(label) for label in block.find_values("_label")] == ["O5'", "O [6]"]


def test_plain_files_do_not_change():
    assert not is_cif2(TEXT[12:])
    plain = "#\\#CIF_2.0\ndata_x\n_a 'b c'\n_d 1.5(2)\n"
    assert as_cif1(plain) == plain
