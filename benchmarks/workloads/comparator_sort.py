from functools import cmp_to_key


def compare(a, b):
    if a["score"] != b["score"]:
        return b["score"] - a["score"]
    if a["name"] < b["name"]:
        return -1
    if a["name"] > b["name"]:
        return 1
    return a["id"] - b["id"]


def run():
    people = []
    state = 42
    for i in range(9000):
        state = (state * 1103515245 + 12345) % 2147483648
        people.append({"id": i, "score": state // 65536 % 500, "name": f"p{state % 97}"})
    people.sort(key=cmp_to_key(compare))
    checksum = 0
    for person in people:
        checksum = (checksum * 31 + person["id"]) % 1000003
    return [checksum, people[0]["name"], people[0]["score"], people[8999]["id"]]
