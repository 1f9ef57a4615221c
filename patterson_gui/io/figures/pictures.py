"""Write pictures as PNG or TIFF with their resolution."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patterson_gui.errors import UserError
from patterson_gui.io.files import refuse_unwritable, replace_file

ENDINGS = (".png", ".tif", ".tiff")
MOST_PIXELS = 100_000_000  # 10,000 × 10,000: 42 cm at 600 dpi; 0.4 GB while it is made
LONGEST_EDGE = 30_000  # pixels
_CREATOR = "patterson_gui"


def refuse_picture(path: Path, width: int, height: int) -> None:
    """Raise `UserError` for another ending, a size that is too large, or an unwritable place."""
    if path.suffix.lower() not in ENDINGS:
        raise UserError(
            f"Pictures are saved as PNG or TIFF: end the name {path.name!r} in .png or .tif."
        )
    refuse_size(width, height)
    refuse_unwritable(path)


def refuse_size(width: int, height: int) -> None:
    """Raise `UserError` for a picture without pixels or with too many."""
    if width < 1 or height < 1:
        raise UserError(f"A picture of {width} × {height} pixels has none: choose a larger size.")
    if max(width, height) > LONGEST_EDGE or width * height > MOST_PIXELS:
        raise UserError(
            f"A picture of {width:,} × {height:,} pixels is too large: choose at most "
            f"{MOST_PIXELS // 1_000_000} million pixels, and {LONGEST_EDGE:,} along an edge."
        )


def write_picture(path: Path, pixels: NDArray[np.uint8], dpi: float) -> None:
    """Write a picture, as PNG or TIFF by the file ending.

    Parameters
    ----------
    pixels : (height, width, 3) red, green, blue, or (height, width, 4) with alpha, not multiplied
        by it.
    dpi : pixels per inch, by which other programs know the size on paper.

    Raises
    ------
    UserError : another ending, or the file cannot be written.
    """
    refuse_picture(path, pixels.shape[1], pixels.shape[0])
    from PIL import Image, PngImagePlugin  # on use: half of the start of a command otherwise

    image = Image.fromarray(np.ascontiguousarray(pixels))
    options: dict[str, Any] = {"dpi": (dpi, dpi)}
    if path.suffix.lower() == ".png":
        info = PngImagePlugin.PngInfo()
        info.add_text("Software", _CREATOR)
        options |= {"format": "PNG", "pnginfo": info}
    else:
        options |= {"format": "TIFF", "compression": "tiff_lzw", "software": _CREATOR}
    with replace_file(path) as temporary:
        image.save(temporary, **options)
