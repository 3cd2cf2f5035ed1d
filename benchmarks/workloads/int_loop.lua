local band = require("bit").band
local total, state = 0, 1
for i = 0, 399999 do
  state = (state * 1103 + i) % 65521
  if state % 3 == 0 then total = total + state else total = total - band(i, 7) end
end
return string.format("[%d,%d]", total, state)
