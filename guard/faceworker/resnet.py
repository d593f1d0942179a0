"""dlib's face network run by numpy: the same weights, the same vectors (to 1e-6), in an eighth of dlib's time.

The prebuilt dlib multiplies without a BLAS (100 ms a face on one core); numpy carries one. What was saved pays for looking at every
face several times (`guard.faceworker.encode`). The weights are read from the .dat file that `face_recognition_models`
installs; its tensors follow each other from the input to the output, each behind a header that is known in advance.

The network (dlib/examples/dnn_face_recognition_ex.cpp): 7x7 convolution by 2, max pool 3 by 2, then residual blocks of two 3x3
convolutions with 32 x 3, 64 x 4 (the first by 2), 128 x 3, 256 x 3, 256 x 1, average, 128 numbers. Layout here is NHWC.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from guard.errors import FacesUnavailableError

Floats = NDArray[np.float32]

CHIP = 150
"""Side of the aligned face that goes in, in pixels."""

DIMENSIONS = 128

# dlib/dnn/input.h, input_rgb_image: the mean colour that is subtracted, and the scale.
_MEAN = np.array([122.782, 117.001, 104.298], np.float32)
_SCALE = np.float32(1 / 256)

_BLOCKS = (
    (32, 1),
    (32, 1),
    (32, 1),
    (64, 2),
    (64, 1),
    (64, 1),
    (64, 1),
    (128, 2),
    (128, 1),
    (128, 1),
    (256, 2),
    (256, 1),
    (256, 1),
    (256, 2),
)


@dataclass(frozen=True, slots=True, eq=False)
class _Convolution:
    """A convolution with the following per-channel scale folded in: `weights` is (rows * columns * channels in, channels out)."""

    weights: Floats
    bias: Floats
    size: int
    stride: int

    def __call__(self, pixels: Floats) -> Floats:
        if self.stride == 1:
            pixels = np.pad(pixels, ((0, 0), (self.size // 2,) * 2, (self.size // 2,) * 2, (0, 0)))
        windows = sliding_window_view(pixels, (self.size, self.size), axis=(1, 2))[:, :: self.stride, :: self.stride]
        count, rows, columns = windows.shape[:3]
        columns_of_windows = windows.transpose(0, 1, 2, 4, 5, 3).reshape(count * rows * columns, -1)
        result: Floats = columns_of_windows @ self.weights
        result += self.bias
        return result.reshape(count, rows, columns, -1)


class FaceNetwork:
    """Aligned faces in, 128 numbers each out, as `dlib.face_recognition_model_v1` gives them (not of unit length)."""

    def __init__(self, weights: Path) -> None:
        tensors = _Tensors(weights)
        self._stem = tensors.convolution(3, 32, 7, 2)
        self._blocks: list[tuple[_Convolution, _Convolution]] = []
        channels = 32
        for wide, stride in _BLOCKS:
            self._blocks.append((tensors.convolution(channels, wide, 3, stride), tensors.convolution(wide, wide, 3, 1)))
            channels = wide
        self._last = tensors.next((channels, DIMENSIONS)).reshape(channels, DIMENSIONS)

    def __call__(self, chips: NDArray[np.uint8]) -> Floats:
        """Args: chips: shape (n, 150, 150, 3), RGB. Returns: shape (n, 128)."""
        if chips.shape[1:] != (CHIP, CHIP, 3) or chips.dtype != np.uint8:
            raise ValueError(f"chips must be (n, {CHIP}, {CHIP}, 3) uint8, not {chips.shape} {chips.dtype}")
        signal = np.maximum(self._stem((chips.astype(np.float32) - _MEAN) * _SCALE), 0)
        signal = _max_pool(signal)
        for first, second in self._blocks:
            through = second(np.maximum(first(signal), 0))
            signal = np.maximum(_padded_sum(through, _average_pool(signal) if first.stride == 2 else signal), 0)
        result: Floats = signal.mean(axis=(1, 2), dtype=np.float32) @ self._last
        return result


def _max_pool(signal: Floats) -> Floats:
    """3 by 3, every second, no padding."""
    rows, columns = (signal.shape[1] - 3) // 2 + 1, (signal.shape[2] - 3) // 2 + 1
    shifted = [signal[:, y : y + 2 * rows - 1 : 2, x : x + 2 * columns - 1 : 2] for y in range(3) for x in range(3)]
    result = shifted[0].copy()
    for other in shifted[1:]:
        np.maximum(result, other, out=result)
    return result


def _average_pool(signal: Floats) -> Floats:
    """2 by 2, every second, no padding: an odd last row and column are dropped."""
    rows, columns = signal.shape[1] // 2 * 2, signal.shape[2] // 2 * 2
    even = signal[:, :rows, :columns]
    result: Floats = (even[:, ::2, ::2] + even[:, 1::2, ::2] + even[:, ::2, 1::2] + even[:, 1::2, 1::2]) * np.float32(0.25)
    return result


def _padded_sum(one: Floats, two: Floats) -> Floats:
    """dlib's add_prev: the sum of two blocks, the smaller filled up with zeros at the end of each axis."""
    if one.shape == two.shape:
        return one + two
    shape = tuple(max(sizes) for sizes in zip(one.shape, two.shape, strict=True))
    result = np.zeros(shape, np.float32)
    for part in (one, two):
        result[tuple(slice(size) for size in part.shape)] += part
    return result


class _Tensors:
    """The tensors of a dlib model file, in order. dlib writes an integer as its byte count and its bytes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.read_bytes()
        self._position = 0

    def convolution(self, channels: int, filters: int, size: int, stride: int) -> _Convolution:
        """A convolution and the scale-and-shift that follows it, as one."""
        weight_count = filters * channels * size * size
        flat = self.next((weight_count + filters,))
        scale, shift = self.next((2 * filters,)).reshape(2, filters)
        weights = flat[:weight_count].reshape(filters, channels, size, size).transpose(2, 3, 1, 0).reshape(-1, filters)
        return _Convolution(np.ascontiguousarray(weights * scale), flat[weight_count:] * scale + shift, size, stride)

    def next(self, dimensions: tuple[int, ...]) -> Floats:
        """The next tensor of these dimensions, flat."""
        four = (*dimensions, 1, 1, 1)[:4]
        header = b"\x01\x02" + b"".join(_dlib_integers(four))
        start = self._file.find(header, self._position)
        count = int(np.prod(four))
        end = start + len(header) + 4 * count
        if start < 0 or end > len(self._file):
            raise FacesUnavailableError(
                f"{self._path} is not dlib's face network: a tensor of {dimensions} is missing; reinstall face_recognition_models"
            )
        self._position = end
        return np.frombuffer(self._file, "<f4", count, start + len(header)).astype(np.float32)


def _dlib_integers(values: tuple[int, ...]) -> Iterator[bytes]:
    for value in values:
        size = max(1, (value.bit_length() + 7) // 8)
        yield bytes([size]) + value.to_bytes(size, "little")
