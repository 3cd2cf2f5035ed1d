function run() {
  const text = "The quick brown fox jumps over the lazy dog; 0123456789 - schön, größer, ελληνικά. ";
  const counts = {};
  let vowels = 0;
  for (let round = 0; round < 2500; round++) {
    for (const c of text) {
      if (c === "a" || c === "e" || c === "i" || c === "o" || c === "u") vowels++;
      if (c >= "a" && c <= "z") counts[c] = (counts[c] ?? 0) + 1;
    }
  }
  return JSON.stringify([vowels, Object.keys(counts).length, counts.o, counts.z, counts.r]);
}
