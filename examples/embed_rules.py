"""A rules engine: rules written by analysts decide over orders that are pydantic models."""

from decimal import Decimal

from pydantic import BaseModel

import horus_runtime as hr


class Item(BaseModel):
    name: str
    price: Decimal
    count: int = 1


class Order(BaseModel):
    customer: str
    country: str
    items: list[Item]
    discount: float = 0.0
    notes: list[str] = []

    def total(self) -> Decimal:
        return sum((item.price * item.count for item in self.items), Decimal(0))


RULES = """
/// Large orders are cheaper.
fn large_order(order) {
    if order.total() > 100.0 { order.discount += 0.1; "10 % off" }
}

/// Neighbours get a gift.
fn neighbours(order) {
    if order.country in ["BE", "NL"] { order.notes.push("gift"); "gift" }
}

/// Nobody gets more than 15 % off.
fn cap(order) {
    if order.discount > 0.15 { order.discount = 0.15; "capped" }
}
"""


def main() -> None:
    engine = hr.Engine()
    engine.register_converter(Decimal, float)
    engine.register_type(Item, expose="fields", readonly=True)
    engine.register_type(
        Order, expose=["customer", "country", "items", "discount", "notes", "total"], readonly=["items"]
    )
    rules = engine.load(RULES)
    documents = {function.name: function.doc for function in engine.compile(RULES).functions()}

    orders = [
        Order(customer="Ann", country="BE", items=[Item(name="lamp", price=Decimal("60.00"), count=2)], discount=0.1),
        Order(customer="Bob", country="US", items=[Item(name="pen", price=Decimal("1.20"))]),
    ]
    for order in orders:
        for name in rules:
            outcome = rules.call(name, order)
            if outcome is not None:
                print(f"{order.customer}: {outcome} ({documents[name]})")
        print(f"{order.customer}: discount {order.discount:.2f}, notes {order.notes}")

    # The model checks what rules write.
    bad = engine.load('fn rule(order) { order.discount = "a lot"; }')
    try:
        bad.rule(orders[0])
    except hr.EvalError as error:
        print(error.root().message)


if __name__ == "__main__":
    main()
