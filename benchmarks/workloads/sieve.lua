local function sieve(limit)
  local prime = {}
  for i = 0, limit do prime[i] = true end
  prime[0], prime[1] = false, false
  local i = 2
  while i * i <= limit do
    if prime[i] then
      local multiple = i * i
      while multiple <= limit do
        prime[multiple] = false
        multiple = multiple + i
      end
    end
    i = i + 1
  end
  local count, last = 0, 0
  for n = 0, limit do
    if prime[n] then count, last = count + 1, n end
  end
  return count, last
end
return string.format("[%d,%d]", sieve(300000))
