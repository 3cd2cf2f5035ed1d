def run():
    names = ["ada", "bob", "cleo", "dan", "eve", "fay", "gus", "hal", "ivy", "joe", "kim", "lea", "max"]
    stock = {}
    for i in range(100_000):
        name = names[i * 7 % 13]
        if name in stock:
            stock[name]["count"] += 1
            stock[name]["sum"] += i
        else:
            stock[name] = {"count": 1, "sum": i}
    checksum = 0
    for name, entry in stock.items():
        checksum += entry["sum"] % (entry["count"] + len(name))
    return [len(stock), checksum, stock["ada"]["sum"], stock["max"]["count"]]
