local function compose(f, g)
  return function(x) return g(f(x)) end
end
local total, factor = 0, 3
local function scale(x) return x * factor end
local function shift(x) return x + 7 end
local both = compose(scale, shift)
local function add(x) total = total + x end
for i = 0, 99999 do add(both(i) % 11) end

local function filter(items, keep)
  local kept = {}
  for _, item in ipairs(items) do
    if keep(item) then kept[#kept + 1] = item end
  end
  return kept
end
local function map(items, f)
  local made = {}
  for at, item in ipairs(items) do made[at] = f(item) end
  return made
end
local numbers = {}
for i = 0, 49999 do numbers[#numbers + 1] = i * 17 % 1009 end
local even = filter(numbers, function(n) return n % 2 == 0 end)
local squares = map(even, function(n) return n * n + factor end)
local sum, seven = 0, false
for _, n in ipairs(squares) do sum = sum + n end
for _, n in ipairs(squares) do
  if n == 7 then
    seven = true
    break
  end
end
return string.format("[%d,%d,%d,%s]", total, #even, sum, tostring(seven))
