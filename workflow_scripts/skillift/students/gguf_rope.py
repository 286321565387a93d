"""The scaling of positions that GGUF files of Llama 3.1 and later hold as factors, which transformers drops.

llama.cpp's converter (`convert_hf_to_gguf.py`) writes one factor for each rotated frequency in the place of
config.json's four numbers. All Llamas have three of these in common; the fourth is the largest factor.
"""

from __future__ import annotations

import math
import struct

from skillift.students.gguf_header import GgufHeader

FACTORS = "rope_freqs.weight"
_FLOAT32 = 0  # gguf.GGMLQuantizationType
_LOW, _HIGH, _POSITIONS = 1.0, 4.0, 8192  # low_freq_factor, high_freq_factor, original positions
_TOLERANCE = 1e-3  # relative


def llama3_scaling(header: GgufHeader) -> dict[str, object] | None:
    """`rope_parameters` of a config.json, for a file with the factors of a Llama; None where it has others.

    Source: `_compute_llama3_parameters` of transformers, whose factors these are.
    """
    width, base = header.of_architecture("rope.dimension_count"), header.of_architecture("rope.freq_base")
    found = _factors(header)
    if header.architecture != "llama" or not isinstance(width, int) or 2 * len(found) != width:
        return None
    if not isinstance(base, int | float) or not base:
        return None
    factor = max(found)
    for place, value in enumerate(found):
        wave_length = 2 * math.pi * float(base) ** (2 * place / width)
        smooth = (_POSITIONS / wave_length - _LOW) / (_HIGH - _LOW)
        smooth = min(max(smooth, 0.0), 1.0)  # long waves are scaled whole, short ones not at all
        if not math.isclose(value, 1 / ((1 - smooth) / factor + smooth), rel_tol=_TOLERANCE):
            return None
    return {
        "rope_type": "llama3",
        "rope_theta": float(base),
        "factor": round(factor, 6),
        "low_freq_factor": _LOW,
        "high_freq_factor": _HIGH,
        "original_max_position_embeddings": _POSITIONS,
    }


def _factors(header: GgufHeader) -> tuple[float, ...]:
    """The factors that a file holds; none where it has none, or not as plain numbers."""
    tensor = next((tensor for tensor in header.tensors if tensor.name == FACTORS), None)
    if tensor is None or tensor.kind != _FLOAT32 or len(tensor.shape) != 1:
        return ()
    count = tensor.shape[0]
    with header.path.open("rb") as file:
        file.seek(header.data_start + tensor.offset)
        data = file.read(4 * count)
    return struct.unpack(f"<{count}f", data) if len(data) == 4 * count else ()
