// A job on each line that comes in, its outcome on each line that goes out.
import { createInterface } from "node:readline";
import { ask } from "./ask.mjs";

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await ask(JSON.parse(line))));
}
