// caniemail over HTML files: one line of JSON for each feature that a client lacks. `node judge.mjs CLIENTS FILE…`
import { readFileSync } from "node:fs";
import { caniemail } from "caniemail";

const [clients, ...files] = process.argv.slice(2);
for (const file of files) {
  const { issues } = caniemail({ clients: clients.split(","), html: readFileSync(file, "utf8") });
  const seen = new Set();
  for (const [client, found] of issues.errors) for (const { title } of found) seen.add(`${title} (${client})`);
  for (const message of seen) console.log(JSON.stringify({ file, message }));
}
