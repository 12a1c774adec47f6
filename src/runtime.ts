/** MikroORM, pg-boss and the AWS SDK need this, and 22.17 is the first long-term release with all that we use. */
const NEEDED = [22, 17] as const;

/** Stops the process with advice when its Node.js is too old. */
export function assertRuntime(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) return;
  process.stderr.write(
    `Catalyst Storage needs Node.js ${NEEDED.join('.')} or newer; this is ${version}.\n` +
      'Start it with "npm start": the project brings its own Node.js. If that is what you did, the project\'s Node.js is ' +
      'missing because npm ran with --ignore-scripts: run "npm rebuild node", then "npm start" again.\n',
  );
  process.exit(1);
}
