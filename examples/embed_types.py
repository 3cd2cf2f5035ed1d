"""Custom types: what is exposed of a class, its operators, its indexer, and the definition file for editors."""

from collections.abc import Iterator

import horus_runtime as hr


class Matrix:
    """A matrix of floats."""

    def __init__(self, rows: list[list[float]]) -> None:
        self._rows = rows

    @classmethod
    def identity(cls, size: int) -> "Matrix":
        """The matrix that changes nothing."""
        return cls([[float(row == column) for column in range(size)] for row in range(size)])

    @property
    def size(self) -> int:
        return len(self._rows)

    def transposed(self) -> "Matrix":
        """Rows become columns."""
        return Matrix([list(column) for column in zip(*self._rows, strict=True)])

    def __matmul__(self, other: "Matrix") -> "Matrix":
        columns = list(zip(*other._rows, strict=True))
        return Matrix(
            [[sum(a * b for a, b in zip(row, column, strict=True)) for column in columns] for row in self._rows]
        )

    def __mul__(self, factor: float) -> "Matrix":
        return Matrix([[factor * value for value in row] for row in self._rows])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Matrix) and self._rows == other._rows

    __hash__ = None

    def __getitem__(self, at: list[int]) -> float:
        row, column = at
        return self._rows[row][column]

    def __setitem__(self, at: list[int], value: float) -> None:
        row, column = at
        self._rows[row][column] = value

    def __iter__(self) -> Iterator[list[float]]:
        return iter(self._rows)

    def __str__(self) -> str:
        return "\n".join(" ".join(f"{value:g}" for value in row) for row in self._rows)


def main() -> None:
    engine = hr.Engine()
    engine.register_type(
        Matrix,
        expose=["size", "transposed", "identity"],
        constructor="matrix",
        operators=["*", "=="],
        indexer=True,
        iterable=True,
        display=str,
    )

    @engine.operator("matmul", precedence=180)
    def matmul(left: Matrix, right: Matrix) -> Matrix:
        return left @ right

    engine.run("""
        let m = matrix([[1.0, 2.0], [3.0, 4.0]]);
        print(m.transposed());
        print(m matmul Matrix::identity(2) == m);
        m[[0, 1]] = 9.0;
        print(m[[0, 1]] + m.size.to_float());
        let sum = 0.0;
        for row in m * 2.0 { for value in row { sum += value; } }
        print(sum);
        try { m[[5, 5]] } catch (e) { print(e); }
    """)
    for attempt in ("m._rows", "m.__class__", "m.__init__([])", "m.size = 3"):
        try:
            engine.eval(f"let m = Matrix::identity(1); {attempt}")
        except hr.EvalError as error:
            print(error.message)
    print(engine.definitions(include_standard=False).single_file(), end="")


if __name__ == "__main__":
    main()
