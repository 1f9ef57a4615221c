"""Values of CIF 2.0 that CIF 1.1 does not have: triple quotes, lists and tables.

After Bernstein et al., J. Appl. Cryst. 49, 277 (2016). gemmi reads CIF 1.1, so that these values
are written as text fields before it parses the file. A list becomes the text of the list: the
readers of this program need none.
"""

import re

_MAGIC = re.compile(r"\A\ufeff?#\\#CIF_2\.0\b")
_TOKEN = re.compile(
    r"""
    (?P<triple>(?<!\S)(?:\"{3}(?P<double>.*?)\"{3}|'{3}(?P<single>.*?)'{3}))
    | (?P<text>^;.*?^;)
    | (?P<quoted>(?<![^\s\[\]{}:])(?:"[^"\n]*"|'[^'\n]*'))
    | (?P<comment>(?<!\S)\#[^\n]*)
    | (?P<open>[\[{])
    | (?P<close>[\]}])
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)


def is_cif2(text: str) -> bool:
    """Whether a text begins with the mark of CIF 2.0."""
    return bool(_MAGIC.match(text))


def as_cif1(text: str) -> str:
    """The same with triple-quoted values, lists and tables as text fields."""
    written: list[str] = []
    at, depth, began = 0, 0, 0
    for match in _TOKEN.finditer(text):
        if match["open"]:
            if depth == 0:
                written.append(text[at : match.start()])
                began = match.start()
            depth += 1
        elif match["close"] and depth:
            depth -= 1
            if depth == 0:
                written.append(_field(text[began : match.end()]))
                at = match.end()
        elif match["triple"] and depth == 0:
            inside = match["double"] if match["double"] is not None else match["single"]
            written += [text[at : match.start()], _field(inside)]
            at = match.end()
    return "".join(written) + text[at if depth == 0 else began :]


def _field(value: str) -> str:
    """A text field; a line of the value that begins with ";" would end it."""
    return "\n;" + value.replace("\n;", "\n ;") + "\n;\n"
