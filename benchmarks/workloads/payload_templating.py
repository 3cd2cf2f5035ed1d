def escape(value):
    return str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def render(template, values):
    result = ""
    rest = template
    while True:
        at = rest.find("{{")
        if at < 0:
            break
        result += rest[:at]
        stop = rest.find("}}")
        result += escape(values.get(rest[at + 2 : stop].strip(), "?"))
        rest = rest[stop + 2 :]
    return result + rest


def run():
    page = "<h1>{{ title }}</h1>\n<p>Dear {{ name }}, your order {{ number }} of {{ total }} is {{ state }}.</p>\n"
    line = "<li>{{ count }} x {{ product }} ({{ price }})</li>\n"
    states = ["<new>", "paid & packed", "sent"]
    length = 0
    last = ""
    for i in range(2500):
        text = render(
            page,
            {
                "title": f"Order & invoice {i}",
                "name": f"Customer <{i % 40}>",
                "number": i,
                "total": i * 13 % 900,
                "state": states[i % 3],
            },
        )
        text += "<ul>\n"
        for j in range(3):
            text += render(line, {"count": j + 1, "product": f"part-{(i + j) % 20}", "price": (i + j) * 5})
        text += "</ul>\n"
        length += len(text)
        last = text
    return [length, last]
