"""The guessed language of a text: in six scripts, in odd texts, and silent where there is too little to go by."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from submissions import guessing
from submissions.guessing import guess, names_of_languages

TEXTS = {
    "ar": "جاءت الشرطة إلى بيتنا ليلاً وأخذت أخي. لا أحد يعرف أين هو.",
    "zh": "警察夜里来到我们家，把我弟弟带走了。没有人知道他在哪里。",
    "en": "The police came to our house at night and took my brother away.",
    "fr": "La police est venue chez nous la nuit et a emmené mon frère.",
    "ru": "Ночью к нам пришла полиция и увела моего брата. Никто не знает, где он.",
    "es": "La policía vino de noche a nuestra casa y se llevó a mi hermano.",
    "fa": "پلیس شبانه به خانه ما آمد و برادرم را برد. هیچ کس نمی‌داند او کجاست.",
    "uk": "Вночі до нас прийшла поліція і забрала мого брата. Ніхто не знає, де він.",
    "pt": "A polícia veio à nossa casa à noite e levou o meu irmão.",
    "hi": "पुलिस रात को हमारे घर आई और मेरे भाई को ले गई।",
    "bn": "পুলিশ রাতে আমাদের বাড়িতে এসে আমার ভাইকে নিয়ে গেছে।",
    "ko": "밤에 경찰이 우리 집에 와서 제 동생을 데려갔습니다.",
}


@pytest.mark.parametrize("language", TEXTS)
def test_a_plain_text_is_guessed(language: str) -> None:
    assert guess(TEXTS[language]) == language


@pytest.mark.parametrize(
    "text", ["", "   \n\t ", "2026-11-14 +41 22 917 0000 " * 50, "Police", "警察来了", "!?…—«»" * 100, "\ud800" * 40]
)
def test_too_little_to_go_by_is_no_guess(text: str) -> None:
    assert guess(text) is None


def test_few_signs_of_a_script_in_which_each_is_a_word_are_enough() -> None:
    assert guess("警察夜里来到我们家") == "zh"


def test_digits_and_names_in_another_script_do_not_hide_the_language() -> None:
    assert guess("14.11.2026 UNHCR " + TEXTS["ar"]) == "ar"


def test_of_a_mixed_text_the_larger_part_counts() -> None:
    assert guess(TEXTS["ru"] * 3 + " " + TEXTS["en"]) == "ru"


def test_marks_of_direction_and_signs_without_width_change_nothing() -> None:
    hidden = "\u202e" + "\u200b".join(TEXTS["en"]) + "\u202c"
    assert guess(hidden) == "en"
    assert guess("\u202e\u202d\u200b\u2066" * 500) is None


def test_a_long_text_is_guessed_by_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []
    detector = guessing._detector()

    class Watching:
        def detect_language_of(self, text: str) -> object:
            looked_at.append(len(text))
            return detector.detect_language_of(text)

    monkeypatch.setattr(guessing, "_detector", Watching)
    assert guess((TEXTS["fr"] * 2_000)[:100_000]) == "fr"
    assert looked_at[0] <= guessing.LETTERS_MOST
    assert guess(" " * 50_000 + TEXTS["fr"]) is None, "what comes after much of nothing is not looked for"


def test_many_may_ask_for_the_first_time_at_once() -> None:
    guessing._detector.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(guess, [TEXTS["es"]] * 16)) == {"es"}


@pytest.mark.parametrize("page_language", ["ar", "zh", "en", "fr", "ru", "es"])
def test_every_language_that_may_be_guessed_has_a_name(page_language: str) -> None:
    names = names_of_languages(page_language)
    assert set(names) == set(guessing.CODES)
    assert all(name and name != code for code, name in names.items())
    assert set(TEXTS) <= set(names)
