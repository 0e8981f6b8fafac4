// says too large
const o = { a: 3n }; o.a **= 8796093022208n; return String(o.a)
