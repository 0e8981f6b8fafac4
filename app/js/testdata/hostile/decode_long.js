// says too long
return new TextDecoder().decode(new Uint8Array(64 << 20))
