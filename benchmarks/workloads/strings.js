function run() {
  let text = "";
  for (let i = 0; i < 100000; i++) text += `item-${i % 100};`;
  const words = text.split(";");
  let found = 0, length = 0, last = "";
  for (const word of words) {
    if (word.startsWith("item-4") || word.includes("99")) found++;
    const upper = word.toUpperCase();
    length += upper.length;
    if (upper > last) last = upper;
  }
  return JSON.stringify([words.length, found, length, last, text.substring(30, 42), text.indexOf("item-42")]);
}
