"""Each plugin is complete by itself."""

import ast
import subprocess
import sys
from pathlib import Path

from tests.plugins.load import PLUGINS


def test_every_copy_of_the_reader_is_the_reader() -> None:
    spread = str(PLUGINS / "common" / "spread.py")
    done = subprocess.run(
        [sys.executable, spread, "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_what_differs_is_named_and_what_is_not_there_is_left(tmp_path: Path) -> None:
    common, coot = tmp_path / "common", tmp_path / "coot" / "patterson_gui_coot.py"
    common.mkdir()
    for name in ("pgz.py", "spread.py"):
        (common / name).write_bytes((PLUGINS / "common" / name).read_bytes())

    def spread(*options: str) -> tuple[int, str]:
        words = [sys.executable, str(common / "spread.py"), *options]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    assert spread("--check") == (0, "")
    (tmp_path / "chimerax" / "src").mkdir(parents=True)
    coot.parent.mkdir()
    text = (PLUGINS / "coot" / "patterson_gui_coot.py").read_text(encoding="utf-8")
    coot.write_text(text.replace("SCHEMA = 1\n", "SCHEMA = 2\n"), encoding="utf-8")
    code, said = spread("--check")
    assert code == 1
    assert "pgz.py in" in said
    assert "patterson_gui_coot.py in" in said
    assert spread()[0] == 0
    assert spread("--check") == (0, "")
    assert coot.read_text(encoding="utf-8") == text
    copied = (tmp_path / "chimerax" / "src" / "pgz.py").read_text(encoding="utf-8").splitlines()
    assert copied[0].startswith("# Copied from plugins/common/pgz.py by")
    coot.write_text("no place is marked\n", encoding="utf-8")
    assert spread("--check") == (0, "")


def test_no_plugin_imports_the_program_it_comes_from() -> None:
    for path in PLUGINS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            tops = {name.partition(".")[0] for name in names}
            assert not tops & {"patterson_gui", "torch", "PyQt6", "gemmi"}, path
