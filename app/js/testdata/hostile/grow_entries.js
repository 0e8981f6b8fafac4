const a = [];
for (;;) a.push(Object.entries(Object.assign({}, Array(1000).fill(1))))
