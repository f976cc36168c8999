"""What may be said of an error in a log."""


def place_of(error: BaseException) -> str:
    """The kind of an error and the line it came from, without its text, which may quote what a source told us."""
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    where = f" at {frame.tb_frame.f_globals.get('__name__')}:{frame.tb_lineno}" if frame else ""
    return f"{type(error).__name__}{where}"
