local function matrix(size, seed)
  local rows, state = {}, seed
  for i = 1, size do
    local row = {}
    for j = 1, size do
      state = (state * 75 + 74) % 65537
      row[#row + 1] = state / 1024
    end
    rows[#rows + 1] = row
  end
  return rows
end
local function product(a, b, size)
  local result = {}
  for i = 1, #a do
    local row, line = a[i], {}
    for j = 1, size do
      local total = 0.0
      for k = 1, size do total = total + row[k] * b[k][j] end
      line[#line + 1] = total
    end
    result[#result + 1] = line
  end
  return result
end
local size = 80
local c = product(matrix(size, 1), matrix(size, 2), size)
local trace = 0.0
for i = 1, size do trace = trace + c[i][i] end
return string.format("[%.17g,%.17g,%.17g]", trace, c[1][size], c[size][1])
