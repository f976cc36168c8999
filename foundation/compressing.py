"""Style sheets and signs leave compressed: on a slow line they are most of what the first page weighs.

Only files that are the same for everybody. A page may hold a secret beside words that somebody else chose, and the size
of both pressed together could give the secret away.
"""

import gzip
from functools import lru_cache

from flask import Response, request

WORTH_IT = frozenset({"text/css", "image/svg+xml"})
FILES = 8


def compress_files(response: Response) -> Response:
    """Press a whole file of the right kind for a browser that takes gzip; all else is left as it is."""
    if request.endpoint != "static" or response.mimetype not in WORTH_IT:
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code != 200 or request.accept_encodings["gzip"] <= 0:
        return response
    response.direct_passthrough = False
    response.set_data(_pressed(response.get_data()))
    response.headers["Content-Encoding"] = "gzip"
    tag, _weak = response.get_etag()
    if tag:
        # Not the same bytes any more, but the same file: a browser may still ask whether its own is the newest.
        response.set_etag(tag, weak=True)
    return response


@lru_cache(FILES)
def _pressed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)
