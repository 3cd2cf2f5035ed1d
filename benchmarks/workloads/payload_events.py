def next_random(state):
    return (state * 69069 + 12345) % 1048576


def add(queue, event):
    at = len(queue)
    while at > 0 and queue[at - 1]["time"] < event["time"]:
        at -= 1
    queue.insert(at, event)


def run():
    tills = [0, 0, 0, 0]
    lines = [[], [], [], []]
    queue = [{"time": 0, "kind": "arrive", "till": -1, "who": 0}]
    state = 7
    served = 0
    waited = 0
    longest = 0
    while queue:
        event = queue.pop()
        now = event["time"]
        if event["kind"] == "arrive":
            best = 0
            for i in range(1, 4):
                if len(lines[i]) + tills[i] < len(lines[best]) + tills[best]:
                    best = i
            if tills[best] == 0:
                tills[best] = 1
                state = next_random(state)
                add(queue, {"time": now + 5 + state % 40, "kind": "leave", "till": best, "who": event["who"]})
            else:
                lines[best].append({"who": event["who"], "since": now})
                longest = max(longest, len(lines[best]))
            if event["who"] < 6000:
                state = next_random(state)
                add(queue, {"time": now + state % 13, "kind": "arrive", "till": -1, "who": event["who"] + 1})
        else:
            served += 1
            line = lines[event["till"]]
            if not line:
                tills[event["till"]] = 0
            else:
                customer = line.pop(0)
                waited += now - customer["since"]
                state = next_random(state)
                add(
                    queue,
                    {"time": now + 5 + state % 40, "kind": "leave", "till": event["till"], "who": customer["who"]},
                )
    return [served, waited, longest, state]
