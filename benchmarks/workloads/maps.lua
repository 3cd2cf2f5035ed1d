local names = { "ada", "bob", "cleo", "dan", "eve", "fay", "gus", "hal", "ivy", "joe", "kim", "lea", "max" }
local stock = {}
for i = 0, 99999 do
  local name = names[i * 7 % 13 + 1]
  local entry = stock[name]
  if entry then
    entry.count = entry.count + 1
    entry.sum = entry.sum + i
  else
    stock[name] = { count = 1, sum = i }
  end
end
local checksum, size = 0, 0
for name, entry in pairs(stock) do
  checksum = checksum + entry.sum % (entry.count + #name)
  size = size + 1
end
return string.format("[%d,%d,%d,%d]", size, checksum, stock.ada.sum, stock.max.count)
