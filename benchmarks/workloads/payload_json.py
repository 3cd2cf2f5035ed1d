import json


def make_answer(count):
    items = [
        {
            "id": i,
            "user": {"name": f"user{i % 50}", "team": f"team{i % 7}", "admin": i % 10 == 0},
            "tags": ["a", "b" + str(i % 3)],
            "score": (i % 100) * 0.5,
        }
        for i in range(count)
    ]
    return json.dumps({"items": items, "next": None}, separators=(",", ":"))


def run():
    answer = json.loads(make_answer(6000))
    teams = {}
    for item in answer["items"]:
        user = item["user"]
        if user["admin"]:
            continue
        team = teams.setdefault(user["team"], {"members": {}, "total": 0.0})
        team["total"] += item["score"]
        team["members"][user["name"]] = team["members"].get(user["name"], 0) + len(item["tags"])
    text = json.dumps(teams, separators=(",", ":"))
    again = json.loads(text)
    return [len(text), len(again), again["team3"]["total"], len(again["team3"]["members"]), answer["next"] is None]
