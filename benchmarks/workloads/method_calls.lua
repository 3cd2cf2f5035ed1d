local Account = {}
Account.__index = Account
function Account:deposit(amount)
  self.balance = self.balance + amount
  self.moves = self.moves + 1
end
function Account:withdraw(amount)
  if self.balance < amount then
    self.refused = self.refused + 1
    return false
  end
  self.balance = self.balance - amount
  self.moves = self.moves + 1
  return true
end
function Account:worth() return self.balance * 2 + self.moves end

local account = setmetatable({ balance = 100, moves = 0, refused = 0 }, Account)
local checksum = 0
for i = 0, 59999 do
  account:deposit(i % 10)
  if account:withdraw(i % 13) then checksum = checksum + account:worth() % 7 end
end
return string.format("[%d,%d,%d,%d]", account.balance, account.moves, account.refused, checksum)
