"""The columns of a table of peaks."""

from patterson_gui.crystal.maps.peak_columns import PEAK_COLUMNS, numbers, peak_lines
from patterson_gui.crystal.maps.peaks import Peak

ORIGIN = Peak(123.4567, 10.4, (0.0, 0.0, 0.0), 0.0, 1, is_origin=True)
OTHER = Peak(21.88123, 1.84, (0.3121, 0.0983, 0.7954), 4.6312, 2)


def test_only_an_origin_peak_has_the_number_zero() -> None:
    assert list(numbers([ORIGIN, OTHER])) == [0, 1]
    assert list(numbers([OTHER, OTHER])) == [1, 2]
    assert list(numbers([])) == []


def test_headings_name_the_units_of_the_map() -> None:
    assert PEAK_COLUMNS[0].heading_in("e²/Å³") == "Height, e²/Å³"
    assert PEAK_COLUMNS[0].heading_in("") == "Height"


def test_files_name_quantity_and_unit_of_each_column() -> None:
    assert [column.key_in("e²/Å³") for column in PEAK_COLUMNS] == [
        "height_e2/A3", "height_rmsd", "u", "v", "w", "length_A", "multiplicity",
    ]  # fmt: skip


def test_files_have_more_digits_than_the_screen() -> None:
    assert [column.text(OTHER) for column in PEAK_COLUMNS] == [
        "21.88", "1.8", "0.312", "0.098", "0.795", "4.63", "2",
    ]  # fmt: skip
    assert [column.exact_text(OTHER) for column in PEAK_COLUMNS] == [
        "21.8812", "1.840", "0.3121", "0.0983", "0.7954", "4.631", "2",
    ]  # fmt: skip


def test_lines_for_a_terminal_have_equal_width() -> None:
    lines = peak_lines([ORIGIN, OTHER], "e²/Å³")
    assert len({len(line) for line in lines}) == 1
    assert lines[1].startswith("origin")
