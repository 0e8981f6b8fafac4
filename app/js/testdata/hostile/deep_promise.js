let p = Promise.resolve(1);
for (let i = 0; i < 1e6; i++) p = p.then(x => x);
return await p
