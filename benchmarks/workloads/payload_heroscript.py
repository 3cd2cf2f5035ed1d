"""A playbook of 1 000 actions with typed parameters and script lines: from the text to the result, nothing cached.

The twin takes the same text apart with regular expressions made for just this playbook.
"""

import re
from pathlib import Path

ROUNDS = 250
TEXT = (Path(__file__).parent / "payload_heroscript.hero").read_text(encoding="utf-8")


def playbook(text):
    parts = []
    for n in range(ROUNDS):
        round_ = text.replace("{n}", str(n)).replace("{vip}", "true" if n % 7 == 0 else "false")
        parts.append(round_.replace("{count}", str(n % 9 + 1)).replace("{amount}", str(n * 37 % 500)))
    return "\n".join([*parts, f"[seen_{ROUNDS - 1}]\n"])


class Shop:
    """What the actions do, for both sides."""

    def __init__(self):
        self.customers = {}
        self.pieces = 0
        self.paid = 0
        self.tags = 0
        self.notes = 0

    def customer(self, id_, name, city, vip):
        self.customers[id_] = (name, city, vip)

    def order(self, customer, product, count, tags):
        self.pieces += count * (2 if self.customers[customer][2] else 1) + len(product)
        self.tags += len(tags)

    def payment(self, customer, amount):
        self.paid += amount

    def note(self, customer, text):
        self.notes += len(text.strip().split("\n"))

    def result(self, seen):
        return [len(self.customers), self.pieces, self.paid, self.tags, self.notes, seen]


def host(text):
    import horus_runtime as hr
    from horus_runtime.heroscript import run_payload
    from horus_runtime.heroscript.registry import ActionCall, ActionParams, Actions

    actions = Actions()
    shop = Shop()

    class Customer(ActionParams):
        id: str
        name: str
        city: str
        vip: bool

    class Order(ActionParams):
        customer: str
        product: str
        count: int
        tags: list[str]

    class Payment(ActionParams):
        customer: str
        amount: int

    class Note(ActionParams):
        customer: str
        text: str

    @actions.action("shop.customer")
    def customer(call: ActionCall, params: Customer) -> None:
        shop.customer(params.id, params.name, params.city, params.vip)

    @actions.action("shop.order")
    def order(call: ActionCall, params: Order) -> None:
        shop.order(params.customer, params.product, params.count, params.tags)

    @actions.action("shop.payment")
    def payment(call: ActionCall, params: Payment) -> None:
        shop.payment(params.customer, params.amount)

    @actions.action("shop.note")
    def note(call: ActionCall, params: Note) -> None:
        shop.note(params.customer, params.text)

    engine = hr.Engine()

    def play():
        shop.__init__()
        return shop.result(run_payload(playbook(text), engine, actions=actions)[0])

    return play


ACTION = re.compile(r"^!!(\w+)\.(\w+)[ \t]*((?:[^\n]*)(?:\n(?![!/l\[]).*)*)", re.MULTILINE)
PARAMETER = re.compile(r"(\w+):(?:'([^']*)'|([^\s]+))")
SCRIPT = re.compile(r"^let (\w+) = (\d+) \* (\d+);$", re.MULTILINE)


def run():
    text = playbook(TEXT)
    shop = Shop()
    for _, name, rest in ACTION.findall(text):
        values = {key: quoted or plain for key, quoted, plain in PARAMETER.findall(rest)}
        if name == "customer":
            shop.customer(values["id"], values["name"], values["city"], {"true": True, "false": False}[values["vip"]])
        elif name == "order":
            tags = values["tags"].split(",")
            shop.order(values["customer"], values["product"], int(values["count"]), tags)
        elif name == "payment":
            shop.payment(values["customer"], int(values["amount"]))
        else:
            shop.note(values["customer"], values["text"])
    variables = {name: int(left) * int(right) for name, left, right in SCRIPT.findall(text)}
    return shop.result(variables[f"seen_{ROUNDS - 1}"])
