// says too many
return eval("v => ({ ...v })")(new Uint8Array(64 << 20))
