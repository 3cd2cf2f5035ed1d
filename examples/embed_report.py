"""Report templates: a script turns rows of the host into text, with helpers of the host."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import horus_runtime as hr


@dataclass
class Sale:
    day: date
    product: str
    amount: float


TEMPLATE = """
let total = 0.0;
let by_product = #{};
for sale in sales() {
    total += sale.amount;
    let sum = by_product.get(sale.product) ?? 0.0;
    by_product.set(sale.product, sum + sale.amount);
}
let products = by_product.keys();
let lines = products.map(|product| `  ${product.align(8)} ${money(by_product[product])}`);
`Report for ${YEAR}
${join(lines, "\\n")}
  ${"total".align(8)} ${money(total)}
`
"""


def main() -> None:
    engine = hr.Engine()
    rows = [
        Sale(date(2026, 1, 5), "lamps", 120.0),
        Sale(date(2026, 2, 1), "pens", 3.5),
        Sale(date(2026, 2, 9), "lamps", 60.0),
    ]

    @engine.fn
    def sales() -> Iterator[Sale]:
        """The rows, one by one: a large table is never in memory as a whole."""
        yield from rows

    @engine.fn
    def money(amount: float | int) -> str:
        return f"{amount:>9,.2f} EUR"

    @engine.method
    def align(text: str, width: int) -> str:
        return text.ljust(width)

    @engine.fn
    def join(lines: list[str], separator: str) -> str:
        return separator.join(lines)

    print(engine.eval(TEMPLATE, scope=hr.Scope(YEAR=2026)), end="")
    print(engine.eval("let days = []; for sale in sales() { days.push(sale.day); } days"))


if __name__ == "__main__":
    main()
