// says too many
return new Function("{ ...v }", "return v")(new Uint8Array(64 << 20))
