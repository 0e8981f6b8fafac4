const a = [1];
for (const x of a) a.push(x)
