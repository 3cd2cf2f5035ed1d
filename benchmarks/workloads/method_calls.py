class Account:
    def __init__(self, balance):
        self.balance = balance
        self.moves = 0
        self.refused = 0

    def deposit(self, amount):
        self.balance += amount
        self.moves += 1

    def withdraw(self, amount):
        if self.balance < amount:
            self.refused += 1
            return False
        self.balance -= amount
        self.moves += 1
        return True

    def worth(self):
        return self.balance * 2 + self.moves


def run():
    account = Account(100)
    checksum = 0
    for i in range(60_000):
        account.deposit(i % 10)
        if account.withdraw(i % 13):
            checksum += account.worth() % 7
    return [account.balance, account.moves, account.refused, checksum]
