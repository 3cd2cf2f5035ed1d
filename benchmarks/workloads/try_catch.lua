local function parse(n)
  if n % 5 == 0 then error("bad number " .. n % 100, 0) end
  if n % 7 == 0 then error({ code = n % 13, text = "seven" }) end
  return n * 2
end
local division = {}
local function divide(a, b)
  if b == 0 then error(division) end
  return math.floor(a / b)
end
local total, texts, codes, divisions = 0, 0, 0, 0
for i = 0, 59999 do
  local fine, thrown = pcall(function()
    total = total + parse(i)
    total = total + divide(1000, i % 3)
  end)
  if not fine then
    if type(thrown) == "string" then texts = texts + #thrown
    elseif thrown == division then divisions = divisions + 1
    else codes = codes + thrown.code
    end
  end
end
return string.format("[%d,%d,%d,%d]", total, texts, codes, divisions)
