"""Pictures: opened to their bare pixels, turned upright, and written anew, so that nothing but the pixels goes on."""

import struct
from contextlib import suppress
from io import BytesIO

import pillow_heif
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from foundation.confinement import Refused

# The largest cameras of telephones make 200 million pixels; a JPEG of that size is opened at half its sides.
PIXELS_MOST = 50_000_000
QUALITY = 90
DAMAGED, TOO_MANY_PIXELS = "damaged", "too_many_pixels"

# By the name of what is opened: as what it is written anew, and what kind that is.
WRITTEN = {
    "JPEG": ("JPEG", "image/jpeg"),
    "MPO": ("JPEG", "image/jpeg"),
    "HEIF": ("JPEG", "image/jpeg"),
    "PNG": ("PNG", "image/png"),
    "WEBP": ("WEBP", "image/webp"),
    "GIF": ("GIF", "image/gif"),
    "BMP": ("BMP", "image/bmp"),
    "TIFF": ("TIFF", "image/tiff"),
}
# A JPEG with several pictures is opened as a JPEG first.
OPENED = [name for name in WRITTEN if name != "MPO"]
MODES = {"JPEG": ("L", "RGB", "CMYK"), "BMP": ("L", "RGB"), "GIF": ("L", "P")}
ANY_MODE = ("L", "LA", "RGB", "RGBA")

# A child can start but few threads; pictures beside the first are not looked at.
pillow_heif.options.DECODE_THREADS = 1
pillow_heif.options.THUMBNAILS = False
pillow_heif.options.AUX_IMAGES = False
pillow_heif.options.DEPTH_IMAGES = False
pillow_heif.register_heif_opener()
Image.init()
# Asked for by ourselves below, and sooner.
Image.MAX_IMAGE_PIXELS = None


def clean(content: bytes) -> tuple[str, bytes]:
    """A picture of the same kind, or a JPEG for a HEIC picture; of one that moves the first. Raises Refused."""
    try:
        picture = Image.open(BytesIO(content), formats=OPENED)
        written, kind = WRITTEN[picture.format or ""]
        return kind, _written(_bare(picture, written), written)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, KeyError, struct.error) as error:
        raise Refused(DAMAGED) from error


def _bare(picture: Image.Image, written: str) -> Image.Image:
    if picture.width * picture.height > PIXELS_MOST:
        # Only a JPEG can be opened smaller than it is, and only by halves.
        picture.draft(None, (picture.width // 2, picture.height // 2))
    if picture.width * picture.height > PIXELS_MOST:
        raise Refused(TOO_MANY_PIXELS)
    picture.load()
    upright = _in_common_colours(ImageOps.exif_transpose(picture))
    allowed = MODES.get(written, ANY_MODE)
    if upright.mode not in allowed:
        upright = upright.convert("RGBA" if "RGBA" in allowed and upright.has_transparency_data else "RGB")
    # What a writer would take over from here: comments, profiles, resolutions, and what programs left.
    upright.info = {}
    return upright


def _in_common_colours(picture: Image.Image) -> Image.Image:
    """Colours as every screen shows them, since the profile of a camera or a screen may be one of a kind."""
    profile = picture.info.get("icc_profile")
    if profile and picture.mode in ("RGB", "RGBA"):
        # A profile that cannot be read changes nothing.
        with suppress(ImageCms.PyCMSError, OSError):
            common = ImageCms.profileToProfile(picture, ImageCms.ImageCmsProfile(BytesIO(profile)), _SRGB)
            return common or picture
    return picture


_SRGB = ImageCms.createProfile("sRGB")


def _written(picture: Image.Image, written: str) -> bytes:
    out = BytesIO()
    picture.save(out, written, quality=QUALITY) if written in ("JPEG", "WEBP") else picture.save(out, written)
    return out.getvalue()
