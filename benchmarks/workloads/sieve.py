def sieve(limit):
    prime = [True] * (limit + 1)
    prime[0] = False
    prime[1] = False
    i = 2
    while i * i <= limit:
        if prime[i]:
            multiple = i * i
            while multiple <= limit:
                prime[multiple] = False
                multiple += i
        i += 1
    count = 0
    last = 0
    for n in range(limit + 1):
        if prime[n]:
            count += 1
            last = n
    return [count, last]


def run():
    return sieve(300_000)
