local sqrt = math.sqrt
local function body(x, y, z, vx, vy, vz, mass)
  return { x = x, y = y, z = z, vx = vx, vy = vy, vz = vz, mass = mass }
end
local bodies = {
  body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 39.47841760435743),
  body(4.84143144246472, -1.16032004402743, -0.10362204447112, 0.60632639299951, 2.81198684491627, -0.02521836165988, 0.03769367487038),
  body(8.34336671824458, 4.12479856412430, -0.40352341711432, -1.01077434617879, 1.82566237123041, 0.00841576137658, 0.01128632613196),
  body(12.8943695621391, -15.1111514016986, -0.22330757889266, 1.08279100644154, 0.86871301816961, -0.01083263740136, 0.00172372405705),
  body(15.3796971148509, -25.9193146099879, 0.17925877295037, 0.97909073224390, 0.59469899864767, -0.03475595555308, 0.00203368686992),
}
local function energy()
  local total = 0.0
  for i, a in ipairs(bodies) do
    total = total + 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz)
    for j = i + 1, #bodies do
      local b = bodies[j]
      local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
      total = total - a.mass * b.mass / sqrt(dx * dx + dy * dy + dz * dz)
    end
  end
  return total
end
local dt, count = 0.01, #bodies
for _ = 1, 5000 do
  for i = 1, count do
    local a = bodies[i]
    for j = i + 1, count do
      local b = bodies[j]
      local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
      local square = dx * dx + dy * dy + dz * dz
      local pull = dt / (square * sqrt(square))
      local left, right = b.mass * pull, a.mass * pull
      a.vx = a.vx - dx * left
      a.vy = a.vy - dy * left
      a.vz = a.vz - dz * left
      b.vx = b.vx + dx * right
      b.vy = b.vy + dy * right
      b.vz = b.vz + dz * right
    end
  end
  for _, each in ipairs(bodies) do
    each.x = each.x + dt * each.vx
    each.y = each.y + dt * each.vy
    each.z = each.z + dt * each.vz
  end
end
return string.format("[%.17g,%.17g,%.17g]", energy(), bodies[2].x, bodies[5].vz)
