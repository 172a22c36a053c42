"""A model as C source for TFLite Micro: the network, and what a device needs for its features.

The pair ``<name>.h``, ``<name>.c`` is plain C11 (and C++) without dependencies. With its constants
a device computes the very features that `recognizer.log_mel` computes; ``tests/train/features.c``
does so with a slow Fourier transform, and is compared with it.
"""

import json
import re
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognizer.errors import ModelError
from recognizer.log_mel import POWER_FLOOR, FrontendParameters, mel_filters
from recognizer.model_file import read_model
from recognizer.model_metadata import SILENCE, UNKNOWN, ModelMetadata
from recognizer.trial_load import load_untrusted
from train.exports.tflite import operators, quantization
from train.files import replace_file

Float32Array = npt.NDArray[np.float32]

_ABOUT = "keyword-recognizer model:"
_BYTES_A_LINE = 16
_NUMBERS_A_LINE = 6
_WIDTH = 96


def write_c_source(header: Path, model: Path) -> Path:
    """Write a model file as C source.

    Parameters
    ----------
    header
        Where the header goes; the source goes beside it, with the suffix ``.c``.
    model
        The model file. It is run once, so that what is written is known to work.

    Returns
    -------
    Path
        The source.

    Raises
    ------
    ModelError
        If the model file cannot be used.
    DataError
        If the files cannot be written.
    """
    flatbuffer, metadata = read_model(model)
    load_untrusted(model)
    source = header.with_suffix(".c")
    # The source refuses to be compiled with another header: of two files, one is the first.
    replace_file(source, _source(header.name, flatbuffer, metadata).encode())
    replace_file(header, _header(header, flatbuffer, metadata).encode())
    return source


def read_c_source(header: Path) -> tuple[bytes, ModelMetadata]:
    """Read what `write_c_source` wrote.

    Returns
    -------
    tuple
        The flatbuffer and its metadata, as `recognizer.model_file.read_model` gives them.

    Raises
    ------
    ModelError
        If the files are none that `write_c_source` wrote, or were changed.
    """
    try:
        text = header.read_text(encoding="utf-8")
        source = header.with_suffix(".c").read_text(encoding="utf-8")
        about = re.search(rf"/\* {_ABOUT}\n(.*?)\*/", text, re.DOTALL)
        array = re.search(r"keyword_model\[[^]]*\] = \{([^}]*)\}", source)
        if about is None or array is None:
            raise ValueError("no model in it")
        values = json.loads(about[1])
        flatbuffer = bytes(int(one, 16) for one in re.findall(r"0x[0-9a-f]{2}", array[1]))
        metadata = ModelMetadata.from_json(values)
        if values["model"] != _fingerprint(flatbuffer):
            raise ValueError("other bytes than the original")
    except (OSError, ValueError, KeyError, ModelError) as error:
        raise ModelError(f"{header} was not written by `train export`.") from error
    return flatbuffer, metadata


def _fingerprint(flatbuffer: bytes) -> dict[str, int]:
    return {"bytes": len(flatbuffer), "crc32": zlib.crc32(flatbuffer)}


def _about(flatbuffer: bytes, metadata: ModelMetadata) -> str:
    """Return the metadata as JSON that cannot end a comment."""
    values = {**metadata.to_json(), "model": _fingerprint(flatbuffer)}
    text = json.dumps(values, indent=1, sort_keys=True, ensure_ascii=True)
    return text.replace("/*", r"\u002f*").replace("*/", r"*\u002f").replace("??", r"?\u003f")


def _header(path: Path, flatbuffer: bytes, metadata: ModelMetadata) -> str:
    p = metadata.frontend
    source, sink = quantization(flatbuffer)
    filters = mel_filters(p)
    needed = "\n".join(f"     {name}" for name in operators(flatbuffer))
    spread = p.dynamic_range_db * np.log(10.0) / 10.0
    guard = "KEYWORD_" + re.sub(r"\W", "_", path.name, flags=re.ASCII).upper()
    numbers = {
        "SAMPLE_RATE": (p.sample_rate, "Hertz"),
        "FRAME_SAMPLES": (p.frame_samples, "length of a frame"),
        "HOP_SAMPLES": (p.hop_samples, "from one frame to the next"),
        "FFT_SIZE": (p.fft_size, "a frame is padded with zeros up to it"),
        "MEL_BANDS": (p.mel_bands, None),
        "MEL_WEIGHTS": (np.count_nonzero(filters), "of all bands together"),
        "WINDOW_FRAMES": (p.window_frames, "frames that the network sees at once"),
        "POWER_FLOOR": (_c_float(float(POWER_FLOOR)), "smallest mel power of a logarithm"),
        "DYNAMIC_RANGE": (_c_float(spread), "in natural logarithms of power"),
        "INPUT_SCALE": (_c_float(source[0]), None),
        "INPUT_ZERO_POINT": (source[1], None),
        "OUTPUT_SCALE": (_c_float(sink[0]), None),
        "OUTPUT_ZERO_POINT": (sink[1], None),
        "OUTPUT_IS_LOGITS": (int(metadata.output == "logits"), "1: a softmax follows"),
        "LABELS": (len(metadata.labels), None),
        "SILENCE": (metadata.labels.index(SILENCE), "index of this label"),
        "UNKNOWN": (metadata.labels.index(UNKNOWN), "index of this label"),
        "THRESHOLD": (_c_float(metadata.threshold), "probability of a word that is heard"),
        "MODEL_BYTES": (len(flatbuffer), None),
        "MODEL_CRC32": (f"0x{zlib.crc32(flatbuffer):08x}u", "of keyword_model"),
    }
    defines = "\n".join(
        f"#define KEYWORD_{name} {value}" + (f" /* {says} */" if says else "")
        for name, (value, says) in numbers.items()
    )
    return f"""\
/* A keyword recognizer's network and features, for TensorFlow Lite Micro.
   Written by `recognizer-train export`; do not edit.

   From samples to features, all in float:
   1. A frame is KEYWORD_FRAME_SAMPLES samples in [-1, 1] (16-bit samples divided by 32768), the
      next one begins KEYWORD_HOP_SAMPLES later. Multiply it with keyword_window, pad it with zeros
      to KEYWORD_FFT_SIZE, transform it, and take the power re*re + im*im of the bins from 0 to
      KEYWORD_FFT_SIZE / 2, without any scaling.
   2. Mel band b is the sum of power[keyword_mel_first[b] + i] * w[i] for i from 0 to below
      keyword_mel_count[b], where w are the next keyword_mel_count[b] of keyword_mel_weights (the
      bands lie one behind another in it). Take the natural logarithm, of KEYWORD_POWER_FLOOR where
      the power is smaller.
   3. A window is the last KEYWORD_WINDOW_FRAMES frames. Raise every value in it to at least the
      window's largest minus KEYWORD_DYNAMIC_RANGE, then subtract from each band its mean over the
      window. Mean and scale are the window's own: none are stored.
   4. The input is round(value / KEYWORD_INPUT_SCALE) + KEYWORD_INPUT_ZERO_POINT, rounded to the
      nearest (halves to even) and clipped to int8; frame by frame, each with its bands.
   5. An output is (value - KEYWORD_OUTPUT_ZERO_POINT) * KEYWORD_OUTPUT_SCALE, one for each of
      keyword_labels.

   Operators that the interpreter needs:
{needed}
*/
#ifndef {guard}
#define {guard}

#include <stdint.h>

#ifdef __cplusplus
extern "C" {{
#endif

{defines}

extern const float keyword_window[KEYWORD_FRAME_SAMPLES];
extern const uint16_t keyword_mel_first[KEYWORD_MEL_BANDS];
extern const uint16_t keyword_mel_count[KEYWORD_MEL_BANDS];
extern const float keyword_mel_weights[KEYWORD_MEL_WEIGHTS];
extern const char *const keyword_labels[KEYWORD_LABELS];
/* The TFLite flatbuffer, for tflite::GetModel(). */
extern const unsigned char keyword_model[KEYWORD_MODEL_BYTES];

#ifdef __cplusplus
}}
#endif

#endif

/* {_ABOUT}
{_about(flatbuffer, metadata)}
*/
"""


def _source(header: str, flatbuffer: bytes, metadata: ModelMetadata) -> str:
    p = metadata.frontend
    filters = mel_filters(p)
    first, counts, weights = [], [], []
    for band in filters.T:
        used = np.flatnonzero(band)
        # A band narrower than the distance of two bins may contain none.
        first.append(int(used[0]) if len(used) else 0)
        counts.append(len(used))
        weights += [_c_float(one) for one in band[used]]
    window = [_c_float(one) for one in _hann(p)]
    model = [f"0x{byte:02x}" for byte in flatbuffer]
    labels = [_c_string(label) for label in metadata.labels]
    return f"""\
/* Written by `recognizer-train export`; {header} says what this is. */
#include "{header}"

#if KEYWORD_MODEL_CRC32 != 0x{zlib.crc32(flatbuffer):08x}u
#error "This file and {header} are not of the same export."
#endif

const float keyword_window[KEYWORD_FRAME_SAMPLES] = {{
{_lines(window, _NUMBERS_A_LINE)}
}};

const uint16_t keyword_mel_first[KEYWORD_MEL_BANDS] = {{
{_lines(map(str, first), _BYTES_A_LINE)}
}};

const uint16_t keyword_mel_count[KEYWORD_MEL_BANDS] = {{
{_lines(map(str, counts), _BYTES_A_LINE)}
}};

const float keyword_mel_weights[KEYWORD_MEL_WEIGHTS] = {{
{_lines(weights, _NUMBERS_A_LINE)}
}};

const char *const keyword_labels[KEYWORD_LABELS] = {{
{_lines(labels, 1)}
}};

/* The interpreter reads whole words from it. */
_Alignas(16) const unsigned char keyword_model[KEYWORD_MODEL_BYTES] = {{
{_lines(model, _BYTES_A_LINE)}
}};
"""


def _hann(p: FrontendParameters) -> Float32Array:
    """Return the frontend's window, periodic as `recognizer.log_mel` has it."""
    at = np.arange(p.frame_samples) / p.frame_samples
    return (0.5 - 0.5 * np.cos(2.0 * np.pi * at)).astype(np.float32)


def _lines(values: Iterable[str], a_line: int) -> str:
    rows = list(values)
    return "\n".join(
        "    " + ", ".join(rows[i : i + a_line]) + "," for i in range(0, len(rows), a_line)
    )


def _c_float(value: float) -> str:
    """Return a C literal that reads back as the same float32."""
    text = f"{np.float32(value):.9g}"
    return f"{text}f" if "." in text or "e" in text else f"{text}.0f"


def _c_string(text: str) -> str:
    plain = {*range(0x20, 0x7F)} - set(b'"\\?')
    return '"' + "".join(chr(b) if b in plain else f"\\{b:03o}" for b in text.encode()) + '"'
