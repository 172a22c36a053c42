import sys

import pytest

from recognizer import portaudio
from recognizer.devices import DeviceInfo, _no_microphone, find_device, list_devices
from recognizer.errors import DeviceError
from tests.fake_sounddevice import FakeSounddevice, PortAudioError


def device(index: int, name: str, host_api: str = "ALSA", *, default: bool = False) -> DeviceInfo:
    return DeviceInfo(index, name, host_api, 2, 48_000.0, default)


DEVICES = [
    device(0, "Built-in Audio"),
    device(2, "USB Headset", default=True),
    device(3, "USB Webcam"),
    device(5, "USB"),
    device(7, "Twin", "MME"),
    device(8, "Twin", "Windows WASAPI"),
]


@pytest.fixture
def fake(monkeypatch):
    fake = FakeSounddevice()
    monkeypatch.setattr(portaudio, "load_sounddevice", lambda: fake)
    return fake


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (None, 2),
        (3, 3),
        ("built-in", 0),
        ("BUILT-IN AUDIO", 0),
        ("webcam", 3),
        ("usb", 5),
        (" usb ", 5),
        ("Twin, MME", 7),
        ("wasapi", 8),
        ("USB Headset, ALSA", 2),
    ],
)
def test_a_device_is_found_by_index_name_or_part_of_it(wanted, index):
    assert find_device(wanted, DEVICES).index == index


@pytest.mark.parametrize(
    ("wanted", "devices", "sentence"),
    [
        (1, DEVICES[:1], "No microphone has index 1; there are 0 'Built-in Audio, ALSA'."),
        (
            "mic",
            DEVICES[:2],
            "No microphone is called 'mic'; there are 0 'Built-in Audio, ALSA', "
            "2 'USB Headset, ALSA'.",
        ),
        (
            "usb",
            DEVICES[1:3],
            "Several microphones fit 'usb': 2 'USB Headset, ALSA', 3 'USB Webcam, ALSA'; "
            "give more of the name, or the index.",
        ),
        (
            "twin",
            DEVICES,
            "Several microphones fit 'twin': 7 'Twin, MME', 8 'Twin, Windows WASAPI'; "
            "give more of the name, or the index.",
        ),
        (
            None,
            DEVICES[:1],
            "No microphone is the default; choose one of 0 'Built-in Audio, ALSA'.",
        ),
        (None, [], "There is no microphone: plug one in."),
        ("usb", [], "There is no microphone: plug one in."),
    ],
)
def test_what_is_not_found_is_told_in_a_sentence(monkeypatch, wanted, devices, sentence):
    monkeypatch.setattr("recognizer.devices._no_microphone.__defaults__", (EMPTY_FOLDER,))
    with pytest.raises(DeviceError) as caught:
        find_device(wanted, devices)
    assert str(caught.value) == sentence


class _EmptyFolder:
    def glob(self, pattern: str) -> list[object]:
        return []


EMPTY_FOLDER = _EmptyFolder()


def test_a_microphone_without_permission_is_told_apart_from_none(tmp_path, monkeypatch):
    assert "plug one in" in _no_microphone(tmp_path)
    (tmp_path / "pcmC0D0p").touch()
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert "plug one in" in _no_microphone(tmp_path)
    (tmp_path / "pcmC0D0c").touch()
    assert "usermod -aG audio" in _no_microphone(tmp_path)


def test_the_list_has_inputs_only_and_marks_the_default(fake):
    fake.plug("speaker", channels=0)
    fake.plug("headset", channels=1, rate=44_100.0)
    fake.plug("mixer", channels=8, rate=96_000.0, host_api=1)
    fake.default_index = 1
    assert list_devices() == [
        DeviceInfo(1, "headset", "ALSA", 1, 44_100.0, True),
        DeviceInfo(2, "mixer", "JACK", 8, 96_000.0, False),
    ]


def test_no_devices_at_all(fake):
    assert list_devices() == []


def test_a_device_plugged_in_later_is_found_after_a_refresh(fake):
    assert list_devices() == []
    fake.plug("headset")
    assert list_devices() == []
    assert [found.name for found in list_devices(refresh=True)] == ["headset"]
    assert fake.initialized == 1


def test_a_sound_system_that_does_not_start(fake):
    fake.failures["_initialize"] = [PortAudioError("Host error", -9999)]
    with pytest.raises(DeviceError, match="cannot list its microphones"):
        list_devices(refresh=True)
    fake.plug("headset")
    assert [found.name for found in list_devices(refresh=True)] == ["headset"]


def test_without_portaudio_the_package_to_install_is_named(monkeypatch, tmp_path):
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')\n")
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(DeviceError, match="`sudo apt-get install libportaudio2`"):
        list_devices()
