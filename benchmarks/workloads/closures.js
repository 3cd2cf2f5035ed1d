function compose(f, g) { return (x) => g(f(x)); }
function run() {
  let total = 0;
  const factor = 3;
  const both = compose((x) => x * factor, (x) => x + 7);
  const add = (x) => { total += x; };
  for (let i = 0; i < 100000; i++) add(both(i) % 11);
  const numbers = [];
  for (let i = 0; i < 50000; i++) numbers.push(i * 17 % 1009);
  const even = numbers.filter((n) => n % 2 === 0);
  const squares = even.map((n) => n * n + factor);
  const sum = squares.reduce((a, b) => a + b, 0);
  return JSON.stringify([total, even.length, sum, squares.some((n) => n === 7)]);
}
