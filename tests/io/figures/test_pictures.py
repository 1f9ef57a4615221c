"""PNG and TIFF with their resolution and transparency."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from patterson_gui.errors import UserError
from patterson_gui.io.figures.pictures import refuse_picture, write_picture

PIXELS = np.random.default_rng(1).integers(0, 256, (30, 40, 4), dtype=np.uint8)


@pytest.mark.parametrize("ending", ["png", "tif", "tiff", "TIFF"])
@pytest.mark.parametrize("channels", [3, 4])
def test_writes_the_pixels_and_the_resolution(tmp_path: Path, ending: str, channels: int) -> None:
    path = tmp_path / f"picture.{ending}"
    write_picture(path, PIXELS[..., :channels], 600.0)
    with Image.open(path) as image:
        assert image.format == ("PNG" if ending == "png" else "TIFF")
        assert np.array_equal(np.asarray(image), PIXELS[..., :channels])
        assert image.info["dpi"] == pytest.approx((600, 600), rel=1e-4)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "size", "words"),
    [
        ("a.jpg", (10, 10), "PNG or TIFF"),
        ("a.png", (0, 10), "choose a larger size"),
        ("a.png", (20_000, 20_000), "is too large: choose at most 100 million"),
        ("a.png", (40_000, 1), "30,000 along an edge"),
    ],
)
def test_refuses_other_formats_and_sizes(
    tmp_path: Path, name: str, size: tuple[int, int], words: str
) -> None:
    with pytest.raises(UserError, match=words):
        refuse_picture(tmp_path / name, *size)
    assert not list(tmp_path.iterdir())
