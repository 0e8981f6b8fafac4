// says The object has too many keys
return new Uint8Array(5e6)
