local function escape(cx, cy, limit)
  local x, y, n = 0.0, 0.0, 0
  while n < limit do
    local xx, yy = x * x, y * y
    if xx + yy > 4.0 then break end
    y = 2.0 * x * y + cy
    x = xx - yy + cx
    n = n + 1
  end
  return n
end
local size, total, inside = 90, 0, 0
for row = 0, size - 1 do
  local cy = row * 2.4 / size - 1.2
  for column = 0, size - 1 do
    local n = escape(column * 3.0 / size - 2.1, cy, 100)
    total = total + n
    if n == 100 then inside = inside + 1 end
  end
end
return string.format("[%d,%d]", total, inside)
