-- The generator's product has more than 53 bits, so it is made of two parts.
local function next_state(state)
  local high = (state * 16838) % 2147483648
  return (high * 65536 + state * 20077 + 12345) % 2147483648
end
local people, state = {}, 42
for i = 0, 8999 do
  state = next_state(state)
  people[#people + 1] = { id = i, score = math.floor(state / 65536) % 500, name = "p" .. state % 97 }
end
table.sort(people, function(a, b)
  if a.score ~= b.score then return b.score < a.score end
  if a.name ~= b.name then return a.name < b.name end
  return a.id < b.id
end)
local checksum = 0
for _, person in ipairs(people) do checksum = (checksum * 31 + person.id) % 1000003 end
return string.format('[%d,"%s",%d,%d]', checksum, people[1].name, people[1].score, people[9000].id)
