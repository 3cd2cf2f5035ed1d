def run():
    text = "The quick brown fox jumps over the lazy dog; 0123456789 - schön, größer, ελληνικά. "
    counts = {}
    vowels = 0
    for _ in range(2500):
        for c in text:
            if c == "a" or c == "e" or c == "i" or c == "o" or c == "u":  # noqa: PLR1714 - the script's form
                vowels += 1
            if "a" <= c <= "z":
                counts[c] = counts.get(c, 0) + 1
    return [vowels, len(counts), counts["o"], counts["z"], counts["r"]]
