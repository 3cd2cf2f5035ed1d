function matrix(size, seed) {
  const rows = [];
  let state = seed;
  for (let i = 0; i < size; i++) {
    const row = [];
    for (let j = 0; j < size; j++) { state = (state * 75 + 74) % 65537; row.push(state / 1024); }
    rows.push(row);
  }
  return rows;
}
function product(a, b, size) {
  const result = [];
  for (const row of a) {
    const line = [];
    for (let j = 0; j < size; j++) {
      let total = 0;
      for (let k = 0; k < size; k++) total += row[k] * b[k][j];
      line.push(total);
    }
    result.push(line);
  }
  return result;
}
function run() {
  const size = 80;
  const c = product(matrix(size, 1), matrix(size, 2), size);
  let trace = 0;
  for (let i = 0; i < size; i++) trace += c[i][i];
  return JSON.stringify([trace, c[0][size - 1], c[size - 1][0]]);
}
