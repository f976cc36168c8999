"""The public page of the mandate."""

from flask import Blueprint, abort, render_template, url_for

from foundation.languages import UN_LANGUAGES
from mandate.facts import mandate_facts, state_name

bp = Blueprint("mandate", __name__)

CODES = frozenset(language.code for language in UN_LANGUAGES)


@bp.get("/<lang>/mandate")
def show(lang: str) -> str:
    """The page in one of the six languages. It needs no database and sets no cookie."""
    if lang not in CODES:
        abort(404)
    return render_template(
        "public/mandate.html",
        facts=mandate_facts(),
        lang=lang,
        address_lang=_address_in(lang),
        state_name=state_name,
        language_urls={code: url_for("mandate.show", lang=code) for code in CODES},
    )


def _address_in(lang: str) -> str:
    # An address is written for the post, which reads it in English where we have no other form.
    return lang if lang in mandate_facts().contact.address else "en"
