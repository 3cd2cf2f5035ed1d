function run() {
  let triples = 0, sum = 0;
  for (let a = 1; a < 120; a++) {
    for (let b = a; b < 120; b++) {
      const square = a * a + b * b;
      let c = b;
      while (c * c < square) c++;
      if (c * c === square) { triples++; sum += a + b + c; }
    }
  }
  let area = 0;
  const steps = 250;
  for (let i = 0; i < steps; i++) {
    const x = (i + 0.5) / 250;
    for (let j = 0; j < steps; j++) {
      const y = (j + 0.5) / 250;
      area += x * x + x * y - y / 2;
    }
  }
  return JSON.stringify([triples, sum, area]);
}
