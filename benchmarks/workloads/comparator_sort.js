// The generator's product has more than 53 bits, so it is made of two parts.
function nextState(state) {
  const high = (state * 16838) % 2147483648;
  return (high * 65536 + state * 20077 + 12345) % 2147483648;
}
function run() {
  const people = [];
  let state = 42;
  for (let i = 0; i < 9000; i++) {
    state = nextState(state);
    people.push({ id: i, score: Math.floor(state / 65536) % 500, name: `p${state % 97}` });
  }
  people.sort((a, b) => {
    if (a.score !== b.score) return b.score - a.score;
    if (a.name < b.name) return -1;
    if (a.name > b.name) return 1;
    return a.id - b.id;
  });
  let checksum = 0;
  for (const person of people) checksum = (checksum * 31 + person.id) % 1000003;
  return JSON.stringify([checksum, people[0].name, people[0].score, people[8999].id]);
}
