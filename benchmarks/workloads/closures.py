from functools import reduce


def compose(f, g):
    return lambda x: g(f(x))


def run():
    total = 0
    factor = 3

    def scale(x):
        return x * factor

    def shift(x):
        return x + 7

    def add(x):
        nonlocal total
        total += x

    both = compose(scale, shift)
    for i in range(100_000):
        add(both(i) % 11)

    numbers = [i * 17 % 1009 for i in range(50_000)]
    even = [n for n in numbers if n % 2 == 0]
    squares = [n * n + factor for n in even]
    result = reduce(lambda a, b: a + b, squares, 0)
    return [total, len(even), result, any(n == 7 for n in squares)]
