"""Wrong calls of the program."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("predict", "missing.pdb", "-o", "x"), "missing.pdb"),
        (("predict",), "required"),
        (("frobnicate",), "no file or command"),
        (("patterson", "a.mtz", "-o", "P.ccp4", "--d-min", "two"), "not a number"),
        (("patterson", "a.mtz", "-o", "P.ccp4", "--b", "10"), "--sharpen b_factor"),
        (("evaluate", ".", "--length", "5"), "the kind 'fragment'"),
        (("evaluate", "no-such-folder"), "not a folder"),
        (("one.pdb", "two.pdb"), "One file at a time"),
    ],
)
def test_reports_a_mistake_in_one_line_with_exit_code_1(
    call: Call,
    words: tuple[str, ...],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = call(*words)
    assert answer.code == 1
    assert answer.out == ""
    assert answer.err.count("\n") == 1
    assert sentence in answer.err
