// Stands in for the media worker: reports the names of its environment variables.
const message = `ENV ${Object.keys(process.env).join(' ')}.`;
console.log(JSON.stringify({ type: 'fault', code: 'MEDIA_UNREADABLE', message }));
