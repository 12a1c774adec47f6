import { rmSync } from 'node:fs';

export default async function globalTeardown() {
  await globalThis.testTemplate?.drop();
  const { testServer } = globalThis;
  if (testServer === undefined) return;
  await testServer.database.stop();
  rmSync(testServer.dir, { recursive: true, force: true });
}
