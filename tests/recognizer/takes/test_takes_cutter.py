"""One word cut out of running sound, and found again by the trainer's own cutter."""

import numpy as np
import pytest

from recognizer.log_mel import FrontendParameters
from recognizer.takes.cutter import CutRules, TakeCutter
from recognizer.takes.folder import TakeFolder
from recognizer.takes.take import Take, is_found_again, words_in
from tests.recognizer.made_sounds import RATE, at_level, babble, click, fricative, scene, vowel
from train.corpora import Clip, read_audio
from train.live_windows import cut_windows
from train.sources import cut_isolated

LISTEN_S = 2.0
"""When the word is asked for in these tests (seconds)."""


def cut(samples, *, listen_s=LISTEN_S, rules=None):
    """What becomes of a sound, and when that is known (seconds)."""
    cutter = TakeCutter(rules)
    size = cutter.group_samples
    for first in range(0, len(samples) - size + 1, size):
        if first == round(listen_s * RATE) // size * size:
            cutter.listen()
        outcome = cutter.process(samples[first : first + size])
        if outcome is not None:
            return outcome, (first + size) / RATE
    return None, len(samples) / RATE


def word(level_db=-25.0, seconds=0.35):
    return vowel(seconds, level_db)


def six(level_db=-25.0):
    """A hiss, a vowel, a closure, a hiss."""
    return np.concatenate(
        [
            fricative(0.12, level_db - 8, 1),
            vowel(0.12, level_db),
            np.zeros(round(0.07 * RATE)),
            fricative(0.12, level_db - 8, 2),
        ]
    )


def trainers_places(samples, silence_s=0.0):
    """Where the trainer finds words that stand alone, each once (seconds)."""
    silence = np.zeros(round(silence_s * RATE), np.float32)
    stream = np.concatenate((silence, samples, silence))
    found = []
    for seen, _, _ in cut_windows(stream, FrontendParameters()):
        place = (seen.start / 100 - silence_s, seen.end / 100 - silence_s)
        if not seen.alone:
            continue
        if found and place[0] < found[-1][1]:
            found[-1] = place
        else:
            found.append(place)
    return found


@pytest.mark.parametrize("floor_db", [None, -70.0, -55.0, -45.0])
@pytest.mark.parametrize("sound", [word(), six(), word(seconds=0.6)], ids=["vowel", "six", "long"])
def test_a_word_is_cut_with_quiet_around_it_and_the_trainer_finds_it_again(floor_db, sound):
    at_s = 2.7
    take, _ = cut(scene(6.0, (at_s, sound), floor_db=floor_db))
    assert isinstance(take, Take)
    length_s = len(sound) / RATE
    assert take.start_s == pytest.approx(0.5, abs=0.02)
    assert take.seconds == pytest.approx(length_s, abs=0.12)
    assert len(take.samples) / RATE == pytest.approx(take.seconds + 1.0, abs=0.05)
    for silence_s in (0.0, 0.5):
        (place,) = trainers_places(take.samples, silence_s)
        assert place[0] <= take.start_s + 0.03
        assert place[1] >= take.end_s - 0.03
        assert place[0] >= take.start_s - 0.3
        assert place[1] <= take.end_s + 0.3


@pytest.mark.parametrize("floor_db", [-70.0, -50.0])
def test_the_trainer_of_one_s_own_words_finds_the_same_place(tmp_path, floor_db):
    take, _ = cut(scene(6.0, (2.7, six()), floor_db=floor_db))
    path = TakeFolder(tmp_path).save("six", take.samples)
    found = cut_isolated(Clip(path, "mine", "six", "mine", "train", "own"), ("six",))
    assert found.label == "six"
    assert found.start / RATE == pytest.approx(take.start_s, abs=0.06)
    assert found.end / RATE == pytest.approx(take.end_s, abs=0.06)


@pytest.mark.data
def test_real_words_are_cut_and_found_again(data_folder):
    """Crowd recordings, in a room of their own: most are taken, and each of these is found."""
    clips = sorted((data_folder / "speech_commands" / "happy").glob("*.flac"))[:30]
    assert len(clips) == 30
    takes = []
    for seed, clip in enumerate(clips):
        room = scene(7.0, floor_db=-58.0, seed=seed)
        samples = read_audio(clip)
        room[40_000 : 40_000 + len(samples)] += samples
        outcome, _ = cut(np.clip(room, -1.0, 1.0))
        if isinstance(outcome, Take):
            takes.append(outcome)
    assert len(takes) >= 22
    for take in takes:
        for silence_s in (0.0, 0.5):
            (place,) = trainers_places(take.samples, silence_s)
            common_s = min(place[1], take.end_s) - max(place[0], take.start_s)
            assert common_s >= 0.5 * take.seconds


def test_the_take_is_the_sound_itself():
    at_s = 2.7
    samples = scene(6.0, (at_s, word()))
    take, _ = cut(samples)
    (first,) = np.flatnonzero(samples == take.samples[0])
    np.testing.assert_array_equal(take.samples, samples[first : first + len(take.samples)])
    assert first / RATE + take.start_s == pytest.approx(at_s, abs=0.04)


def test_the_levels_are_told():
    take, _ = cut(scene(6.0, (2.7, word(-25.0)), floor_db=-60.0))
    assert take.level_db == pytest.approx(-25.0, abs=4.0)
    assert take.contrast_db == pytest.approx(37.0, abs=6.0)
    assert take.peak == pytest.approx(np.abs(word(-25.0)).max(), rel=0.1)


def test_it_is_cut_soon_after_the_word_s_end():
    _, known_s = cut(scene(6.0, (2.7, word())))
    assert known_s == pytest.approx(2.7 + 0.35 + 0.5, abs=0.15)


def test_nothing_is_cut_unless_it_was_asked_for():
    cutter = TakeCutter()
    samples = scene(4.0, (1.0, word()))
    for first in range(0, len(samples) - 639, 640):
        assert cutter.process(samples[first : first + 640]) is None
    assert not cutter.is_listening


@pytest.mark.parametrize(
    ("reason", "placed"),
    [
        ("nothing heard", []),
        ("nothing heard", [(2.7, word(-80.0))]),
        ("too quiet", [(2.7, word(-57.0))]),
        ("too long", [(2.5, vowel(1.3, -25.0))]),
        ("too long", [(2.5, vowel(4.0, -25.0))]),
        ("two words", [(2.6, word()), (3.2, word())]),
        ("two words", [(2.6, word()), (3.2, word(-30.0)), (3.8, word())]),
        ("too early", [(1.2, vowel(0.7, -25.0))]),
        ("too early", [(1.0, babble(3.0, -25.0))]),
        ("unclear", [(2.5 + 0.25 * k, click(0.04, -20.0, k)) for k in range(8)]),
    ],
)
def test_what_is_no_good_take_is_refused_with_its_reason(reason, placed):
    outcome, _ = cut(scene(8.0, *placed))
    assert outcome == reason


def test_silence_is_refused_after_the_patience():
    _, known_s = cut(scene(8.0), rules=CutRules(patience_s=3.0))
    assert known_s == pytest.approx(LISTEN_S + 3.0, abs=0.1)


def test_a_word_that_is_cut_off_at_full_scale_is_refused():
    loud = np.clip(at_level(word(), 0.0), -0.9, 0.9)
    # Clipped, but by a program that then turned it down: nothing there says so.
    assert isinstance(cut(scene(6.0, (2.7, 0.5 * loud)))[0], Take)
    assert cut(scene(6.0, (2.7, 2.0 * loud)))[0] == "clipped"


def test_a_click_beside_the_word_does_not_matter():
    take, _ = cut(scene(6.0, (2.1, click(0.03, -30.0)), (2.7, word())))
    assert isinstance(take, Take)
    assert take.start_s == pytest.approx(0.5, abs=0.02)


def test_a_breath_before_the_word_shortens_the_margin():
    breath = fricative(0.16, -52.0, 3)
    take, _ = cut(scene(6.0, (2.34, breath), (2.8, word())))
    assert isinstance(take, Take)
    assert take.start_s < 0.45
    assert len(trainers_places(take.samples)) == 1


def test_a_word_that_begins_a_little_early_is_taken():
    take, _ = cut(scene(6.0, (1.85, word())))
    assert isinstance(take, Take)


def test_what_was_said_before_does_not_count():
    take, _ = cut(scene(6.0, (0.8, word()), (2.7, word(seconds=0.5))))
    assert isinstance(take, Take)
    assert take.seconds == pytest.approx(0.5, abs=0.1)


def test_words_out_of_the_noise_are_not_lost_in_a_louder_room():
    """What the trainer could not find again is refused, whatever the reason it is given."""
    outcome, _ = cut(scene(8.0, (2.7, word(-40.0)), floor_db=-44.0))
    assert outcome in ("too quiet", "too noisy", "nothing heard", "unclear")


def test_after_a_gap_a_word_is_cut_as_before():
    cutter = TakeCutter()
    samples = scene(3.0, (1.0, word()))
    for first in range(0, len(samples) - 639, 640):
        cutter.process(samples[first : first + 640])
    cutter.listen()
    cutter.restart()
    assert not cutter.is_listening
    outcomes = []
    samples = scene(6.0, (2.7, word()))
    for first in range(0, len(samples) - 639, 640):
        if first == 64_000 // 2:
            cutter.listen()
        outcomes.append(cutter.process(samples[first : first + 640]))
    (take,) = [outcome for outcome in outcomes if outcome is not None]
    assert isinstance(take, Take)


def test_words_in_a_recording_are_where_the_trainer_cuts_them():
    samples = scene(5.0, (1.0, word()), (2.5, six()), floor_db=-60.0)
    places = [(seen.start / 100, seen.end / 100) for seen in words_in(samples)]
    assert places == trainers_places(samples)
    assert len(places) == 2


def test_a_take_whose_word_is_elsewhere_is_not_found_again():
    samples = scene(2.0, (0.5, word()))
    assert is_found_again(Take(samples, 0.5, 0.85, 0.1, -25.0, 40.0))
    assert not is_found_again(Take(samples, 1.2, 1.6, 0.1, -25.0, 40.0))
    assert not is_found_again(Take(scene(2.0), 0.5, 0.85, 0.1, -25.0, 40.0))
