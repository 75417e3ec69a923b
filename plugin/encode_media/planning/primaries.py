"""Chromaticities to BT.709, as a matrix for linear light."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from encode_media.planning.graph import Chain, Filter, step

Row = tuple[float, float, float]
Matrix = tuple[Row, Row, Row]
Chromaticities = tuple[float, ...]
"""Red, green, blue and white, x and y of each, as OpenEXR stores them."""

BT709: Chromaticities = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)
_BRADFORD: Matrix = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
"""XYZ to the sharpened cone responses of the linear Bradford adaptation (ICC.1:2022, annex E)."""
_LARGEST = 2
"""ffmpeg's colorchannelmixer takes factors up to this."""
_NOTHING = 1e-6


def to_bt709(given: Chromaticities) -> Chain:
    """The steps from linear light of these primaries to BT.709, white adapted; of float pictures."""
    return mixed(conversion(given, BT709))


def by_nine(numbers: Sequence[float]) -> Chain:
    """The steps for a matrix of nine numbers, row by row; none where it changes nothing."""
    matrix = _matrix(lambda row, column: numbers[3 * row + column])
    unchanged = all(abs(matrix[r][c] - (r == c)) < _NOTHING for r in range(3) for c in range(3))
    return () if unchanged else mixed(matrix)


def mixed(matrix: Matrix) -> Chain:
    """The steps for a matrix; of float pictures."""
    largest = max(abs(value) for row in matrix for value in row)
    if largest <= _LARGEST:
        return (_mixer(matrix),)
    half = _matrix(lambda row, column: matrix[row][column] / 2)
    return (_mixer(half), step("colorchannelmixer", rr=2, gg=2, bb=2))


def conversion(given: Chromaticities, wanted: Chromaticities) -> Matrix:
    """The matrix from linear RGB of one set of primaries to that of another."""
    return _times(_times(_inverse(_to_xyz(wanted)), _adaptation(given, wanted)), _to_xyz(given))


def _mixer(matrix: Matrix) -> Filter:
    names = ("r", "g", "b")
    return step(
        "colorchannelmixer",
        **{
            f"{to}{of}": round(matrix[row][column], 7)
            for row, to in enumerate(names)
            for column, of in enumerate(names)
        },
    )


def _to_xyz(given: Chromaticities) -> Matrix:
    """Linear RGB to XYZ where white has Y = 1 (SMPTE RP 177)."""
    columns = [_xyz(given[2 * index], given[2 * index + 1]) for index in range(3)]
    primaries = _matrix(lambda row, column: columns[column][row])
    amounts = _apply(_inverse(primaries), _xyz(given[6], given[7]))
    return _matrix(lambda row, column: primaries[row][column] * amounts[column])


def _xyz(x: float, y: float) -> Row:
    return x / y, 1.0, (1 - x - y) / y


def _adaptation(given: Chromaticities, wanted: Chromaticities) -> Matrix:
    before = _apply(_BRADFORD, _xyz(given[6], given[7]))
    after = _apply(_BRADFORD, _xyz(wanted[6], wanted[7]))
    gains = _matrix(lambda row, column: after[row] / before[row] if row == column else 0.0)
    return _times(_times(_inverse(_BRADFORD), gains), _BRADFORD)


def _matrix(value: Callable[[int, int], float]) -> Matrix:
    def row(index: int) -> Row:
        return value(index, 0), value(index, 1), value(index, 2)

    return row(0), row(1), row(2)


def _apply(matrix: Matrix, vector: Row) -> Row:
    red, green, blue = (sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)
    return red, green, blue


def _times(left: Matrix, right: Matrix) -> Matrix:
    return _matrix(lambda row, column: sum(left[row][k] * right[k][column] for k in range(3)))


def _inverse(m: Matrix) -> Matrix:
    """By cofactors. Chromaticities without area have none, and are refused by the reader."""

    def cofactor(row: int, column: int) -> float:
        a, b = [index for index in range(3) if index != row]
        c, d = [index for index in range(3) if index != column]
        return (-1 if (row + column) % 2 else 1) * (m[a][c] * m[b][d] - m[a][d] * m[b][c])

    determinant = sum(m[0][column] * cofactor(0, column) for column in range(3))
    return _matrix(lambda row, column: cofactor(column, row) / determinant)
