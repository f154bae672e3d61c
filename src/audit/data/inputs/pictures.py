"""One picture file to pixels, with Pillow: raster formats only, every surprise refused."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from audit.errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image

Mode = Literal["grey", "rgb"]
Size = tuple[int, int]
Pixels = NDArray[np.uint8]

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
MODES: dict[str, Mode] = {"L": "grey", "RGB": "rgb"}
PILLOW: dict[Mode, str] = {"grey": "L", "rgb": "RGB"}
KINDS = {"GIF": ("L", "P", "RGB")}
WORDS = {
    "1": "black and white only",
    "P": "a palette",
    "LA": "grey with transparency",
    "La": "grey with transparency",
    "PA": "a palette with transparency",
    "RGBA": "colours with transparency",
    "RGBa": "colours with transparency",
    "CMYK": "printing colours (CMYK)",
    "YCbCr": "brightness and colour difference (YCbCr)",
    "I": "32 bit numbers",
    "F": "32 bit numbers",
}
PNG = b"\x89PNG\r\n\x1a\n"
DEPTH = 24  # where the header of a PNG says how many bits a value has
SIXTEEN = 16


def decoded(file: IO[bytes], name: str, *, size: Size | None, mode: Mode | None) -> Pixels:
    """Return the pixels of a picture, shape (height, width, channels).

    Parameters
    ----------
    file : binary file
    name : str
        The row and file, for messages.
    size : tuple of int or None
        Height and width that it must have.
    mode : {"grey", "rgb"} or None
        What it must be.

    Raises
    ------
    DataError
        If it is something else, or cannot be decoded.
    """
    with _told(name):
        picture, found = _opened(file, name, mode)
        shape = (picture.height, picture.width)
        if size is not None and shape != size:
            raise DataError(
                f"{name}: expected {size_words(size)}, came {size_words(shape)}",
                "bring all images to one size, and state it: size: [HEIGHT, WIDTH]",
            )
        return _array(picture, found)


def tiles(file: IO[bytes], name: str, *, size: Size, mode: Mode | None) -> Iterator[Pixels]:
    """Give each line of equal tiles of one large picture, (tiles, height, width, channels).

    Raises
    ------
    DataError
        If the picture is no whole number of tiles high and wide, or cannot be decoded.
    """
    height, width = size
    with _told(name):
        picture, found = _opened(file, name, mode)
        if picture.height % height or picture.width % width:
            raise DataError(
                f"{name}: expected whole tiles of {size_words(size)}, came a sheet of "
                f"{size_words((picture.height, picture.width))}",
                "check size: [HEIGHT, WIDTH]",
            )
        picture.load()
    for top in range(0, picture.height, height):
        line = _array(picture.crop((0, top, picture.width, top + height)), found)
        yield line.reshape(height, -1, width, line.shape[-1]).swapaxes(0, 1)


def size_words(size: Size) -> str:
    """Return a size in words."""
    return f"{size[0]} × {size[1]} pixels (height × width)"


def _opened(file: IO[bytes], name: str, wanted: Mode | None) -> tuple[Image, Mode]:
    """Return a picture, not decoded yet, and what it is to be."""
    from PIL import Image

    head = file.read(DEPTH + 1)
    file.seek(0)
    picture = Image.open(file, formats=FORMATS)
    _require_plain(picture, head, name)
    mode = MODES.get(picture.mode, "rgb")
    if picture.format == "GIF":
        # Its colours stand in a palette, greys among them: it is rgb unless grey is wanted.
        mode = "grey" if wanted == "grey" and _all_grey(picture) else "rgb"
    if wanted is not None and mode != wanted:
        raise DataError(
            f"{name}: expected a picture in {wanted}, came one in {mode}",
            f"save it as {wanted}: image.convert({PILLOW[wanted]!r}) in Pillow",
        )
    return picture, mode


def _all_grey(picture: Image) -> bool:
    if picture.mode == "RGB":
        return False
    palette = np.array(picture.getpalette() or ()).reshape(-1, 3)
    return bool((palette == palette[:, :1]).all())


def _array(picture: Image, mode: Mode) -> Pixels:
    plain = picture if picture.mode == PILLOW[mode] else picture.convert(PILLOW[mode])
    values: NDArray[Any] = np.asarray(plain, dtype=np.uint8)
    return values.reshape(*values.shape[:2], -1)


def _require_plain(picture: Image, head: bytes, name: str) -> None:
    kinds = KINDS.get(str(picture.format), tuple(MODES))
    deep = head.startswith(PNG) and head[DEPTH] == SIXTEEN
    if picture.mode in kinds and "transparency" not in picture.info and not deep:
        return
    came = WORDS.get(picture.mode, f"mode {picture.mode}")
    if deep or picture.mode.startswith("I;"):
        came = "16 bits a value"
    elif picture.mode in kinds:
        came = "a transparent colour"
    raise DataError(
        f"{name}: expected a picture in grey or rgb with 8 bits a value, came {came}",
        "save it so: image.convert('RGB') or image.convert('L') in Pillow",
    )


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Turn whatever a broken file makes Pillow raise into one line."""
    from PIL import UnidentifiedImageError
    from PIL.Image import DecompressionBombError, DecompressionBombWarning

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", DecompressionBombWarning)
            yield
    except DataError:
        raise
    except (DecompressionBombError, DecompressionBombWarning) as error:
        raise DataError(
            f"{name}: the picture is too large to open: {error}", "cut it into smaller ones"
        ) from error
    except UnidentifiedImageError as error:
        raise DataError(
            f"{name}: expected a picture in one of {', '.join(FORMATS)}, came another file",
            "save it as PNG, or leave the row out",
        ) from error
    except Exception as error:  # decoders raise all sorts on a broken file
        raise DataError(
            f"{name}: the picture cannot be decoded: {error}", "replace it, or leave the row out"
        ) from error
