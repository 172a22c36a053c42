from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizer.log_mel import energies_db, log_mel
from recognizer.voice_detector import Cut, Endpoint, Onset, OutOfView, VoiceDetector
from recognizer.voice_parameters import VoiceParameters
from tests.recognizer.made_sounds import RATE, babble, click, fricative, hum, noise, scene, vowel

P = VoiceParameters()
WINDOW_S = P.window_frames / 100

# Cuts come on a grid of 80 ms, so what holds for one place of a word must hold for all of these.
PHASES_S = np.arange(0.0, 0.08, 0.01).tolist()


class Heard:
    """What the detector makes of a sound, and its state frame by frame."""

    def __init__(self, samples, detector=None):
        self.detector = detector or VoiceDetector()
        self.energies = energies_db(log_mel(np.asarray(samples, np.float32)))
        self.happened, floors, in_voice = [], [], []
        for energy in self.energies:
            self.happened += self.detector.process(np.array([energy]))
            floors.append(self.detector.floor_db)
            in_voice.append(self.detector.in_voice)
        self.happened += self.detector.finish()
        self.floor_db = np.array(floors)
        self.in_voice = np.array(in_voice)

    def all(self, kind):
        return [one for one in self.happened if isinstance(one, kind)]

    @property
    def voices(self):
        """First and last second of each voice."""
        return [(one.start / 100, one.end / 100) for one in self.all(Endpoint)]

    @property
    def alone(self):
        """First and last second of each word that stood alone in some cut."""
        return sorted({(one.start / 100, one.end / 100) for one in self.all(Cut) if one.alone})

    def voices_after(self, at_s):
        return [one for one in self.voices if one[1] > at_s]

    def words_after(self, at_s):
        return [one for one in self.alone if one[0] > at_s]


def covers(extents, start_s, end_s, margin_s=0.03):
    return any(a <= start_s + margin_s and b >= end_s - margin_s for a, b in extents)


class TestNoiseFloor:
    def test_follows_quiet_noise(self):
        for level_db in (-70.0, -60.0, -40.0):
            heard = Heard(noise(6.0, level_db))
            assert heard.floor_db[-1] == pytest.approx(level_db, abs=2.0)

    def test_of_digital_silence(self):
        assert Heard(np.zeros(3 * RATE)).floor_db[-1] == P.floor_lowest_db

    @pytest.mark.parametrize("band", [(0, 8_000), (50, 600), (300, 3_000)])
    def test_listens_normally_three_seconds_after_a_fan_was_switched_on(self, band):
        fan = noise(9.0, -40.0, 1, *band)
        word = (6.5, vowel(0.4, -22.0))
        heard = Heard(scene(10.0, (3.0, fan), word))
        assert heard.floor_db[290] == pytest.approx(-70.0, abs=3.0)
        level_db = np.median(heard.energies[320:600])
        assert heard.floor_db[600] == pytest.approx(level_db, abs=3.0)
        assert not heard.in_voice[600:640].any()
        assert len(heard.voices_after(6.0)) == 1
        assert covers(heard.voices_after(6.0), 6.5, 6.9)
        assert covers(heard.words_after(6.0), 6.5, 6.9)

    def test_falls_when_the_fan_is_switched_off(self):
        heard = Heard(scene(10.0, (0.0, noise(5.0, -40.0, 1)), (6.0, vowel(0.4, -45.0))))
        assert heard.floor_db[560] < -65.0
        assert covers(heard.voices_after(5.5), 6.0, 6.4)

    @pytest.mark.parametrize("room_db", [-70.0, -50.0])
    @pytest.mark.parametrize("seed", range(4))
    def test_stays_down_through_ten_seconds_of_speech(self, seed, room_db):
        speech_db = -25.0
        quiet_word = (12.4, vowel(0.3, speech_db - 10.0))
        speech = (2.0, babble(10.0, speech_db, seed))
        heard = Heard(scene(15.0, speech, quiet_word, floor_db=room_db))
        during = heard.floor_db[200:1200]
        # Speech of rms -25 dBFS has its weak syllables 8 dB below; onsets must stay under those.
        assert during.max() + P.onset_db < speech_db - 5.0
        assert np.median(during) < speech_db - 20.0
        assert during[625:].max() < during[250:625].max() + 6.0
        assert heard.floor_db[1400] == pytest.approx(room_db, abs=3.0)
        assert covers(heard.voices_after(12.2), 12.4, 12.7)

    def test_survives_a_gap(self):
        heard = Heard(noise(4.0, -45.0))
        floor_db = heard.detector.floor_db
        heard.detector.restart()
        assert heard.detector.now == 0
        assert heard.detector.floor_db == floor_db
        assert not Heard(noise(2.0, -45.0, 3), heard.detector).voices

    def test_onset_threshold_lies_above_the_floor_and_never_too_low(self):
        detector = VoiceDetector()
        assert detector.onset_threshold_db == P.quietest_db
        list(detector.process(np.full(300, -40.0, np.float32)))
        assert detector.floor_db == pytest.approx(-40.0)
        assert detector.onset_threshold_db == pytest.approx(-40.0 + P.onset_db)


class TestVoice:
    def test_begins_and_ends_around_a_word(self):
        heard = Heard(scene(4.0, (2.0, vowel(0.4, -25.0))))
        (voice,) = heard.voices
        (onset,) = heard.all(Onset)
        (endpoint,) = heard.all(Endpoint)
        assert onset.start == endpoint.start
        # Pre-roll before, nothing of the hangover behind; frames reach 25 ms ahead.
        assert 2.0 - 0.12 <= voice[0] <= 2.0
        assert 2.4 - 0.02 <= voice[1] <= 2.4 + 0.05
        assert onset.now - 200 <= 12
        assert endpoint.now - endpoint.end <= P.hangover + 2

    @pytest.mark.parametrize("phase_s", PHASES_S)
    @pytest.mark.parametrize("room_db", [-70.0, -60.0, -50.0, -45.0])
    def test_weak_soft_onset_lies_inside(self, room_db, phase_s):
        # "four", "six": 100 ms of hiss 20 dB below the vowel.
        word = np.concatenate([fricative(0.1, -40.0, ramp_s=0.005), vowel(0.3, -20.0)])
        at_s = 2.0 + phase_s
        heard = Heard(scene(4.0, (at_s, word), floor_db=room_db))
        (voice,) = heard.voices_after(1.9)
        assert voice[0] <= at_s + 0.03
        assert covers(heard.words_after(1.9) or heard.alone, at_s, at_s + 0.4)

    @pytest.mark.parametrize("phase_s", PHASES_S)
    @pytest.mark.parametrize("closure_s", [0.06, 0.1, 0.12])
    def test_closure_inside_a_word_is_bridged(self, closure_s, phase_s):
        closure = np.zeros(round(closure_s * RATE))
        word = np.concatenate([vowel(0.2, -20.0), closure, fricative(0.15, -28.0)])
        at_s = 2.0 + phase_s
        heard = Heard(scene(4.0, (at_s, word)))
        assert len(heard.voices) == 1
        assert covers(heard.voices, at_s, at_s + 0.35 + closure_s)
        assert covers(heard.alone, at_s, at_s + 0.35 + closure_s)

    @pytest.mark.parametrize("phase_s", PHASES_S)
    def test_first_half_of_a_word_with_a_closure_never_stands_alone(self, phase_s):
        word = np.concatenate([vowel(0.2, -20.0), np.zeros(round(0.1 * RATE)), vowel(0.15, -26.0)])
        at_s = 2.0 + phase_s
        heard = Heard(scene(4.0, (at_s, word)))
        assert not [one for one in heard.alone if one[0] < at_s + 0.1 and one[1] < at_s + 0.35]

    @pytest.mark.parametrize("phase_s", PHASES_S)
    def test_words_a_quarter_second_apart_are_two(self, phase_s):
        first_s, second_s = 2.0 + phase_s, 2.0 + phase_s + 0.35 + 0.25
        words = [(first_s, vowel(0.35, -20.0)), (second_s, vowel(0.35, -23.0, 150.0))]
        heard = Heard(scene(5.0, *words, floor_db=-65.0))
        assert len(heard.voices) == 2
        for start_s, (begins_s, ends_s) in zip((first_s, second_s), heard.voices, strict=True):
            assert begins_s <= start_s
            assert ends_s == pytest.approx(start_s + 0.35, abs=0.05)
            alone = [one for one in heard.alone if one[0] == pytest.approx(start_s, abs=0.04)]
            assert any(end == pytest.approx(start_s + 0.35, abs=0.04) for _, end in alone)

    def test_second_voice_does_not_reach_back_into_the_first(self):
        words = [(2.0, vowel(0.35, -20.0)), (2.57, vowel(0.35, -20.0))]
        first, second = Heard(scene(5.0, *words)).all(Endpoint)
        assert first.end <= second.start

    def test_whisper_is_found(self):
        whisper = noise(0.4, -50.0, 4, 800, 5_000)
        heard = Heard(scene(4.0, (2.0, whisper), floor_db=-75.0))
        assert len(heard.voices) == 1
        assert covers(heard.voices, 2.0, 2.4)
        assert covers(heard.alone, 2.0, 2.4)

    @pytest.mark.parametrize("level_db", [-30.0, -3.0, 6.0, 20.0])
    def test_loud_and_clipping_words_are_found(self, level_db):
        words = [(2.0, vowel(0.4, level_db)), (3.0, vowel(0.4, level_db))]
        heard = Heard(scene(5.0, *words, floor_db=-65.0))
        assert len(heard.voices) == 2
        for start_s in (2.0, 3.0):
            assert covers(heard.alone, start_s, start_s + 0.4)

    @pytest.mark.parametrize(
        "disturbance",
        [np.full(5 * RATE, -0.1), hum(5.0, -30.0, 50.0), hum(5.0, -30.0, 60.0)],
        ids=["offset", "50 Hz", "60 Hz"],
    )
    def test_words_are_found_over_offset_and_hum(self, disturbance):
        heard = Heard(scene(5.0, (0.0, disturbance), (2.5, vowel(0.4, -30.0)), floor_db=-65.0))
        assert len(heard.voices_after(2.0)) == 1
        assert covers(heard.words_after(2.0), 2.5, 2.9)

    def test_stream_may_begin_with_a_word(self):
        heard = Heard(scene(2.0, (0.0, vowel(0.4, -30.0)), floor_db=-65.0))
        assert len(heard.voices) == 1
        assert covers(heard.voices, 0.0, 0.4)
        assert covers(heard.alone, 0.0, 0.4)

    def test_end_of_the_stream_ends_the_voice(self):
        heard = Heard(scene(2.3, (2.0, vowel(0.4, -30.0))))
        (endpoint,) = heard.all(Endpoint)
        assert endpoint.end == endpoint.now == len(heard.energies)
        assert not heard.detector.in_voice
        assert list(heard.detector.finish()) == []


class TestNoVoice:
    @pytest.mark.parametrize(
        "samples",
        [
            np.zeros(6 * RATE),
            noise(6.0, -62.0),
            noise(6.0, -40.0, 1, 0, 2_000),
            hum(6.0, -30.0, 50.0),
            hum(6.0, -25.0, 60.0),
            np.full(6 * RATE, 0.2),
            scene(6.0, (0.0, np.full(6 * RATE, -0.1)), (0.0, hum(6.0, -40.0)), floor_db=-60.0),
            np.clip(noise(6.0, 3.0), -1.0, 1.0),
        ],
        ids=["silence", "hiss", "fan", "50 Hz", "60 Hz", "offset", "all three", "clipping noise"],
    )
    def test_in_steady_sound_once_it_is_known(self, samples):
        heard = Heard(samples)
        assert not heard.in_voice[150:].any()
        assert heard.voices_after(1.5) == []
        assert heard.alone == []
        # The last window that the beginning is in view of.
        assert all(cut.now / 100 < 1.5 + WINDOW_S for cut in heard.all(Cut))

    def test_in_the_low_hiss_of_a_microphone_from_the_beginning(self):
        assert Heard(noise(6.0, -65.0)).happened == []

    def test_when_an_offset_appears(self):
        assert Heard(scene(6.0, (3.0, np.full(3 * RATE, 0.05)))).alone == []

    @pytest.mark.parametrize("length_s", [0.005, 0.01, 0.02, 0.03])
    @pytest.mark.parametrize("level_db", [-40.0, -25.0, -10.0])
    def test_in_a_key_click(self, length_s, level_db):
        clicks = [(at_s, click(length_s, level_db, i)) for i, at_s in enumerate((2.0, 2.51, 3.22))]
        heard = Heard(scene(5.0, *clicks))
        assert heard.energies.max() > heard.floor_db.max() + 20.0
        assert heard.happened == []

    @pytest.mark.parametrize(
        "apart_s",
        [0.08, 0.1, 0.12, 0.15, 0.2],
    )
    def test_no_word_in_rapid_typing(self, apart_s):
        for length_s in (0.005, 0.01, 0.02, 0.03):
            count = round(2.0 / apart_s)
            keys = [(2.0 + i * apart_s, click(length_s, -20.0, i)) for i in range(count)]
            assert Heard(scene(6.0, *keys)).alone == []


class TestCuts:
    def test_every_eight_frames_while_voice_is_in_view_and_none_in_quiet(self):
        heard = Heard(scene(8.0, (3.0, vowel(0.4, -25.0))))
        ends = [cut.now for cut in heard.all(Cut)]
        assert set(np.diff(ends)) == {P.cut_every}
        assert 300 + P.shortest_frames <= ends[0] <= 300 + P.shortest_frames + P.cut_every + 2
        # The last one is the last that shows the end of the word.
        (endpoint,) = heard.all(Endpoint)
        assert endpoint.end <= ends[-1] <= endpoint.end + P.window_frames
        assert ends[-1] > endpoint.end + P.window_frames - P.cut_every

    def test_it_is_said_when_the_last_voice_has_left_the_window(self):
        heard = Heard(scene(8.0, (2.0, vowel(0.4, -25.0)), (2.9, vowel(0.4, -25.0))))
        (out,) = heard.all(OutOfView)
        assert out.now == heard.all(Endpoint)[-1].end + P.window_frames
        assert heard.happened[-1] == out

    def test_lie_inside_the_window(self):
        for cut in Heard(scene(9.0, (1.0, babble(7.0, -25.0)))).all(Cut):
            seen = P.window_frames + (P.extent_frames if cut.alone else P.context_frames)
            assert cut.now - seen <= cut.start < cut.end <= cut.now

    def test_word_alone_has_quiet_on_both_sides(self):
        heard = Heard(scene(4.0, (2.0, vowel(0.4, -25.0))))
        alone = [cut for cut in heard.all(Cut) if cut.alone]
        assert alone[0].now <= 240 + 3 + P.right_flank + P.cut_every
        for cut in alone:
            assert cut.now - cut.end >= P.right_flank - 2
            assert cut.start - (cut.now - P.window_frames) >= P.left_flank - 2
        assert {cut.alone for cut in heard.all(Cut) if cut.now < 250} == {False}

    def test_word_too_long_is_never_alone(self):
        assert Heard(scene(6.0, (2.0, vowel(1.2, -25.0)))).alone == []

    @pytest.mark.parametrize("snr_db", [10.0, 15.0])
    def test_word_stands_alone_by_its_own_peak_in_steady_noise(self, snr_db):
        room = (0.0, noise(7.0, -40.0, 2, 0, 4_000))
        heard = Heard(scene(7.0, room, (5.0, vowel(0.4, -40.0 + snr_db))))
        assert covers(heard.words_after(4.5), 5.0, 5.4, margin_s=0.05)

    def test_settled_words_are_not_seen_again(self):
        detector = VoiceDetector()
        energies = energies_db(
            log_mel(scene(5.0, (2.0, vowel(0.4, -25.0)), (2.9, vowel(0.3, -25.0))))
        )
        alone = []
        for happened in detector.process(energies):
            if isinstance(happened, Cut) and happened.alone:
                detector.settle(happened.end)
                alone.append((happened.start / 100, happened.end / 100))
        assert alone == [
            (pytest.approx(2.0, abs=0.03), pytest.approx(2.4, abs=0.03)),
            (pytest.approx(2.9, abs=0.03), pytest.approx(3.2, abs=0.03)),
        ]

    def test_settling_never_goes_back(self):
        energies = energies_db(log_mel(scene(5.0, (2.0, vowel(0.4, -25.0)))))
        detector = VoiceDetector()
        cuts = []
        for happened in detector.process(energies):
            if isinstance(happened, Cut) and happened.alone:
                cuts.append(happened)
                detector.settle(happened.end)
                detector.settle(0)
        assert len(cuts) == 1


SPEECH = energies_db(
    log_mel(
        scene(
            11.0,
            (0.8, vowel(0.4, -30.0)),
            (2.0, babble(6.0, -25.0, 5)),
            (9.0, vowel(0.3, -20.0)),
            (9.6, vowel(0.4, -24.0)),
            floor_db=-60.0,
        )
    )
)


def settled_run(sizes):
    detector, results, first = VoiceDetector(), [], 0
    for size in [*sizes, len(SPEECH)]:
        for happened in detector.process(SPEECH[first : first + size]):
            if isinstance(happened, Cut) and happened.alone:
                detector.settle(happened.end)
                if happened.start % 2:
                    detector.forget(happened.start, happened.end)
            results.append(happened)
        first = min(first + size, len(SPEECH))
    assert detector.now == len(SPEECH)
    return [*results, *detector.finish()], detector.floor_db, detector.level_db


def talk_before(samples, at_s, keywords=()):
    """Share of talk before the word at a time, as its last cut has it."""
    detector, found = VoiceDetector(), []
    for happened in detector.process(energies_db(log_mel(np.asarray(samples, np.float32)))):
        if isinstance(happened, Cut) and happened.alone:
            middle_s = (happened.start + happened.end) / 200
            if any(abs(middle_s - at) < 0.3 for at in keywords):
                detector.settle(happened.end)
                detector.forget(happened.start, happened.end)
            if abs(middle_s - at_s) < 0.3:
                found.append(happened.talk)
    return found[-1]


def runs_into(word_s, hiss_s, word_db=-22.0, hiss_db=-36.0, gap_s=0.0):
    """A vowel that a breath runs into, and the same with the breath before it."""
    word, breath = vowel(word_s, word_db), fricative(hiss_s, hiss_db)
    gap = np.zeros(round(gap_s * RATE))
    return np.concatenate((word, gap, breath)), np.concatenate((breath, gap, word))


class TestOutstanding:
    """A word within a voice that is too long for one."""

    def outstanding(self, sound, **scene_options):
        heard = Heard(scene(5.0, (1.5, sound), **scene_options))
        (ended,) = heard.all(Endpoint)
        return ended

    @pytest.mark.parametrize("gap_s", [0.0, 0.1])
    def test_found_before_a_breath_and_behind_one(self, gap_s):
        for sound, start_s in zip(
            runs_into(0.4, 0.8, gap_s=gap_s), (1.5, 1.5 + 0.8 + gap_s), strict=True
        ):
            ended = self.outstanding(sound)
            assert ended.end - ended.start > P.longest_word
            start, end = ended.word
            assert start / 100 == pytest.approx(start_s, abs=0.03)
            assert end / 100 == pytest.approx(start_s + 0.4, abs=0.03)
            assert ended.talk == 0.0

    def test_none_in_a_voice_that_is_a_word(self):
        assert self.outstanding(vowel(0.6, -22.0)).word is None

    def test_none_where_all_is_as_loud(self):
        assert self.outstanding(vowel(1.3, -22.0)).word is None

    def test_none_where_the_loud_part_is_a_click(self):
        sound = np.concatenate((click(0.03, -15.0), fricative(1.0, -36.0)))
        assert self.outstanding(sound).word is None

    def test_none_in_a_long_voice(self):
        after, before = runs_into(0.4, P.longest_voice / 100)
        assert self.outstanding(after).word is None
        assert self.outstanding(before).word is None

    def test_talk_before_the_voice_counts(self):
        after, _ = runs_into(0.4, 0.8)
        heard = Heard(scene(9.0, (1.0, babble(4.0, -22.0)), (5.4, after)))
        ended = heard.all(Endpoint)[-1]
        assert ended.word is not None
        assert ended.talk > 0.4


class TestTalk:
    WORD = (8.2, vowel(0.4, -22.0))

    def test_none_in_quiet_or_noise(self):
        assert talk_before(scene(10.0, self.WORD), 8.4) == 0.0
        assert talk_before(scene(10.0, (0.0, noise(10.0, -45.0)), self.WORD), 8.4) < 0.05

    def test_much_in_the_middle_of_speech(self):
        speech = (3.0, babble(4.9, -22.0, 3))
        assert talk_before(scene(10.0, speech, self.WORD), 8.4) > 0.45

    def test_it_is_forgotten_after_some_seconds(self):
        speech = babble(3.0, -22.0, 3)
        before = [
            talk_before(scene(10.0, (8.2 - pause_s - 3.0, speech), self.WORD), 8.4)
            for pause_s in (0.4, 1.5, 3.0, 4.2)
        ]
        assert before == sorted(before, reverse=True)
        assert before[0] > 0.4
        assert before[-1] == 0.0

    def test_talk_far_below_the_word_is_none(self):
        speech = (3.0, babble(4.9, -42.0, 3))
        assert talk_before(scene(10.0, speech, self.WORD), 8.4) < 0.05

    def test_keywords_are_no_talk(self):
        starts = [4.5, 5.25, 6.0, 6.75, 7.5]
        words = [(at, vowel(0.4, -22.0)) for at in starts]
        sound = scene(10.0, *words, self.WORD)
        assert talk_before(sound, 8.4) > 0.35
        assert talk_before(sound, 8.4, keywords=[at + 0.2 for at in starts]) < 0.1

    def test_it_may_be_taken_for_no_talk(self):
        speech = energies_db(log_mel(scene(5.0, (0.5, babble(4.0, -22.0, 3)))))
        word = energies_db(log_mel(scene(2.0, (0.5, vowel(0.4, -22.0)))))
        talk = []
        for forgotten in (False, True):
            detector = VoiceDetector()
            list(detector.process(speech))
            if forgotten:
                detector.forget_talk()
            cuts = [one for one in detector.process(word) if isinstance(one, Cut) and one.alone]
            talk.append({one.talk for one in cuts})
        assert min(talk[0]) > 0.3
        assert talk[1] == {0.0}

    def test_the_voice_that_is_going_on_is_not_forgotten_with_it(self):
        sound, _ = runs_into(0.4, 0.8)
        energies = energies_db(log_mel(scene(9.0, (1.0, babble(4.0, -22.0)), (5.9, sound))))
        ended = []
        for forgotten in (False, True):
            detector = VoiceDetector()
            happened = list(detector.process(energies[:630]))
            assert detector.in_voice
            if forgotten:
                detector.forget_talk()
            happened += detector.process(energies[630:])
            ended.append([one for one in happened if isinstance(one, Endpoint)][-1])
        assert ended[0].word is not None
        assert ended[0].word == ended[1].word
        assert ended[0].talk > 0.3
        assert ended[1].talk == 0.0

    def test_a_gap_and_a_new_stream_forget_it(self):
        detector = VoiceDetector()
        speech = energies_db(log_mel(scene(5.0, (0.5, babble(4.4, -22.0, 3)))))
        word = energies_db(log_mel(scene(2.0, (0.5, vowel(0.4, -22.0)))))
        for forget in (detector.restart, detector.reset):
            list(detector.process(speech))
            forget()
            cuts = [one for one in detector.process(word) if isinstance(one, Cut) and one.alone]
            assert cuts
            assert {one.talk for one in cuts} == {0.0}


class TestStreaming:
    def test_there_is_something_to_hear(self):
        results, _, _ = settled_run([])
        kinds = Counter(type(one) for one in results)
        assert kinds[Onset] == kinds[Endpoint] >= 3
        assert any(isinstance(one, Cut) and one.alone for one in results)

    @settings(deadline=None, max_examples=25)
    @given(st.lists(st.integers(0, 200), max_size=30))
    def test_same_in_any_chunks(self, sizes):
        assert settled_run(sizes) == settled_run([])

    @pytest.mark.parametrize("size", [1, 4, 7, 98, 250])
    def test_same_in_even_chunks(self, size):
        assert settled_run([size] * (len(SPEECH) // size)) == settled_run([])

    def test_counts_frames_and_reports_the_level(self):
        detector = VoiceDetector()
        list(detector.process(np.full(17, -30.0, np.float32)))
        assert detector.now == 17
        assert detector.level_db == pytest.approx(-30.0)
        list(detector.process(np.full(1, -60.0, np.float32)))
        assert detector.now == 18
        assert detector.level_db == pytest.approx(-40.0)

    def test_reset_starts_anew(self):
        heard = Heard(scene(3.0, (2.0, vowel(0.4, -20.0)), floor_db=-45.0))
        heard.detector.reset()
        again = Heard(scene(3.0, (2.0, vowel(0.4, -20.0)), floor_db=-45.0), heard.detector)
        assert again.happened == heard.happened
        np.testing.assert_array_equal(again.floor_db, heard.floor_db)

    def test_events_come_in_the_order_of_their_times(self):
        results, _, _ = settled_run([])
        times = [one.now for one in results]
        assert times == sorted(times)

    def test_memory_stays_bounded(self):
        detector = VoiceDetector()
        history = len(detector._history)
        for _ in range(20):
            list(detector.process(SPEECH))
            assert len(detector._blocks) <= P.floor_blocks
            assert len(detector._history) == history


@pytest.mark.data
def test_words_by_crowd_microphones_are_found_and_stand_alone(data_folder):
    from train.evaluation.stream_groups import Recordings, build_stream
    from train.vocabulary import DIGITS

    stream = build_stream("crowd", Recordings(data_folder), split="validation", keywords=DIGITS)
    assert stream is not None
    samples = np.concatenate(list(stream.blocks()))
    detector = VoiceDetector()
    happened = list(detector.process(energies_db(log_mel(samples))))
    voices = np.array([(one.start, one.end) for one in happened if isinstance(one, Endpoint)]) / 100
    cuts = [one for one in happened if isinstance(one, Cut) and one.alone]
    words = np.array([(one.start, one.end) for one in cuts]) / 100
    found = alone = 0
    for truth in stream.truth:
        common = np.minimum(voices[:, 1], truth.end) - np.maximum(voices[:, 0], truth.start)
        found += bool(common.max() >= 0.5 * (truth.end - truth.start))
        middle = (truth.start + truth.end) / 2
        alone += bool(((words[:, 0] < middle) & (middle < words[:, 1])).any())
    assert found >= 0.99 * len(stream.truth)
    assert alone >= 0.93 * len(stream.truth)
