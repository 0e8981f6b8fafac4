const a = [];
for (;;) a.push(Promise.resolve(a.length).then(x => x))
