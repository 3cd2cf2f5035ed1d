function run() {
  const names = ["ada", "bob", "cleo", "dan", "eve", "fay", "gus", "hal", "ivy", "joe", "kim", "lea", "max"];
  const stock = {};
  for (let i = 0; i < 100000; i++) {
    const name = names[i * 7 % 13];
    if (name in stock) { stock[name].count += 1; stock[name].sum += i; } else stock[name] = { count: 1, sum: i };
  }
  let checksum = 0;
  for (const [name, entry] of Object.entries(stock)) checksum += entry.sum % (entry.count + name.length);
  return JSON.stringify([Object.keys(stock).length, checksum, stock.ada.sum, stock.max.count]);
}
