local text = "The quick brown fox jumps over the lazy dog; 0123456789 - schön, größer, ελληνικά. "
local counts, vowels, size = {}, 0, 0
for _ = 1, 2500 do
  for c in string.gmatch(text, "[%z\1-\127\194-\244][\128-\191]*") do
    if c == "a" or c == "e" or c == "i" or c == "o" or c == "u" then vowels = vowels + 1 end
    if c >= "a" and c <= "z" and #c == 1 then counts[c] = (counts[c] or 0) + 1 end
  end
end
for _ in pairs(counts) do size = size + 1 end
return string.format("[%d,%d,%d,%d,%d]", vowels, size, counts.o, counts.z, counts.r)
