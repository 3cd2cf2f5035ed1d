def make_orders(count):
    regions = ["north", "east", "south", "west"]
    products = ["bolt", "nut", "gear", "spring", "washer"]
    return [
        {
            "region": regions[i * 7 % 4],
            "product": products[i * 3 % 5],
            "quantity": i % 9 + 1,
            "price": (i * 31 % 400) * 5,
        }
        for i in range(count)
    ]


def cell(value, width):
    return str(value).ljust(width)


def run():
    groups = {}
    for order in make_orders(36_000):
        if order["quantity"] < 2:
            continue
        key = order["region"] + "/" + order["product"]
        revenue = order["quantity"] * order["price"]
        group = groups.get(key)
        if group is None:
            groups[key] = {"key": key, "orders": 1, "pieces": order["quantity"], "revenue": revenue}
        else:
            group["orders"] += 1
            group["pieces"] += order["quantity"]
            group["revenue"] += revenue
    rows = sorted(groups.values(), key=lambda row: -row["revenue"])
    report = cell("group", 16) + cell("orders", 8) + cell("pieces", 8) + "revenue\n"
    for row in rows:
        report += f"{cell(row['key'], 16)}{cell(row['orders'], 8)}{cell(row['pieces'], 8)}{row['revenue']}\n"
    top = [row["key"] for row in rows if row["revenue"] > 9000000]
    return [len(report), len(rows), top, report.split("\n")[1]]
