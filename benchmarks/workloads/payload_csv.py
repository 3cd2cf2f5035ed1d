def fields(line):
    found = []
    field = ""
    quoted = False
    for c in line:
        if c == '"':
            quoted = not quoted
        elif c == "," and not quoted:
            found.append(field)
            field = ""
        else:
            field += c
    found.append(field)
    return found


def table(text):
    lines = text.split("\n")
    header = fields(lines.pop(0))
    rows = []
    for line in lines:
        if not line:
            continue
        row = {}
        for i, value in enumerate(fields(line)):
            row[header[i]] = value
        rows.append(row)
    return rows


def run():
    people = "id,name,city\n"
    for i in range(100):
        people += f'{i},"Person, number {i}",city-{i % 9}\n'
    sales = "person,amount,note\n"
    for i in range(5000):
        sales += f'{i * 37 % 100},{i * 17 % 450},"item {i % 13}, ok"\n'
    by_id = {}
    for person in table(people):
        by_id[person["id"]] = person
    cities = {}
    longest = ""
    for sale in table(sales):
        person = by_id[sale["person"]]
        amount = int(sale["amount"])
        cities[person["city"]] = cities.get(person["city"], 0) + amount
        if len(person["name"]) > len(longest):
            longest = person["name"]
    return [cities, longest]
