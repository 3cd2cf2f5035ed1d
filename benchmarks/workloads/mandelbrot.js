function escape(cx, cy, limit) {
  let x = 0, y = 0, n = 0;
  while (n < limit) {
    const xx = x * x, yy = y * y;
    if (xx + yy > 4.0) break;
    y = 2.0 * x * y + cy;
    x = xx - yy + cx;
    n++;
  }
  return n;
}
function run() {
  const size = 90;
  let total = 0, inside = 0;
  for (let row = 0; row < size; row++) {
    const cy = row * 2.4 / size - 1.2;
    for (let column = 0; column < size; column++) {
      const n = escape(column * 3.0 / size - 2.1, cy, 100);
      total += n;
      if (n === 100) inside++;
    }
  }
  return JSON.stringify([total, inside]);
}
