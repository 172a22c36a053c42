from train import voice_requests
from train.accents import SPELLINGS


def test_draws_depend_on_seed_and_word_only():
    variants = [f"v{n}" for n in range(10)]
    drawn = voice_requests.draw("six", 24, variants, ("slt",), seed=3)
    assert drawn == voice_requests.draw("six", 24, variants, ("slt",), seed=3)
    assert drawn != voice_requests.draw("six", 24, variants, ("slt",), seed=4)
    assert drawn[:5] == voice_requests.draw("six", 5, variants, ("slt",), seed=3)
    assert len({one.name for one in drawn}) == 24
    assert sum(one.engine == "flite" for one in drawn) == 2
    assert {one.engine for one in voice_requests.draw("six", 24, variants, (), seed=3)} == {
        "espeak-ng"
    }


def test_words_are_said_in_other_accents_where_they_are_spelled():
    variants = [f"v{n}" for n in range(10)]
    drawn = voice_requests.draw_accented("three", 14, variants, seed=3)
    assert drawn == voice_requests.draw_accented("three", 14, variants, seed=3)
    assert drawn != voice_requests.draw_accented("three", 14, variants, seed=4)
    assert len({one.name for one in drawn}) == 14
    assert {one.word for one in drawn} == {"three"}
    for one in drawn:
        language, _, variant = one.voice.partition("+")
        assert one.text.rstrip(".?!,") == SPELLINGS[language]["three"]
        assert variant in variants
    assert {one.voice.partition("+")[0] for one in drawn} == set(SPELLINGS)


def test_all_voices_are_used_before_one_is_used_again():
    variants = [f"v{n}" for n in range(10)]
    drawn = voice_requests.draw("six", 10, variants, (), seed=0)
    assert {one.voice.partition("+")[2] for one in drawn} == set(variants)


def test_a_letter_is_spoken_as_a_capital():
    (request,) = voice_requests.draw("a", 1, ["v"], (), seed=0)
    assert request.text.startswith("A")
    assert request.word == "a"
