function body(x, y, z, vx, vy, vz, mass) { return { x, y, z, vx, vy, vz, mass }; }
function energy(bodies) {
  let total = 0;
  for (let i = 0; i < bodies.length; i++) {
    const a = bodies[i];
    total += 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz);
    for (let j = i + 1; j < bodies.length; j++) {
      const b = bodies[j];
      const dx = a.x - b.x, dy = a.y - b.y, dz = a.z - b.z;
      total -= a.mass * b.mass / Math.sqrt(dx * dx + dy * dy + dz * dz);
    }
  }
  return total;
}
function run() {
  const bodies = [
    body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 39.47841760435743),
    body(4.84143144246472, -1.16032004402743, -0.10362204447112, 0.60632639299951, 2.81198684491627, -0.02521836165988, 0.03769367487038),
    body(8.34336671824458, 4.12479856412430, -0.40352341711432, -1.01077434617879, 1.82566237123041, 0.00841576137658, 0.01128632613196),
    body(12.8943695621391, -15.1111514016986, -0.22330757889266, 1.08279100644154, 0.86871301816961, -0.01083263740136, 0.00172372405705),
    body(15.3796971148509, -25.9193146099879, 0.17925877295037, 0.97909073224390, 0.59469899864767, -0.03475595555308, 0.00203368686992),
  ];
  const dt = 0.01, count = bodies.length;
  for (let step = 0; step < 5000; step++) {
    for (let i = 0; i < count; i++) {
      const a = bodies[i];
      for (let j = i + 1; j < count; j++) {
        const b = bodies[j];
        const dx = a.x - b.x, dy = a.y - b.y, dz = a.z - b.z;
        const square = dx * dx + dy * dy + dz * dz;
        const pull = dt / (square * Math.sqrt(square));
        const left = b.mass * pull, right = a.mass * pull;
        a.vx -= dx * left; a.vy -= dy * left; a.vz -= dz * left;
        b.vx += dx * right; b.vy += dy * right; b.vz += dz * right;
      }
    }
    for (const each of bodies) { each.x += dt * each.vx; each.y += dt * each.vy; each.z += dt * each.vz; }
  }
  return JSON.stringify([energy(bodies), bodies[1].x, bodies[4].vz]);
}
