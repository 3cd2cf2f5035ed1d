local parts = {}
for i = 0, 99999 do parts[#parts + 1] = "item-" .. i % 100 .. ";" end
local text = table.concat(parts)
local found, length, last, count = 0, 0, "", 0
local at = 1
while true do
  local stop = string.find(text, ";", at, true)
  local word = string.sub(text, at, (stop or #text + 1) - 1)
  count = count + 1
  if string.sub(word, 1, 6) == "item-4" or string.find(word, "99", 1, true) then found = found + 1 end
  local upper = string.upper(word)
  length = length + #upper
  if upper > last then last = upper end
  if not stop then break end
  at = stop + 1
end
local first = string.find(text, "item-42", 1, true) - 1
return string.format('[%d,%d,%d,"%s","%s",%d]', count, found, length, last, string.sub(text, 31, 42), first)
