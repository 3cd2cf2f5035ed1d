def matrix(size, seed):
    rows = []
    state = seed
    for _ in range(size):
        row = []
        for _ in range(size):
            state = (state * 75 + 74) % 65537
            row.append(state / 1024.0)
        rows.append(row)
    return rows


def product(a, b, size):
    result = []
    for row in a:
        line = []
        for j in range(size):
            total = 0.0
            for k in range(size):
                total += row[k] * b[k][j]
            line.append(total)
        result.append(line)
    return result


def run():
    size = 80
    c = product(matrix(size, 1), matrix(size, 2), size)
    trace = 0.0
    for i in range(size):
        trace += c[i][i]
    return [trace, c[0][size - 1], c[size - 1][0]]
