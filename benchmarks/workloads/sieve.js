function sieve(limit) {
  const prime = new Array(limit + 1).fill(true);
  prime[0] = prime[1] = false;
  for (let i = 2; i * i <= limit; i++) {
    if (prime[i]) for (let multiple = i * i; multiple <= limit; multiple += i) prime[multiple] = false;
  }
  let count = 0, last = 0;
  for (let n = 0; n <= limit; n++) if (prime[n]) { count++; last = n; }
  return [count, last];
}
function run() { return JSON.stringify(sieve(300000)); }
