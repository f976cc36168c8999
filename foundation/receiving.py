"""Requests: files in them are sealed as they arrive, all else is bounded, and not too many large ones come at once."""

from io import RawIOBase
from threading import BoundedSemaphore
from typing import IO, Any, cast

from flask import Flask, Request, current_app, g, request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge, ServiceUnavailable

from foundation.faults import place_of
from foundation.uploads import Upload

SLOTS = 16
# A body of this size comes in a moment even by a slow line; in it no slot is taken.
SMALL = 256 * 1024
AGAIN_AFTER_SECONDS = 180


class TooManyAtOnce(ServiceUnavailable):
    """As many large bodies are being received as this process takes at once."""

    def __init__(self) -> None:
        super().__init__(retry_after=AGAIN_AFTER_SECONDS)


class SealingRequest(Request):
    """A request whose files never touch the disk as plain text: Werkzeug's own would write large ones there."""

    uploads: list[Upload]

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.uploads = []

    @property
    def is_large(self) -> bool:
        """Whether the body is too large to come in a moment, or does not say how large it is."""
        length = self.content_length
        return "HTTP_TRANSFER_ENCODING" in self.environ if length is None else length > SMALL

    def discard_uploads(self) -> None:
        """Remove every file that nobody has kept."""
        for upload in self.uploads:
            upload.discard()

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        upload = Upload(current_app.extensions["means"].storage)
        self.uploads.append(upload)
        return cast("IO[bytes]", upload)

    def _get_stream_for_parsing(self) -> IO[bytes]:
        return cast("IO[bytes]", Body(super()._get_stream_for_parsing(), self.uploads, self.max_form_memory_size))


class Body(RawIOBase):
    """A body of which at most `most` bytes may be anything but files. Reading raises RequestEntityTooLarge."""

    def __init__(self, body: IO[bytes], uploads: list[Upload], most: int | None) -> None:
        super().__init__()
        self._body, self._uploads, self._most, self._read = body, uploads, most, 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what comes next. What was read and went into no file is what lies in memory."""
        piece = self._body.read(len(buffer))
        buffer[: len(piece)] = piece
        self._read += len(piece)
        in_memory = self._read - sum(upload.size for upload in self._uploads)
        if self._most is not None and in_memory > self._most:
            raise RequestEntityTooLarge
        return len(piece)


def receive(app: Flask, slots: int) -> None:
    """Let a face receive files, in at most `slots` large bodies at once. Call it before whatever reads forms."""
    free = BoundedSemaphore(slots)

    @app.before_request
    def begin() -> None:
        if request.mimetype != "multipart/form-data":
            # Such a body is held in memory whole, whatever it is.
            request.max_content_length = request.max_form_memory_size
        if _own_request().is_large:
            # Nobody waits for a slot: a thread that waits would show no page to anybody.
            if not free.acquire(blocking=False):
                raise TooManyAtOnce
            g.holds_upload_slot = True

    @app.teardown_request
    def end(error: BaseException | None) -> None:
        try:
            _own_request().discard_uploads()
        except Exception as fault:  # noqa: BLE001 - the answer has been given; what stays is swept.
            app.logger.error("uploads could not be discarded: %s", place_of(fault))
        finally:
            if g.pop("holds_upload_slot", False):
                free.release()


def upload_of(file: FileStorage) -> Upload:
    """What was sealed of a file that came with this request."""
    return cast("Upload", file.stream)


def _own_request() -> SealingRequest:
    return cast("SealingRequest", request)
