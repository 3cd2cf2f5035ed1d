def weight(n):
    match n:
        case 0:
            return 1
        case 1 | 2:
            return 3
        case _ if 3 <= n < 10:
            return 5
        case _ if 10 <= n <= 50:
            return 7 if n % 2 == 0 else 9
        case _:
            return 11


def remainder(value, modulus):
    """The remainder with the sign of the dividend, as the script has it."""
    return value % modulus if value >= 0 else -(-value % modulus)


def run():
    program = ["load", "add", "mul", "sub", "mod", "skip", "neg"]
    value = 1
    total = 0
    for i in range(150_000):
        match program[i * 5 % 7]:
            case "load":
                value = i
            case "add":
                value += 17
            case "mul":
                value = remainder(value * 3, 100003)
            case "sub":
                value -= 5
            case "mod":
                value = remainder(value, 997)
            case "neg":
                value = -value
        total += weight(i % 64)
    return [value, total]
