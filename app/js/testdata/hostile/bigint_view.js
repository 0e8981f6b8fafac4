// says too large
const v = new DataView(new ArrayBuffer(8)); v.setInt32(4, 2 ** 30); v.setInt32(0, 1000); const x = v["getBig" + "Int64"](0); return String(x << x)
