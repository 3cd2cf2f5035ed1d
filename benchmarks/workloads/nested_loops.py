def run():
    triples = 0
    total = 0
    for a in range(1, 120):
        for b in range(a, 120):
            square = a * a + b * b
            c = b
            while c * c < square:
                c += 1
            if c * c == square:
                triples += 1
                total += a + b + c
    area = 0.0
    steps = 250
    for i in range(steps):
        x = (i + 0.5) / 250.0
        for j in range(steps):
            y = (j + 0.5) / 250.0
            area += x * x + x * y - y / 2.0
    return [triples, total, area]
