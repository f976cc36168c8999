"""Files as sources send them, each with something planted that a cleaned copy must not carry."""

import struct
import zlib
from functools import cache
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pikepdf
import pillow_heif
from pikepdf import Array, AttachedFileSpec, Dictionary, Name, Stream, String
from PIL import Image

MAKER, WRITER, DELETED, ATTACHED = "Perimont Q7", "Ottoline Brack", "the deleted words", "the attached words"
SCRIPT, EARLIER, LINK = "app.alert('planted')", "an earlier version", "https://example.org/court"
ORIENTATION, MAKE, ARTIST, GPS = 0x0112, 0x010F, 0x013B, 0x8825
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODT = "application/vnd.oasis.opendocument.text"


def _marks() -> Image.Exif:
    marks = Image.Exif()
    marks[MAKE], marks[ARTIST], marks[ORIENTATION] = MAKER, WRITER, 6
    marks.get_ifd(GPS).update({1: "N", 2: (46.0, 12.0, 3.0), 3: "E", 4: (6.0, 8.0, 1.0)})
    return marks


@cache
def picture(form: str = "JPEG", sides: tuple[int, int] = (40, 30)) -> bytes:
    """A picture with its place, its camera and its maker, that is to be turned a quarter."""
    made, drawn = BytesIO(), Image.linear_gradient("L").resize(sides).convert("RGB")
    if form == "HEIF":
        pillow_heif.from_pillow(drawn).save(made, exif=_marks().tobytes(), quality=80)
    else:
        drawn.save(made, form, exif=_marks())
    return made.getvalue()


def place_in(content: bytes) -> dict[int, object]:
    """Where a picture was taken, as far as it says so."""
    return dict(Image.open(BytesIO(content)).getexif().get_ifd(GPS))


def huge_picture(side: int = 60_000) -> bytes:
    """A small file that says of itself that it holds billions of pixels, and does."""
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compressobj(9)
    packed = b"".join(rows.compress(bytes(side // 8 + 1)) for _ in range(200)) + rows.flush()
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


@cache
def pdf(password: str = "") -> bytes:
    """A document that runs scripts, holds a file and a photograph, and tells who made it and who remarked on it."""
    made = pikepdf.new()
    page = made.add_blank_page()
    page.Resources = Dictionary(XObject=Dictionary(A=_photograph(made, packed=False), B=_photograph(made, packed=True)))
    page.Contents = Stream(made, b"q 40 0 0 30 0 0 cm /A Do Q % what the page shows")
    script = Dictionary(S=Name.JavaScript, JS=String(SCRIPT))
    link = Dictionary(S=Name.URI, URI=String(LINK), Next=script)
    page.AA = Dictionary(O=script)
    page.Annots = Array(
        [
            _note("/Text", T=String(WRITER), Contents=String("a remark"), M=String("D:20261103")),
            _note("/Link", A=link),
            _note("/Link", A=Dictionary(S=Name.Launch, F=String("planted.exe"))),
            _note("/FileAttachment", FS=Dictionary(F=String(ATTACHED))),
        ]
    )
    made.Root.OpenAction = script
    made.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("planted"), script])))
    made.attachments["planted.txt"] = AttachedFileSpec(made, ATTACHED.encode(), filename="planted.txt")
    made.docinfo["/Author"] = WRITER
    with made.open_metadata() as metadata:
        metadata["dc:creator"] = [WRITER]
    out = BytesIO()
    lock = pikepdf.Encryption(owner=password, user=password) if password else False
    mode = pikepdf.ObjectStreamMode.disable
    made.save(out, compress_streams=False, object_stream_mode=mode, encryption=lock)
    return out.getvalue()


def _photograph(made: pikepdf.Pdf, packed: bool) -> Stream:
    one = Stream(made, zlib.compress(picture()) if packed else picture())
    one.Type, one.Subtype, one.ColorSpace, one.BitsPerComponent = Name.XObject, Name.Image, Name.DeviceRGB, 8
    one.Width, one.Height = 40, 30
    one.Filter = Array([Name.FlateDecode, Name.DCTDecode]) if packed else Name.DCTDecode
    return one


def _note(kind: str, **more: object) -> Dictionary:
    return Dictionary(Type=Name.Annot, Subtype=Name(kind), Rect=[0, 0, 9, 9], **more)


def everything_in_pdf(content: bytes) -> bytes:
    """All that a PDF says, unpacked."""
    out = BytesIO()
    with pikepdf.open(BytesIO(content)) as opened:
        level = pikepdf.StreamDecodeLevel.generalized
        mode = pikepdf.ObjectStreamMode.disable
        opened.save(out, compress_streams=False, stream_decode_level=level, object_stream_mode=mode)
        raw = [bytes(one.read_raw_bytes()) for one in opened.objects if isinstance(one, Stream)]
    return out.getvalue() + b"".join(raw)


WORDS = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
)
RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'


def _relation(id_: str, kind: str, target: str, external: bool = False) -> str:
    mode = ' TargetMode="External"' if external else ""
    return f'<Relationship Id="{id_}" Type="http://example.org/{kind}" Target="{target}"{mode}/>'


def docx(**more: bytes | str) -> bytes:
    """A document with tracked changes, a comment, a photograph, a template on somebody's disk, and a macro."""
    by = f'w:author="{WRITER}" w:date="2026-11-03"'
    run = "<w:r><w:t>{}</w:t></w:r>"
    return zipped(
        {
            "[Content_Types].xml": "<Types><Default Extension='xml' ContentType='application/xml'/>"
            "<Override PartName='/word/document.xml' ContentType='x'/>"
            "<Override PartName='/docProps/core.xml' ContentType='x'/></Types>",
            "_rels/.rels": RELATIONS.format(
                _relation("r1", "officeDocument", "word/document.xml") + _relation("r2", "core", "docProps/core.xml")
            ),
            "docProps/core.xml": f"<core>{WRITER}</core>",
            "customXml/item1.xml": f"<item>{WRITER}</item>",
            "word/vbaProject.bin": ATTACHED,
            "word/document.xml": f'<w:document {WORDS}><w:body><w:p w:rsidR="00C0FFEE">{run.format("kept words")}'
            f"<w:ins {by}>{run.format('inserted words')}</w:ins>"
            f"<w:del {by}><w:r><w:delText>{DELETED}</w:delText></w:r></w:del>"
            f'<w:hyperlink r:id="r4">{run.format("words of a link")}</w:hyperlink>'
            '<a:blip r:embed="r1"/><a:blip r:link="r2"/></w:p></w:body></w:document>',
            "word/_rels/document.xml.rels": RELATIONS.format(
                _relation("r1", "image", "media/image1.jpeg")
                + _relation("r2", "image", "https://planted.example/dot.png", external=True)
                + _relation("r3", "comments", "comments.xml")
                + _relation("r4", "hyperlink", f"file:///home/{WRITER}/notes.docx", external=True)
                + _relation("r5", "hyperlink", LINK, external=True)
            ),
            "word/comments.xml": f'<w:comments {WORDS}><w:comment w:id="1" {by} w:initials="OB">'
            f"{run.format('a remark')}</w:comment></w:comments>",
            "word/settings.xml": f'<w:settings {WORDS}><w:attachedTemplate r:id="r1"/>'
            '<w:rsids><w:rsid w:val="00C0FFEE"/></w:rsids></w:settings>',
            "word/_rels/settings.xml.rels": RELATIONS.format(
                _relation("r1", "attachedTemplate", f"file:///home/{WRITER}/letter.dotx", external=True)
            ),
            "word/media/image1.jpeg": picture(),
            **more,
        }
    )


def odt(**more: bytes | str) -> bytes:
    """The same in the other family of files."""
    spaces = (
        'xmlns:office="o" xmlns:text="t" xmlns:dc="d" xmlns:draw="w" xmlns:style="s" xmlns:officeooo="r"'
        ' xmlns:xlink="http://www.w3.org/1999/xlink"'
    )
    return zipped(
        {
            "mimetype": ODT,
            "content.xml": f'<office:document-content {spaces}><style:style officeooo:rsid="00C0FFEE"/><text:body>'
            f"<text:tracked-changes><text:deletion>{DELETED}<dc:creator>{WRITER}</dc:creator></text:deletion>"
            '</text:tracked-changes><text:p>kept words<text:change-start text:change-id="1"/>inserted words'
            f'<text:change-end text:change-id="1"/><office:annotation><dc:creator>{WRITER}</dc:creator>'
            "<dc:date>2026-11-03</dc:date><text:p>a remark</text:p></office:annotation>words behind"
            '<draw:image xlink:href="https://planted.example/dot.png"/><draw:image xlink:href="Pictures/a.jpg"/>'
            f'<text:a xlink:href="file:///home/{WRITER}/notes.odt">words of a link</text:a>'
            f'<text:a xlink:href="{LINK}">a link</text:a></text:p></text:body></office:document-content>',
            "meta.xml": f"<meta>{WRITER}</meta>",
            "settings.xml": f"<settings>{ATTACHED}</settings>",
            "Thumbnails/thumbnail.png": DELETED,
            "Pictures/a.jpg": picture(),
            "META-INF/manifest.xml": '<m:manifest xmlns:m="m"><m:file-entry m:full-path="/"/>'
            '<m:file-entry m:full-path="meta.xml"/><m:file-entry m:full-path="content.xml"/></m:manifest>',
            **more,
        }
    )


def zipped(parts: dict[str, bytes | str]) -> bytes:
    """A zip file of these parts."""
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content, 0 if name == "mimetype" else ZIP_DEFLATED)
    return made.getvalue()


def everything_in_zip(content: bytes) -> bytes:
    """All that the parts of a package say, with their names."""
    with ZipFile(BytesIO(content)) as package:
        return b"\n".join(name.encode() + b"\n" + package.read(name) for name in package.namelist())
