def run():
    total = 0
    state = 1
    for i in range(400_000):
        state = (state * 1103 + i) % 65521
        if state % 3 == 0:
            total += state
        else:
            total -= i & 7
    return [total, state]
