local triples, sum = 0, 0
for a = 1, 119 do
  for b = a, 119 do
    local square, c = a * a + b * b, b
    while c * c < square do c = c + 1 end
    if c * c == square then triples, sum = triples + 1, sum + a + b + c end
  end
end
local area, steps = 0.0, 250
for i = 0, steps - 1 do
  local x = (i + 0.5) / 250
  for j = 0, steps - 1 do
    local y = (j + 0.5) / 250
    area = area + (x * x + x * y - y / 2)
  end
end
return string.format("[%d,%d,%.17g]", triples, sum, area)
