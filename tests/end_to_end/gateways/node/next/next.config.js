import { fileURLToPath } from "node:url";

// The packages lie one folder up; without this Next.js looks for a lock in every folder above.
const root = fileURLToPath(new URL("..", import.meta.url));

export default { turbopack: { root }, outputFileTracingRoot: root };
