function weight(n) {
  switch (true) {
    case n === 0: return 1;
    case n === 1 || n === 2: return 3;
    case n >= 3 && n < 10: return 5;
    case n >= 10 && n <= 50: return n % 2 === 0 ? 7 : 9;
    default: return 11;
  }
}
function run() {
  const program = ["load", "add", "mul", "sub", "mod", "skip", "neg"];
  let value = 1, total = 0;
  for (let i = 0; i < 150000; i++) {
    switch (program[i * 5 % 7]) {
      case "load": value = i; break;
      case "add": value += 17; break;
      case "mul": value = value * 3 % 100003; break;
      case "sub": value -= 5; break;
      case "mod": value = value % 997; break;
      case "neg": value = -value; break;
    }
    total += weight(i % 64);
  }
  return JSON.stringify([value, total]);
}
