function run() {
  let best = 0, bestLength = 0;
  for (let start = 1; start < 7000; start++) {
    let n = start, length = 1;
    while (n !== 1) {
      if (n % 2 === 0) n /= 2; else n = 3 * n + 1;
      length++;
    }
    if (length > bestLength) { best = start; bestLength = length; }
  }
  return JSON.stringify([best, bestLength]);
}
