// says too long
return new URLSearchParams({ a: "%".repeat(32 << 20) }).toString()
