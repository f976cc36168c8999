"""Kombu's transport through a folder, mended: a message appears whole or not at all.

Kombu writes into the very file that a worker may take up at any moment; a worker that takes up half a message ends.
Here a message is written under a name that nobody looks for, and then renamed, which the file system does at once.
"""

from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Kombu's channel, which puts each message whole."""

    def _put(self, queue: str, message: Any, **_: Any) -> None:  # type: ignore[override]
        # Workers take messages in the order of their names.
        folder, name = Path(self.data_folder_out), f"{round(monotonic() * 1000)}_{uuid4()}.{queue}.msg"
        part = folder / f"{name}.part"
        try:
            part.write_text(dumps(message))  # type: ignore[no-untyped-call]
            part.rename(folder / name)
        except OSError as error:
            raise ChannelError(f"cannot put a message into {folder}") from error


class Transport(filesystem.Transport):
    """Kombu's transport with that channel."""

    Channel = Channel


def use() -> None:
    """Let `filesystem://` mean this transport, also where Celery reads BROKER_URL by itself."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"
