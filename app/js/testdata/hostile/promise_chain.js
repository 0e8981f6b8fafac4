const f = () => Promise.resolve().then(f);
await f()
