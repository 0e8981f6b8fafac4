return Array.prototype.map.call(new Proxy([], { get: (t, k) => k === 'length' ? 2 ** 53 - 1 : 1 }), x => x)
