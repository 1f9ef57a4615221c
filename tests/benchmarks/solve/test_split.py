"""The split of the measured crystals into halves."""

from pathlib import Path

from tests.benchmarks.solve.split import half_of


def test_halves_do_not_change() -> None:
    assert half_of("glyala") == half_of("glyala")
    halves = {name: half_of(name) for name in ("b10f12", "gsas2b", "ed_luag", "biotin_talos")}
    assert set(halves.values()) == {"fitted", "checked"}


def test_halves_are_about_equal(shared_data: Path) -> None:
    names = [path.name for path in (shared_data / "solve").iterdir() if path.is_dir()]
    fitted = [name for name in names if half_of(name) == "fitted"]
    assert 0.4 < len(fitted) / len(names) < 0.6
