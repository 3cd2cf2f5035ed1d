"""A query language inside the script language: `select` is read by a parse function of the host."""

import horus_runtime as hr

STOCK = [
    {"name": "bolt", "count": 120, "price": 0.1},
    {"name": "nut", "count": 80, "price": 0.05},
    {"name": "gear", "count": 7, "price": 12.5},
]
SCRIPT = """
    let low = 100;
    print(select name, count from stock where { count < low } order by price);
    print(select name from stock limit 2);
    print(select count all from stock where { price > 1.0 });
"""


def clauses(symbols, look_ahead, state):
    """select (count all | NAME {, NAME}) from EXPR [where BLOCK] [order by NAME] [limit INT]"""
    last = symbols[-1]
    if "from" not in symbols:
        return _names(symbols, look_ahead, state)
    if last == "from":
        return "$expr$"
    follows = {"where": "$block$", "order": "by", "by": "$ident$", "limit": "$int$"}
    if last in follows:
        return follows[last]
    if look_ahead in {"where", "order", "limit"}:
        if look_ahead in symbols:
            raise ValueError(f"'{look_ahead}' stands twice in this 'select'")
        state.setdefault("clauses", []).append(look_ahead)
        return look_ahead
    return None


def _names(symbols, look_ahead, state):
    if symbols[-1] in {"select", ","}:
        return "$ident$"
    if symbols == ("select", "count") and look_ahead == "all":
        state["counts"] = True
        return "all"
    return "," if look_ahead == "," else "from"


def select(context, inputs, state):
    names = [part.name for part in inputs[: next(i for i, p in enumerate(inputs) if p.marker == "$expr$")]]
    table, *rest = inputs[len(names) :]
    given = dict(zip(state.get("clauses", []), rest, strict=True))
    rows = [row for row in table.eval() if "where" not in given or _holds(context, row, given["where"])]
    if "order" in given:
        rows.sort(key=lambda row: row[given["order"].name])
    if "limit" in given:
        rows = rows[: given["limit"].literal]
    return len(rows) if state.get("counts") else [{name: row[name] for name in names} for row in rows]


def _holds(context, row, condition):
    """The condition sees the columns as variables."""
    size = len(context.scope)
    for name, value in row.items():
        context.scope.push(name, value)
    try:
        return condition.eval()
    finally:
        context.scope.rewind(size)


def main() -> None:
    engine = hr.Engine()
    engine.register_custom_syntax_with_state("select", clauses, True, select)
    scope = hr.Scope()
    scope.push("stock", STOCK)
    engine.run(SCRIPT, scope=scope)
    try:
        engine.run("select name from stock limit 1 limit 2", scope=scope)
    except hr.ParseError as error:
        print(error)


if __name__ == "__main__":
    main()
