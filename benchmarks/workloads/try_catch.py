class Thrown(Exception):
    def __init__(self, value):
        self.value = value


def parse(n):
    if n % 5 == 0:
        raise Thrown(f"bad number {n % 100}")
    if n % 7 == 0:
        raise Thrown({"code": n % 13, "text": "seven"})
    return n * 2


def run():
    total = 0
    texts = 0
    codes = 0
    divisions = 0
    for i in range(60_000):
        try:
            total += parse(i)
            total += 1000 // (i % 3)
        except Thrown as thrown:
            if isinstance(thrown.value, str):
                texts += len(thrown.value)
            else:
                codes += thrown.value["code"]
        except ZeroDivisionError:
            divisions += 1
    return [total, texts, codes, divisions]
