local function weight(n)
  if n == 0 then return 1 end
  if n == 1 or n == 2 then return 3 end
  if n >= 3 and n < 10 then return 5 end
  if n >= 10 and n <= 50 then return n % 2 == 0 and 7 or 9 end
  return 11
end
local function remainder(value, modulus) return math.fmod(value, modulus) end

local program = { "load", "add", "mul", "sub", "mod", "skip", "neg" }
local value, total = 1, 0
for i = 0, 149999 do
  local op = program[i * 5 % 7 + 1]
  if op == "load" then value = i
  elseif op == "add" then value = value + 17
  elseif op == "mul" then value = remainder(value * 3, 100003)
  elseif op == "sub" then value = value - 5
  elseif op == "mod" then value = remainder(value, 997)
  elseif op == "neg" then value = -value
  end
  total = total + weight(i % 64)
end
return string.format("[%d,%d]", value, total)
