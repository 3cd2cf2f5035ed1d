RULES = [
    ("minor", lambda p: p["age"] < 18, "refuse", 0),
    ("listed", lambda p: p["country"] == "XX" or p["flags"] > 3, "refuse", 0),
    ("rich", lambda p: p["income"] > 90000 and p["debts"] * 4 < p["income"], "add", 40),
    ("steady", lambda p: p["years"] >= 5, "add", 25),
    ("young", lambda p: 18 <= p["age"] < 25, "add", -10),
    ("debts", lambda p: p["debts"] > p["income"] // 2, "add", -35),
    ("known", lambda p: p["orders"] > 10 and p["flags"] == 0, "add", 20),
]


def applicant(i):
    return {
        "age": 15 + i * 7 % 60,
        "country": "XX" if i % 97 == 0 else "NL",
        "flags": i * 3 % 5,
        "income": i * 7919 % 120_000,
        "debts": i * 104_729 % 60_000,
        "years": i % 12,
        "orders": i % 31,
    }


def run():
    fired = {}
    outcomes = {"accept": 0, "review": 0, "refuse": 0}
    points = 0
    for i in range(9000):
        person = applicant(i)
        score = 0
        refused = False
        for name, test, verdict, weight in RULES:
            if not test(person):
                continue
            fired[name] = fired.get(name, 0) + 1
            if verdict == "refuse":
                refused = True
                break
            score += weight
        points += score
        if refused:
            outcomes["refuse"] += 1
        elif score >= 25:
            outcomes["accept"] += 1
        else:
            outcomes["review"] += 1
    return [outcomes, fired, points]
