const o = {};
for (let i = 0; ; i++) Object.defineProperty(o, 'k' + i, { get() { return i }, enumerable: true })
