"""The constants of `recognizer.voice_detector`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VoiceParameters:
    """The detector's constants, for frames 10 ms apart."""

    window_frames: int = 98
    """Length of a window (frames)."""
    cut_every: int = 8
    """Distance between two windows while voice is in view (frames)."""
    floor_block: int = 10
    """Energies are averaged over this many frames before the floor is taken (frames)."""
    floor_blocks: int = 25
    """The floor looks back over this many blocks."""
    floor_percentile: float = 0.16
    """Share of the blocks that lie below the floor."""
    floor_lowest_db: float = -75.0
    """The floor of digital silence (dBFS)."""
    onset_db: float = 9.0
    """Voice begins this far above the floor (decibel)."""
    offset_db: float = 5.0
    """Voice goes on down to this far above the floor (decibel)."""
    quietest_db: float = -62.0
    """Nothing below this energy is voice (dBFS)."""
    onset_frames: int = 3
    """Voice begins after this many frames above the onset (frames)."""
    shortest_frames: int = 7
    """What is loud for fewer frames is a click (frames)."""
    pre_roll: int = 10
    """Voice is said to begin this long before it was noticed (frames)."""
    voice_range_db: float = 34.0
    """A voice ends, at the latest, this far below its peak (decibel)."""
    hangover: int = 18
    """Quiet that a voice may hold inside itself, as the closure of "six" (frames)."""
    flank_db: float = 14.0
    """A word's flanks lie at least this far below its peak (decibel)."""
    least_contrast_db: float = 6.0
    """The same where the noise itself is nearer to the peak (decibel)."""
    floor_margin_db: float = 6.0
    """Noise wanders up to this far above its floor (decibel)."""
    closure: int = 14
    """Quiet of up to this length belongs to the word around it (frames)."""
    right_flank: int = 12
    """Quiet wanted behind a word before it is decided (frames)."""
    left_flank: int = 8
    """Quiet wanted in view before a word; outside, more than a `closure` (frames)."""
    context_frames: int = 40
    """The quiet before a word is looked for this far outside the window (frames)."""
    talk_frames: int = 400
    """How far back before a word it is asked whether somebody is talking (frames)."""
    extent_db: float = 26.0
    """The ends of a word reach down to this far below its peak (decibel)."""
    extent_frames: int = 25
    """They lie at most this far outside the word's loud part (frames)."""
    longest_word: int = 88
    """No single word is longer (frames)."""
    longest_voice: int = 180
    """In a voice that is longer no single word is looked for (frames)."""
    outstanding_db: float = 8.0
    """A word stands out of what it runs together with by this much (decibel)."""
