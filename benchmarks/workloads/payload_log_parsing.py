def make_log(count):
    paths = ["/", "/login", "/api/users", "/api/orders", "/static/app.js", "/static/app.css", "/health"]
    codes = [200, 200, 200, 304, 404, 200, 500, 302, 200]
    log = ""
    for i in range(count):
        path = paths[i * 3 % 7]
        code = codes[i * 5 % 9]
        log += (
            f"10.0.{i % 4}.{i % 250} - [2025-11-14T10:{i % 60}:00] "
            f'"GET {path} HTTP/1.1" {code} {i * 37 % 5000} {i * 13 % 900}ms\n'
        )
    return log


def run():
    by_code = {}
    by_path = {}
    size = 0
    slow = []
    for line in make_log(8000).split("\n"):
        if not line:
            continue
        quoted = line.split('"')
        request = quoted[1].split(" ")
        path = request[1]
        tail = quoted[2].split(" ")
        code = tail[1]
        time = tail[3][:-2]
        by_code[code] = by_code.get(code, 0) + 1
        if path.startswith("/api/"):
            by_path[path] = by_path.get(path, 0) + 1
        size += int(tail[2])
        if int(time) > 895:
            slow.append(line[: line.find(" ")])
    return [by_code, by_path, size, len(slow), slow[0]]
