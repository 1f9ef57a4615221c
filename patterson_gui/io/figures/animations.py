"""Write animations as GIF or, where imageio-ffmpeg is installed, as MP4."""

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patterson_gui.errors import UserError
from patterson_gui.io.files import refuse_unwritable, replace_file

ENDINGS = (".gif", ".mp4")
Frame = NDArray[np.uint8]  # (height, width, 3) red, green, blue
_GIF_TICK = 0.01  # s; the format counts in these, and many programs do not show less than two
_GIF_FASTEST = 0.02


def video_blocked() -> str | None:
    """Why no MP4 can be written, a sentence; None where one can."""
    if find_spec("imageio_ffmpeg") is not None:
        return None
    return "MP4 needs imageio-ffmpeg: install it with pip install 'patterson-gui[video]'."


def refuse_animation(path: Path) -> None:
    """Raise `UserError` for another ending, a missing library, or an unwritable place."""
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise UserError(
            f"Animations are saved as GIF or MP4: end the name {path.name!r} in .gif or .mp4."
        )
    if ending == ".mp4" and (blocked := video_blocked()) is not None:
        raise UserError(blocked)
    refuse_unwritable(path)


def write_animation(path: Path, frames: Iterable[Frame], n_frames: int, seconds: float) -> None:
    """Write frames of equal size as GIF, which repeats without end, or MP4, by the file ending.

    Parameters
    ----------
    frames : taken one after another, so that they need not be in memory together. What they raise
        leaves no file.
    seconds : of the whole animation. A GIF counts in hundredths of a second for each frame.

    Raises
    ------
    UserError : another ending, no frames, no time, or the file cannot be written.
    """
    refuse_animation(path)
    if n_frames < 1 or not seconds > 0:
        raise UserError("An animation needs frames and time: choose at least one frame and 0.1 s.")
    with replace_file(path) as temporary:
        if path.suffix.lower() == ".gif":
            _write_gif(temporary, iter(frames), seconds / n_frames)
        else:
            _write_mp4(temporary, iter(frames), n_frames / seconds)


def _write_gif(path: Path, frames: Iterator[Frame], step: float) -> None:
    from PIL import Image

    first = next(frames)
    # One palette for all frames: of several, the same colour would flicker. Its last colour is that
    # of the corner, exactly: the others are averages, and white would be grey.
    background = first[0, 0]
    no_dither = Image.Dither.NONE
    found = Image.fromarray(first).quantize(255, Image.Quantize.MEDIANCUT, dither=no_dither)
    known = (found.getpalette() or [])[: 3 * 255]
    colours = [*known, *(0,) * (3 * 255 - len(known)), *background.tolist()]

    def fitted(frame: Frame) -> Image.Image:
        nearest = np.array(Image.fromarray(frame).quantize(palette=found, dither=no_dither))
        nearest[(frame == background).all(axis=-1)] = 255
        image = Image.fromarray(nearest)
        image.putpalette(colours)
        return image

    milliseconds = 1000 * max(round(step / _GIF_TICK) * _GIF_TICK, _GIF_FASTEST)
    fitted(first).save(
        path, format="GIF", save_all=True, append_images=map(fitted, frames),
        duration=round(milliseconds), loop=0, optimize=False, comment=b"patterson_gui",
    )  # fmt: skip


def _write_mp4(path: Path, frames: Iterator[Frame], rate: float) -> None:
    import imageio_ffmpeg

    first = _even(next(frames))
    size = (first.shape[1], first.shape[0])
    # -f: the name of the temporary file does not tell the format. yuv420p: what players read.
    writer: Any = imageio_ffmpeg.write_frames(
        str(path), size, pix_fmt_in="rgb24", pix_fmt_out="yuv420p", fps=rate, codec="libx264",
        quality=None, macro_block_size=2, ffmpeg_log_level="error",
        output_params=["-crf", "16", "-preset", "medium", "-movflags", "+faststart", "-f", "mp4"],
    )  # fmt: skip
    writer.send(None)
    try:
        for frame in chain([first], map(_even, frames)):
            writer.send(np.ascontiguousarray(frame))
    except (OSError, BrokenPipeError) as error:
        raise UserError(
            f"{path.name} could not be written ({error}): check that the disk has room, or save a "
            "GIF."
        ) from error
    finally:
        writer.close()
    if path.stat().st_size == 0:
        raise UserError("The video could not be encoded: save a GIF, or choose another size.")


def _even(frame: Frame) -> Frame:
    """Cut to an even number of pixels, which the compression needs."""
    return frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2]
