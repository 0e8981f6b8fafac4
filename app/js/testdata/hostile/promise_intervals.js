for (let i = 0; i < 1e6; i++) setInterval(() => {}, 1);
await new Promise(() => {})
