const division = {};
function parse(n) {
  if (n % 5 === 0) throw `bad number ${n % 100}`;
  if (n % 7 === 0) throw { code: n % 13, text: "seven" };
  return n * 2;
}
function divide(a, b) {
  if (b === 0) throw division;
  return Math.floor(a / b);
}
function run() {
  let total = 0, texts = 0, codes = 0, divisions = 0;
  for (let i = 0; i < 60000; i++) {
    try {
      total += parse(i);
      total += divide(1000, i % 3);
    } catch (thrown) {
      if (typeof thrown === "string") texts += thrown.length;
      else if (thrown === division) divisions++;
      else codes += thrown.code;
    }
  }
  return JSON.stringify([total, texts, codes, divisions]);
}
