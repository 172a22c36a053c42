"""A real-time microphone keyword recognizer.

``Recognizer`` turns samples into events; ``Microphone`` and ``AudioFile`` are iterables of
blocks of samples. The edges are imported when first used, so that recognizing a file never
loads PortAudio.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recognizer.audio_file import AudioFile as AudioFile
    from recognizer.errors import AudioError as AudioError
    from recognizer.errors import DeviceError as DeviceError
    from recognizer.errors import ModelError as ModelError
    from recognizer.errors import RecognizerError as RecognizerError
    from recognizer.events import Detection as Detection
    from recognizer.events import Event as Event
    from recognizer.events import Rejection as Rejection
    from recognizer.events import SamplesLost as SamplesLost
    from recognizer.events import VoiceEnded as VoiceEnded
    from recognizer.events import VoiceStarted as VoiceStarted
    from recognizer.microphone import Microphone as Microphone
    from recognizer.multi_recognizer import MultiRecognizer as MultiRecognizer
    from recognizer.recognizer import Recognizer as Recognizer

__version__ = "0.1.0"

_HOMES = {
    "AudioError": "errors",
    "AudioFile": "audio_file",
    "Detection": "events",
    "DeviceError": "errors",
    "Event": "events",
    "Microphone": "microphone",
    "ModelError": "errors",
    "MultiRecognizer": "multi_recognizer",
    "Recognizer": "recognizer",
    "RecognizerError": "errors",
    "Rejection": "events",
    "SamplesLost": "events",
    "VoiceEnded": "events",
    "VoiceStarted": "events",
}

__all__ = sorted([*_HOMES, "__version__"])


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'recognizer' has no attribute {name!r}")
    value = getattr(import_module(f"recognizer.{home}"), name)
    globals()[name] = value
    return value
