def clamp(value, low, high):
    if value < low:
        return low
    if value > high:
        return high
    return value


def mix(a, b):
    return (a * 31 + b) % 10007


def step(state, i):
    return clamp(mix(state, i), 10, 9000)


def run():
    state = 1
    for i in range(120_000):
        state = step(state, i)
    return state
