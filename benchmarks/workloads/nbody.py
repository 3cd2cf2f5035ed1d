from math import sqrt


class Body:
    __slots__ = ("mass", "vx", "vy", "vz", "x", "y", "z")

    def __init__(self, x, y, z, vx, vy, vz, mass):
        self.x = x
        self.y = y
        self.z = z
        self.vx = vx
        self.vy = vy
        self.vz = vz
        self.mass = mass


def energy(bodies):
    total = 0.0
    for i, a in enumerate(bodies):
        total += 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz)
        for b in bodies[i + 1 :]:
            dx = a.x - b.x
            dy = a.y - b.y
            dz = a.z - b.z
            total -= a.mass * b.mass / sqrt(dx * dx + dy * dy + dz * dz)
    return total


def run():
    bodies = [
        Body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 39.47841760435743),
        Body(
            *(4.84143144246472, -1.16032004402743, -0.10362204447112),
            *(0.60632639299951, 2.81198684491627, -0.02521836165988),
            mass=0.03769367487038,
        ),
        Body(
            *(8.34336671824458, 4.12479856412430, -0.40352341711432),
            *(-1.01077434617879, 1.82566237123041, 0.00841576137658),
            mass=0.01128632613196,
        ),
        Body(
            *(12.8943695621391, -15.1111514016986, -0.22330757889266),
            *(1.08279100644154, 0.86871301816961, -0.01083263740136),
            mass=0.00172372405705,
        ),
        Body(
            *(15.3796971148509, -25.9193146099879, 0.17925877295037),
            *(0.97909073224390, 0.59469899864767, -0.03475595555308),
            mass=0.00203368686992,
        ),
    ]
    dt = 0.01
    count = len(bodies)
    for _ in range(5000):
        for i in range(count):
            a = bodies[i]
            for j in range(i + 1, count):
                b = bodies[j]
                dx = a.x - b.x
                dy = a.y - b.y
                dz = a.z - b.z
                square = dx * dx + dy * dy + dz * dz
                pull = dt / (square * sqrt(square))
                left = b.mass * pull
                right = a.mass * pull
                a.vx -= dx * left
                a.vy -= dy * left
                a.vz -= dz * left
                b.vx += dx * right
                b.vy += dy * right
                b.vz += dz * right
        for body in bodies:
            body.x += dt * body.vx
            body.y += dt * body.vy
            body.z += dt * body.vz
    return [energy(bodies), bodies[1].x, bodies[4].vz]
