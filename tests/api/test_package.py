import ast
import subprocess
import sys
from pathlib import Path

import pytest

import patterson_gui as pg

HEAVY = ("torch", "numpy", "gemmi", "scipy", "h5py", "PyQt6", "vispy", "pyqtgraph", "pydantic")


def modules_after(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"],
        capture_output=True, text=True, check=True, cwd=Path(pg.__file__).parents[1],
    )  # fmt: skip
    return set(done.stdout.split())


def test_importing_the_package_loads_no_other_library():
    modules = modules_after("import patterson_gui")
    assert not modules.intersection(HEAVY)
    assert {name for name in modules if name.startswith("patterson_gui")} == {"patterson_gui"}


def test_a_patterson_map_needs_neither_torch_nor_qt():
    code = "import patterson_gui as pg\npg.patterson(pg.example()).peaks()"
    modules = modules_after(code)
    assert not modules.intersection({"torch", "PyQt6", "vispy", "patterson_gui.gui"})
    assert not any(name.startswith(("patterson_gui.app", "patterson_gui.cli")) for name in modules)


def test_every_public_name_can_be_imported_and_is_listed():
    for name in pg.__all__:
        assert getattr(pg, name) is not None
        assert name in dir(pg)


def test_raises_an_attribute_error_for_an_unknown_name():
    with pytest.raises(AttributeError, match="no attribute 'pattersonn'"):
        _ = pg.pattersonn  # type: ignore[attr-defined]


def test_type_checkers_see_the_same_names_from_the_same_modules():
    stub = Path(pg.__file__).with_suffix(".pyi")
    imports = [
        node
        for node in ast.parse(stub.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom)
    ]
    seen = {alias.asname: node.module for node in imports for alias in node.names}
    assert seen == pg._HOMES
    assert stub.with_name("py.typed").is_file()


def test_version_equals_that_of_the_distribution():
    assert pg.__version__.count(".") == 2
