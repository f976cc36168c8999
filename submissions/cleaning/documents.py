"""PDF documents: written anew with what their pages show, and without what acts, tells of its maker, or is attached."""

import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from foundation.confinement import Refused
from submissions.cleaning import marks

LOCKED, DAMAGED = "locked", "damaged"

# Of ISO 32000-2: what makes a document do something, what tells of programs, persons and times, and what is attached.
NOWHERE = (
    "/AA",
    "/AF",
    "/JS",
    "/LGIDict",
    "/LastModified",
    "/Measure",
    "/Metadata",
    "/PieceInfo",
    "/PtData",
    "/RichMediaContent",
    "/RichMediaSettings",
    "/Thumb",
    "/VP",
    "/XFA",
)
NOT_IN_CATALOG = ("/Collection", "/DSS", "/Legal", "/OpenAction", "/Perms", "/SpiderInfo", "/Threads", "/URI")
NOT_AMONG_NAMES = ("/AlternatePresentations", "/EmbeddedFiles", "/JavaScript", "/Renditions")
NOT_OF_A_NOTE = ("/CreationDate", "/M", "/NM", "/Popup", "/T")
OF_A_SIGNATURE = (
    "/ByteRange",
    "/Cert",
    "/ContactInfo",
    "/Contents",
    "/Location",
    "/M",
    "/Name",
    "/Prop_Build",
    "/Reason",
)
# What stands on a page and holds, plays or fetches something of its own.
NO_NOTES = ("/3D", "/FileAttachment", "/Movie", "/Popup", "/RichMedia", "/Screen", "/Sound")
# A link may lead to a page or to an address, which a person sees and presses; it starts nothing.
ACTIONS = ("/GoTo", "/URI")


def clean(content: bytes) -> tuple[str, bytes]:
    """The document without scripts, actions, attachments, authors, dates and earlier versions. Raises Refused."""
    try:
        with pikepdf.open(BytesIO(content)) as pdf:
            _strip(pdf)
            out = BytesIO()
            # What nothing leads to any more is not written, and earlier versions are not either.
            pdf.save(out, deterministic_id=True, encryption=False)
    except pikepdf.PasswordError as error:
        raise Refused(LOCKED) from error
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError, RuntimeError) as error:
        raise Refused(DAMAGED) from error
    return "", out.getvalue()


def _strip(pdf: pikepdf.Pdf) -> None:
    for name in ("/Info", "/ID"):
        if name in pdf.trailer:
            del pdf.trailer[name]
    _without(pdf.Root, NOT_IN_CATALOG)
    if isinstance(pdf.Root.get("/Names"), Dictionary):
        _without(pdf.Root.Names, NOT_AMONG_NAMES)
    for thing in _every(pdf):
        _strip_one(thing)


def _every(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """Every dictionary, also those that stand inside others. What was seen is not gone into again."""
    waiting: list[Any] = [pdf.Root, *pdf.objects]
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, Array):
            waiting.extend(one for one in thing if _stands_inside(one))
            continue
        if isinstance(thing, Dictionary | Stream):
            yield thing
            waiting.extend(one for one in thing.values() if _stands_inside(one))


def _stands_inside(thing: Any) -> bool:
    # An object with a number of its own is found by that number.
    return isinstance(thing, Array | Dictionary | Stream) and not thing.is_indirect


def _strip_one(thing: Any) -> None:
    _without(thing, NOWHERE)
    for name in ("/A", "/PA"):
        if not _is_allowed_action(thing.get(name)):
            _without(thing, (name,))
    if "/S" in thing:
        # An action goes on to another by this; an outline, which has no /S, to its next heading.
        _without(thing, ("/Next",))
    if "/ByteRange" in thing:
        _without(thing, OF_A_SIGNATURE)
    if isinstance(thing.get("/Annots"), Array):
        thing.Annots = Array([note for note in thing.Annots if _is_harmless_note(note)])
    # In a field of a form /T is the name of the field, and so it is in what such fields are gathered under.
    if thing.get("/Type") == Name.Annot or "/Rect" in thing:
        own = NOT_OF_A_NOTE if thing.get("/Subtype") != Name.Widget else ("/M", "/NM")
        _without(thing, own)
    if isinstance(thing, Stream):
        _strip_picture(thing)


def _is_allowed_action(thing: Any) -> bool:
    # Attributes of a structure element stand under /A as well, and have an owner instead of a kind of action.
    return not isinstance(thing, Dictionary) or "/S" not in thing or str(thing.get("/S")) in ACTIONS


def _is_harmless_note(note: Any) -> bool:
    return isinstance(note, Dictionary) and str(note.get("/Subtype")) not in NO_NOTES


def _without(thing: Any, names: tuple[str, ...]) -> None:
    for name in names:
        if name in thing:
            del thing[name]


def _strip_picture(stream: Stream) -> None:
    """Take out of a photograph inside the document what its camera wrote, and leave its pixels as they are."""
    filters = [str(one) for one in _listed(stream.get("/Filter"))]
    if not filters or filters[-1] not in STRIPPED:
        return
    packed = stream.read_raw_bytes()
    for name in filters[:-1]:
        if name != "/FlateDecode":
            raise Refused(DAMAGED)
        packed = zlib.decompress(packed)
    wanted = _listed(stream.get("/DecodeParms"))[-1:]
    stream.write(STRIPPED[filters[-1]](packed), filter=Name(filters[-1]), decode_parms=wanted[0] if wanted else None)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, Array) else [value]


STRIPPED: dict[str, Callable[[bytes], bytes]] = {"/DCTDecode": marks.bare_jpeg, "/JPXDecode": marks.bare_jp2}
