function clamp(value, low, high) {
  if (value < low) return low;
  if (value > high) return high;
  return value;
}
function mix(a, b) { return (a * 31 + b) % 10007; }
function step(state, i) { return clamp(mix(state, i), 10, 9000); }
function run() {
  let state = 1;
  for (let i = 0; i < 120000; i++) state = step(state, i);
  return JSON.stringify(state);
}
