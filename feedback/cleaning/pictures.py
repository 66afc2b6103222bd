"""Pictures: drawn anew from their points, so that nothing but the points is left."""

from __future__ import annotations

import io

from PIL import Image, ImageOps, UnidentifiedImageError

from . import Refusal

MOST_SIDE = 4096  # points; a page of paper photographed at this size can be read in print
MOST_POINTS = 30_000_000  # decoded in full
MOST_JPEG_POINTS = 220_000_000  # these are decoded at a fraction of their size
QUALITY = 85
NAMES = {"jpeg": "JPEG", "png": "PNG", "gif": "GIF", "webp": "WEBP"}


def clean(data: bytes, format_: str) -> tuple[str, bytes]:
    """Format and bytes of the new picture: upright, at most MOST_SIDE wide and high.

    A moving picture keeps its first frame. Refusal: damaged, too-many-pixels.
    """
    Image.MAX_IMAGE_PIXELS = None  # our own bounds are checked before anything is decoded
    try:
        with Image.open(io.BytesIO(data), formats=[NAMES[format_]]) as picture:
            return _drawn(picture, format_)
    except Refusal:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise Refusal("damaged") from error


def _drawn(picture: Image.Image, format_: str) -> tuple[str, bytes]:
    width, height = picture.size
    if width * height > (MOST_JPEG_POINTS if format_ == "jpeg" else MOST_POINTS):
        raise Refusal("too-many-pixels")
    if format_ == "jpeg":
        picture.draft("RGB", (MOST_SIDE // 2, MOST_SIDE // 2))
        if picture.size[0] * picture.size[1] > MOST_POINTS:
            raise Refusal("too-many-pixels")
    picture.load()
    upright = ImageOps.exif_transpose(picture)
    # Animations and palettes become plain points; transparency is kept where there is some.
    mode = "RGBA" if upright.has_transparency_data else "RGB"
    points = upright.convert(mode)
    points.thumbnail((MOST_SIDE, MOST_SIDE))
    # A new picture knows nothing of the old one's notes, profiles and places.
    fresh = Image.frombytes(mode, points.size, points.tobytes())
    out = io.BytesIO()
    if format_ == "jpeg":
        fresh.save(out, "JPEG", quality=QUALITY, optimize=True)
        return "jpeg", out.getvalue()
    if format_ == "webp":
        fresh.save(out, "WEBP", quality=QUALITY)
        return "webp", out.getvalue()
    fresh.save(out, "PNG")
    return "png", out.getvalue()
