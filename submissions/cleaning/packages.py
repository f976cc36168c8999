"""Office files: zip files of XML parts, written anew without who, when, where from, and what was there before.

Changes that were tracked are accepted: what was deleted is gone, what was inserted stands. Comments stay, since they
say something, without who wrote them and when. What is fetched from elsewhere and programs inside are dropped.
"""

import codecs
import posixpath
import re
from collections.abc import Callable
from functools import partial
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from lxml import etree

from foundation.confinement import Refused
from submissions.cleaning import pictures
from submissions.cleaning.office_words import strip_office, strip_relations, strip_types
from submissions.cleaning.open_words import strip_manifest, strip_open
from submissions.cleaning.trees import Element

Parts = dict[str, bytes]

LOCKED, DAMAGED, TOO_MUCH_INSIDE = "locked", "damaged", "too_much_inside"
PARTS_MOST = 5_000
INSIDE_MOST = 300 * 1024 * 1024
PIECE = 1024 * 1024
LONG_AGO = (1980, 1, 1, 0, 0, 0)
PICTURES = re.compile(r".*\.(jpe?g|jfif|png|webp|gif|bmp|tiff?)", re.IGNORECASE)
DRAWINGS = re.compile(r".*\.(emf|wmf)", re.IGNORECASE)
XML = re.compile(r".*\.(xml|rels|vml)", re.IGNORECASE)
ENCRYPTED = "encryption-data"
# Names in zip files are written in one of these; Python would look for the older one only when it meets it.
for encoding in ("cp437", "utf-8"):
    codecs.lookup(encoding)

# Parts that a reader does not need: who wrote it, programs, what is embedded, and earlier versions.
NOT_IN_OFFICE = re.compile(
    r"docprops/.*|customxml/.*|.*/(activex|embeddings|printersettings|revisions|externallinks|persons|webextensions|"
    r"customxml|ctrlprops|querytables)/.*|.*/(vbaproject\.bin|vbadata\.xml|people\.xml|connections\.xml|"
    r"commentsextensible\.xml|attachedtoolbars\.bin|glossary/.*)|_xmlsignatures/.*|.*\.(bin|mp3|mp4|m4a|wav|wmv|avi|mov|svg)",
    re.IGNORECASE,
)
NOT_IN_OPEN = re.compile(
    r"(.*/)?(meta\.xml|settings\.xml|manifest\.rdf|layout-cache|versionlist\.xml)|"
    r"(.*/)?(thumbnails|basic|scripts|dialogs|configurations2|versions|media)/.*|meta-inf/(?!manifest\.xml).*|.*\.svg",
    re.IGNORECASE,
)


def clean_office(content: bytes) -> tuple[str, bytes]:
    """A document, table or set of slides of Office Open XML (ECMA-376). Raises Refused."""
    parts = _parts(content, NOT_IN_OFFICE)
    lost = _lost_relations(parts)
    for name in parts:
        if name == "[Content_Types].xml":
            parts[name] = _stripped(parts[name], lambda tree: strip_types(tree, parts))
        elif XML.fullmatch(name) and not name.endswith(".rels"):
            parts[name] = _stripped(parts[name], partial(strip_office, lost=lost.get(name, frozenset())))
    return "", _packed(parts)


def clean_open(content: bytes) -> tuple[str, bytes]:
    """A document, table or set of slides of OpenDocument (ISO/IEC 26300). Raises Refused."""
    parts = _parts(content, NOT_IN_OPEN)
    for name in parts:
        if name == "META-INF/manifest.xml":
            parts[name] = _stripped(parts[name], lambda tree: strip_manifest(tree, parts))
        elif XML.fullmatch(name):
            parts[name] = _stripped(parts[name], strip_open)
    return "", _packed(parts)


def _parts(content: bytes, left_out: re.Pattern[str]) -> Parts:
    try:
        with ZipFile(BytesIO(content)) as package:
            listed = [one for one in package.infolist() if not one.is_dir()]
            if len(listed) > PARTS_MOST:
                raise Refused(TOO_MUCH_INSIDE)
            if any(one.flag_bits & 1 for one in listed):
                raise Refused(LOCKED)
            room = [INSIDE_MOST]
            kept = [one for one in listed if not left_out.fullmatch(one.filename) and _is_known(one.filename)]
            return {one.filename: _cleaned(one.filename, _read(package, one, room)) for one in kept}
    except (BadZipFile, OSError, EOFError, ValueError, NotImplementedError, KeyError) as error:
        raise Refused(DAMAGED) from error


def _is_known(name: str) -> bool:
    return any(kind.fullmatch(name) for kind in (XML, PICTURES, DRAWINGS)) or name == "mimetype"


def _read(package: ZipFile, one: ZipInfo, room: list[int]) -> bytes:
    # What a package says of its sizes may be false, so what really comes out is counted.
    read = bytearray()
    with package.open(one) as part:
        while piece := part.read(PIECE):
            room[0] -= len(piece)
            if room[0] < 0:
                raise Refused(TOO_MUCH_INSIDE)
            read += piece
    return bytes(read)


def _cleaned(name: str, content: bytes) -> bytes:
    return pictures.clean(content)[1] if PICTURES.fullmatch(name) else content


def _lost_relations(parts: Parts) -> dict[str, frozenset[str]]:
    """Take out relations to what is not there any more; gives by part the ids that it must not use."""
    lost: dict[str, frozenset[str]] = {}
    for name in [one for one in parts if one.endswith(".rels")]:
        folder, own = posixpath.split(name)
        base = posixpath.dirname(folder)
        ids: set[str] = set()
        parts[name] = _stripped(parts[name], partial(strip_relations, base=base, parts=parts, lost=ids))
        lost[posixpath.join(base, own.removesuffix(".rels"))] = frozenset(ids)
    return lost


def _stripped(content: bytes, strip: Callable[[Element], None]) -> bytes:
    # A parser that has been used keeps what it saw, so each part gets its own.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        tree = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise Refused(DAMAGED) from error
    if tree.getroottree().docinfo.doctype:
        raise Refused(DAMAGED)
    if any(etree.QName(one).localname == ENCRYPTED for one in tree.iter(etree.Element)):
        raise Refused(LOCKED)
    strip(tree)
    made: bytes = etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True)
    return made


def _packed(parts: Parts) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as package:
        # Readers of OpenDocument look for this at a fixed place.
        for name in sorted(parts, key=lambda one: one != "mimetype"):
            one = ZipInfo(name, LONG_AGO)
            one.compress_type = ZIP_STORED if name == "mimetype" else ZIP_DEFLATED
            package.writestr(one, parts[name])
    return out.getvalue()
