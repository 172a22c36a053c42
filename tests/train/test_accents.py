import shutil
import subprocess

import numpy as np
import pytest

from train import accents
from train.accents import SPELLINGS, WORDS, draw_voices
from train.vocabulary import COMMON_WORDS, DIGITS, NEAR_MISSES

needs_espeak = pytest.mark.skipif(
    shutil.which("espeak-ng") is None, reason="needs the package espeak-ng"
)


def test_every_language_says_every_digit_and_as_many_others():
    assert set(DIGITS) < set(WORDS)
    others = set(WORDS) - set(DIGITS)
    assert len(others) > len(DIGITS)
    assert others <= {*NEAR_MISSES, *COMMON_WORDS, "hero", "life", "music"}
    for spellings in SPELLINGS.values():
        assert tuple(spellings) == WORDS
        # Two words that are written alike would be one sound with two names.
        assert len(set(spellings.values())) == len(WORDS)


@needs_espeak
@pytest.mark.parametrize("language", SPELLINGS)
def test_no_word_is_spelled_out_letter_by_letter(language):
    def sounds(text):
        command = ["espeak-ng", "-v", language, "--ipa", "-q", text]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    for word, spelling in SPELLINGS[language].items():
        said = sounds(spelling)
        assert "(" not in said, f"{word}: another language's voice says {said}"
        # A letter that is named, as in "z-ri", has a stress of its own.
        stresses = sum(
            said.count(mark)
            for mark in (
                "\N{MODIFIER LETTER VERTICAL LINE}",
                "\N{MODIFIER LETTER LOW VERTICAL LINE}",
            )
        )
        assert stresses <= 2, f"{word}: {said}"
        assert " " not in said


def test_languages_and_variants_are_drawn_alike_often():
    variants = [f"v{number}" for number in range(10)]
    drawn = draw_voices(np.random.default_rng(0), 90, variants)
    languages = [language for language, _ in drawn]
    counts = {language: languages.count(language) for language in SPELLINGS}
    assert counts == dict.fromkeys(SPELLINGS, 90 // len(SPELLINGS))
    assert {variant for _, variant in drawn[:10]} == set(variants)
    assert drawn == draw_voices(np.random.default_rng(0), 90, variants)
    assert draw_voices(np.random.default_rng(0), 0, variants) == []


def test_a_spelling_that_is_missing_is_no_silent_shift():
    # `zip(strict=True)` at import; here for whoever adds a language.
    for language, text in accents._SPELLINGS.items():
        assert len(text.split()) == len(WORDS), language
