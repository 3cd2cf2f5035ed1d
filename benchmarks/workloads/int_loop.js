function run() {
  let total = 0, state = 1;
  for (let i = 0; i < 400000; i++) {
    state = (state * 1103 + i) % 65521;
    if (state % 3 === 0) total += state; else total -= i & 7;
  }
  return JSON.stringify([total, state]);
}
