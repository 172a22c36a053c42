"""What the streams of the bench are called, and what these names say."""

from dataclasses import dataclass

VOICES = {
    "crowd": "crowd microphones",
    "accented": "accented speakers",
    "close_talk": "close microphone",
}
"""Who says the digits."""
PLACES = {"cafe": "café", "office": "office", "kitchen": "kitchen"}
"""Where."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Who speaks, and over the noise of which place; no place for the same words without noise."""

    voice: str
    place: str | None

    @property
    def title(self) -> str:
        """The scene, for people."""
        return f"{VOICES[self.voice]}, {PLACES[self.place] if self.place else 'no noise'}"


def scene_of(prefix: str) -> Scene | None:
    """Return what the prefix of a group in noise says (`train.evaluation.snr_groups.snr_of`).

    Returns
    -------
    Scene or None
        None where it is no group of the bench.

    """
    for voice in VOICES:
        if prefix == f"{voice}_":
            return Scene(voice, None)
        for place in PLACES:
            if prefix == f"{voice}_{place}_":
                return Scene(voice, place)
    return None
