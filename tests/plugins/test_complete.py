"""Each plugin is complete by itself and imports nothing of the program."""

import ast

from tests.plugins.load import PLUGINS


def test_no_plugin_imports_patterson_gui_torch_qt_or_gemmi() -> None:
    paths = list(PLUGINS.rglob("*.py"))
    assert len(paths) > 8
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            tops = {name.partition(".")[0] for name in names}
            assert not tops & {"patterson_gui", "torch", "PyQt6", "gemmi"}, path
