"""The texts that sources decide by, read from where they stand."""

from foundation.languages import UN_LANGUAGES
from submissions import weighty_texts
from submissions.weighty_texts import BY_TEXT, TEMPLATES, WEIGHTY, WeightyText, words_of
from tools.messages import extracted


def test_every_word_of_a_weighty_text_is_a_text_of_the_public_pages() -> None:
    known = {form for message in extracted("public") if message.id for form in forms_of(message.id)}
    for text in WEIGHTY:
        words = words_of(text, "en")
        assert len(words) > 5
        assert set(words) <= known, text.name


def forms_of(identity: str | tuple[str, ...] | list[str]) -> list[str]:
    return [identity] if isinstance(identity, str) else list(identity)


def test_what_each_text_must_say_is_among_its_words() -> None:
    planted = {
        "start": "You can say no to the names.",
        "what-happens": "Whoever takes over the server can read what passes through it from then on",
        "safer-use": "It does not remove this site from the list of sites that you visited.",
        "may-help": "get to a safer place first",
        "consent": "Being named can be dangerous.",
        "you": "Please tell us who you are",
        "code": "We cannot give you the code again",
        "take-back": "This cannot be undone.",
    }
    assert set(planted) == set(BY_TEXT)
    for name, words in planted.items():
        assert any(words in piece for piece in words_of(BY_TEXT[name], "en")), name


def test_hints_and_answers_of_a_step_are_words_but_names_and_values_are_not() -> None:
    words = words_of(BY_TEXT["consent"], "en")
    assert "We read what you send and keep it, and write to nobody." in words
    assert not {"consent", "naming", "yes", "none", "choice"} & set(words)


def test_every_page_of_the_table_is_there_and_every_language_has_words() -> None:
    for text in WEIGHTY:
        assert all((TEMPLATES / page).is_file() for page in text.pages)
        assert all(all(words_of(text, language.code)) for language in UN_LANGUAGES)


def test_plural_forms_are_all_shown_to_whoever_reviews() -> None:
    words = words_of(BY_TEXT["what-happens"], "en")
    assert [piece for piece in words if "%(num)s" in piece] == [
        "What you begin and do not send is erased %(num)s day after you began.",
        "What you begin and do not send is erased %(num)s days after you began.",
    ]


def test_a_text_of_one_page_alone_holds_only_that_page() -> None:
    text = WeightyText("planted", "Planted", pages=("public/ended.html",))
    assert "Your visit has ended" in words_of(text, "en")
    weighty_texts._pieces.cache_clear()
