"""Each plugin is complete by itself."""

import ast
import subprocess
import sys

from tests.plugins.load import PLUGINS


def test_every_copy_of_the_reader_is_the_reader() -> None:
    spread = str(PLUGINS / "common" / "spread.py")
    done = subprocess.run(
        [sys.executable, spread, "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


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
