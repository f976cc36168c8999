"""The first letters of a name. Pure."""

import unicodedata

WHOLE_NAMES = ("CJK", "HANGUL")


def initials(name: str) -> str:
    """The first letters of a name's parts; nothing where a first sign is already a whole name, as in Chinese."""
    firsts = [part[0] for part in name.split()]
    if any(
        unicodedata.category(sign) == "Lo" and unicodedata.name(sign, "").startswith(WHOLE_NAMES) for sign in firsts
    ):
        return ""
    return " ".join(f"{sign.upper()}." for sign in firsts)
