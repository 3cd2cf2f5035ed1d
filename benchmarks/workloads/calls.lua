local function clamp(value, low, high)
  if value < low then return low end
  if value > high then return high end
  return value
end
local function mix(a, b) return (a * 31 + b) % 10007 end
local function step(state, i) return clamp(mix(state, i), 10, 9000) end

local state = 1
for i = 0, 119999 do state = step(state, i) end
return tostring(state)
