"""Templates, compiled once for all tests of a process: half of the time of a page would go into it otherwise."""

import atexit
import shutil
from functools import cache
from tempfile import mkdtemp

from flask import Flask
from jinja2 import FileSystemBytecodeCache


def compile_once(app: Flask) -> None:
    """Let a face take templates as another face of the same run compiled them. What has changed is compiled anew."""
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(_folder())


@cache
def _folder() -> str:
    folder = mkdtemp(prefix="templates-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
