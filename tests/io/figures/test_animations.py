"""GIF and MP4: the frames, their time, and what is left when writing stops."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from patterson_gui.errors import Cancelled, UserError
from patterson_gui.io.figures import animations
from patterson_gui.io.figures.animations import video_blocked, write_animation


def frames(n: int = 6, size: tuple[int, int] = (41, 60)) -> Iterator[NDArray[np.uint8]]:
    """A red column that moves to the right on white."""
    for i in range(n):
        frame = np.full((*size, 3), 255, np.uint8)
        frame[:, 10 * i : 10 * i + 10, 1:] = 0
        yield frame


def test_a_gif_has_the_frames_their_time_and_repeats(tmp_path: Path) -> None:
    path = tmp_path / "turn.gif"
    write_animation(path, frames(), 6, 3.0)
    with Image.open(path) as image:
        assert image.n_frames == 6
        assert image.info["loop"] == 0
        for i, wanted in enumerate(frames()):
            image.seek(i)
            assert image.info["duration"] == 500
            assert np.array_equal(np.asarray(image.convert("RGB")), wanted)
    assert list(tmp_path.iterdir()) == [path]


def test_the_background_of_a_gif_keeps_its_colour_among_many(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(245, 256, (2, 60, 80, 3), dtype=np.uint8)
    noise[:, :5] = 255
    write_animation(tmp_path / "turn.gif", iter(noise), 2, 1.0)
    with Image.open(tmp_path / "turn.gif") as image:
        for number in range(2):
            image.seek(number)
            assert (np.asarray(image.convert("RGB"))[:5] == 255).all()


def test_an_mp4_has_the_frames_and_their_time(tmp_path: Path) -> None:
    ffmpeg = pytest.importorskip(
        "imageio_ffmpeg", reason="imageio-ffmpeg, of the optional extra video, is not installed"
    )
    path = tmp_path / "turn.mp4"
    write_animation(path, frames(), 6, 3.0)
    command = [ffmpeg.get_ffmpeg_exe(), "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    about = done.stderr.decode()
    assert "60x40" in about  # even
    assert "2 fps" in about
    assert "Duration: 00:00:03.00" in about
    read = np.frombuffer(done.stdout, np.uint8).reshape(-1, 40, 60, 3)
    assert len(read) == 6
    red = [(frame[..., 0].astype(int) - frame[..., 1]).mean(axis=0) for frame in read]
    assert [int(np.argmax(np.convolve(row, np.ones(10), "valid"))) for row in red] == pytest.approx(
        [10 * i for i in range(6)], abs=1
    )


@pytest.mark.parametrize("ending", ["gif", "mp4"])
def test_a_stopped_animation_leaves_no_file(tmp_path: Path, ending: str) -> None:
    if ending == "mp4" and video_blocked():
        # An extra that users may leave out; what is said without it has a test of its own.
        pytest.skip("imageio-ffmpeg, of the optional extra video, is not installed")

    def stopping() -> Iterator[NDArray[np.uint8]]:
        yield from frames(3)
        raise Cancelled

    with pytest.raises(Cancelled):
        write_animation(tmp_path / f"turn.{ending}", stopping(), 6, 3.0)
    assert not list(tmp_path.iterdir())


def test_without_the_library_an_mp4_is_refused_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(animations, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'patterson-gui\[video\]'"):
        write_animation(tmp_path / "turn.mp4", frames(), 6, 3.0)
    write_animation(tmp_path / "turn.gif", frames(), 6, 3.0)


@pytest.mark.parametrize(
    ("name", "n", "seconds"), [("a.avi", 6, 1.0), ("a.gif", 0, 1.0), ("a.gif", 6, 0.0)]
)
def test_refuses_other_formats_and_empty_animations(
    tmp_path: Path, name: str, n: int, seconds: float
) -> None:
    with pytest.raises(UserError):
        write_animation(tmp_path / name, frames(), n, seconds)
