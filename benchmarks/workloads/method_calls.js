class Account {
  constructor(balance) { this.balance = balance; this.moves = 0; this.refused = 0; }
  deposit(amount) { this.balance += amount; this.moves += 1; }
  withdraw(amount) {
    if (this.balance < amount) { this.refused += 1; return false; }
    this.balance -= amount;
    this.moves += 1;
    return true;
  }
  worth() { return this.balance * 2 + this.moves; }
}
function run() {
  const account = new Account(100);
  let checksum = 0;
  for (let i = 0; i < 60000; i++) {
    account.deposit(i % 10);
    if (account.withdraw(i % 13)) checksum += account.worth() % 7;
  }
  return JSON.stringify([account.balance, account.moves, account.refused, checksum]);
}
