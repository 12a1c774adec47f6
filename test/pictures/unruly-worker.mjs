// Stands in for the picture worker: does what the first word of the picture says.
process.stdin.once('data', (chunk) => {
  const [word, size = '0'] = chunk.toString('latin1').split(' ');
  const wait = setInterval(() => undefined, 1000);
  switch (word) {
    case 'hang':
      return;
    case 'spin':
      for (;;);
    case 'eat': {
      const eaten = [];
      setInterval(() => eaten.push(Buffer.alloc(20_000_000, 1)), 10);
      return;
    }
    case 'die':
      process.kill(process.pid, size);
      return;
    case 'leave':
      process.exit(Number(size));
    case 'flood':
      process.stdout.write(Buffer.alloc(Number(size), 0x61));
      clearInterval(wait);
      process.stdin.destroy();
      return;
    case 'say':
      process.stdout.write(chunk.subarray(4));
      clearInterval(wait);
      process.stdin.destroy();
      return;
    case 'environment':
      process.stdout.write(
        `${JSON.stringify({ type: 'fault', code: 'unreadable', message: Object.keys(process.env).join(' ') })}\n`,
      );
      process.exit(0);
  }
});
