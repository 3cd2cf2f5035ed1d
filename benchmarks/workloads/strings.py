def run():
    text = ""
    for i in range(100_000):
        text += f"item-{i % 100};"
    words = text.split(";")
    found = 0
    length = 0
    last = ""
    for word in words:
        if word.startswith("item-4") or "99" in word:
            found += 1
        upper = word.upper()
        length += len(upper)
        last = max(last, upper)
    return [len(words), found, length, last, text[30:42], text.find("item-42")]
