"""Pictures inside documents: what cameras and programs wrote into them is cut out, and no pixel changes."""

# Of ITU-T T.81: what starts a scan, after which only pixels follow. Kept besides the tables are what tells how to read
# the colours: APP0 (JFIF), APP2 (profile) and APP14 (Adobe).
START, SCAN = b"\xff\xd8", 0xDA
MARKED, COMMENT = range(0xE0, 0xF0), 0xFE
NEEDED = (0xE0, 0xE2, 0xEE)
# Of ISO/IEC 15444-1: boxes in which others put what they like.
BOX_HEAD = 8
OTHERS_BOXES = (b"uuid", b"xml ", b"uinf")


def bare_jpeg(content: bytes) -> bytes:
    """A JPEG without what it tells of its making. What does not look like one is given back empty."""
    if not content.startswith(START):
        return b""
    kept, place = [START], len(START)
    while place + 4 <= len(content) and content[place] == 0xFF:
        mark = content[place + 1]
        if mark == 0xFF:
            # Any number of these may stand before a mark.
            place += 1
            continue
        if mark == SCAN:
            return b"".join([*kept, content[place:]])
        end = place + 2 + int.from_bytes(content[place + 2 : place + 4])
        if mark in NEEDED or (mark not in MARKED and mark != COMMENT):
            kept.append(content[place:end])
        place = end
    return b""


def bare_jp2(content: bytes) -> bytes:
    """A JPEG 2000 without boxes that others filled. A bare stream of pixels is given back as it is."""
    if content.startswith(b"\xff\x4f"):
        return content
    kept, place = [], 0
    while place + BOX_HEAD <= len(content):
        length, name = int.from_bytes(content[place : place + 4]), content[place + 4 : place + 8]
        if length == 1:
            length = int.from_bytes(content[place + 8 : place + 16])
        end = len(content) if length == 0 else place + max(length, BOX_HEAD)
        if name not in OTHERS_BOXES:
            kept.append(content[place:end])
        place = end
    return b"".join(kept)
