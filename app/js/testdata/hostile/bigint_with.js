// says too large
with (new Proxy({}, { has: (t, k) => k !== "BigInt" && k !== "String", get: () => v => v })) { return String(1n << BigInt(2 ** 43)) }
