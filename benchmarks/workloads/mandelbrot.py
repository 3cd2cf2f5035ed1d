def escape(cx, cy, limit):
    x = 0.0
    y = 0.0
    n = 0
    while n < limit:
        xx = x * x
        yy = y * y
        if xx + yy > 4.0:
            break
        y = 2.0 * x * y + cy
        x = xx - yy + cx
        n += 1
    return n


def run():
    size = 90
    total = 0
    inside = 0
    for row in range(size):
        cy = row * 2.4 / size - 1.2
        for column in range(size):
            cx = column * 3.0 / size - 2.1
            n = escape(cx, cy, 100)
            total += n
            if n == 100:
                inside += 1
    return [total, inside]
